"""Every file format: attested, verified by a stranger, and refused with one bit changed."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from service.cli import scratch
from service.cli.figures import Figure, commit, machine
from service.cli.verb import usage
from service.settings.env import PROJECT

TITLE = "every file format, attested, verified offline, and one bit of it changed"
SAMPLES = PROJECT.parent / "shared" / "samples" / "media"
DOCUMENT = PROJECT / "docs" / "formats" / "media.md"
_HEAD = """# Media formats

Written by `./assay bench formats` on the sample files of c2pa-rs (MIT), commit {commit}; not edited by hand.

Each file was attested, then verified by a process with no service, no database and no settings. Then one
bit, two thirds into the signed file, was changed and the file verified again: it must be refused, by its
proof and, without the proof, by the credential inside it. Bytes of any other kind are attested too, with the
credential beside them in a `.c2pa` file.

| file | type | size | credential | verified offline | one bit changed |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One file's way: `credential` is embedded, sidecar or the reason of a refusal."""

    name: str
    media_type: str
    size: int
    credential: str
    verified: bool
    refused: bool
    seen_alone: bool

    @property
    def is_refused(self) -> bool:
        """Whether it was not attested, with a reason."""
        return self.credential not in ("embedded", "sidecar")


def measure() -> list[Figure]:
    """Attest and verify each sample; writes docs/formats/media.md. Raises CommandError without ../shared."""
    if not SAMPLES.is_dir():
        raise usage(f"The sample files are not at {SAMPLES}: this benchmark needs them.")
    samples = sorted(path for path in SAMPLES.iterdir() if not path.name.startswith("LICENSE"))
    with scratch.scratch() as place:
        out = place.folder / "out"
        arguments = ["--source-type", "human", "--out", str(out), "--json"]
        done = place.captured("attest", *map(str, samples), *arguments)
        if not done.stdout:
            raise RuntimeError(f"attest printed nothing: {done.stderr.strip()}")
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        rows = [_row(path, answer, place.folder) for path, answer in zip(samples, answers, strict=True)]
    _write(rows)
    attested = [row for row in rows if not row.is_refused]
    return [
        Figure("files", len(rows), "", "one of each format in ../shared/samples/media"),
        Figure("attested", len(attested), "", "the rest is refused with a reason: docs/formats/media.md"),
        Figure("credential inside the file", sum(row.credential == "embedded" for row in rows), "", ""),
        Figure("verified offline", sum(row.verified for row in attested), "", "by a process of its own"),
        Figure("one changed bit refused", sum(row.refused for row in attested), "", "with the proof"),
        Figure("seen by the credential alone", sum(row.seen_alone for row in attested), "", "without it"),
    ]


def _row(path: Path, answer: dict[str, object], folder: Path) -> Row:
    error = answer.get("error")
    if isinstance(error, dict):
        reason = f"refused: {error['sentence']} (`{error['code']}`)"
        return Row(
            path.name, "", path.stat().st_size, reason, verified=False, refused=False, seen_alone=False
        )
    signed = Path(str(answer["signed"])) if answer["signed"] else path
    proof = str(answer["proof"])
    good = _verify(signed, proof)
    changed = folder / f"changed-{path.name}"
    content = bytearray(signed.read_bytes())
    content[len(content) * 2 // 3] ^= 0x01
    changed.write_bytes(content)
    bad = [_verify(changed, proof), _verify(changed, None)]
    return Row(
        path.name,
        json.loads(good.stdout).get("media_type", ""),
        path.stat().st_size,
        "embedded" if answer["signed"] else "sidecar",
        verified=good.returncode == 0,
        refused=bad[0].returncode == 1,
        seen_alone=bad[1].returncode == 1,
    )


def _verify(file: Path, proof: str | None) -> "subprocess.CompletedProcess[str]":
    named = ["--proof", proof] if proof else []
    return scratch.offline("verify", str(file), *named, "--json", cwd=file.parent)


def _write(rows: list[Row]) -> None:
    lines = []
    for row in rows:
        credential = row.credential.replace("|", "\\|")
        verified, changed = ("—", "—") if row.is_refused else (_word(row.verified), _outcome(row))
        lines.append(
            f"| {row.name} | {row.media_type or '—'} | {row.size:,} | {credential} | {verified} | {changed} |"
        )
    DOCUMENT.write_text(_HEAD.format(commit=commit()) + "\n".join(lines) + f"\n\nMachine: {machine()}.\n")


def _word(yes: bool) -> str:
    return "yes" if yes else "NO"


def _outcome(row: Row) -> str:
    if not row.refused:
        return "NOT SEEN"
    return "refused" if row.seen_alone else "refused with the proof only"
