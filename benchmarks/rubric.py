"""What we sign, judged by the official rubrics of the C2PA Conformance Program, in every format that embeds.

The rubrics are evaluated as they are published, over the SDK's crJSON, with the reference implementation of
json-formula (`rubric.mjs`).
"""

import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from provenance import sdk
from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.keys import devpki
from provenance.keys.signer import ClaimSigner, X509Identity
from provenance.keys.store import load_file_signer
from provenance.manifests import formats
from provenance.manifests.definition import SPEC_VERSION
from provenance.manifests.manifest import Declaration, Manifest, SoftBinding, SourceType, TrainingChoice
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, parse_pem
from service.cli.figures import Figure, commit, machine
from service.cli.verb import usage
from service.settings.env import PROJECT

TITLE = "the official conformance and integrity rubrics on every format we sign"
SHARED = PROJECT.parent / "shared"
RUBRICS = SHARED / "vectors" / "c2pa-conformance" / "asset-rubrics"
DOCUMENT = PROJECT / "docs" / "formats" / "conformance.md"
CONFORMANCE = "asset-rubric-conformance0.2-spec2.4.yml"
INTEGRITY = "asset-rubric-integrity.yml"
TEXT = "asset-rubric-text-conformance.yml"
PLAIN, FULL, AGAIN = "declared human", "all that can be declared", "signed again as edited by AI"
_SEPARATOR = "; "
_EVALUATOR = Path(__file__).with_name("rubric.mjs")
_HEAD = """# Conformance

Written by `./assay bench rubric` with the rubrics of the C2PA Conformance Program (`{conformance}`,
`{integrity}`), commit {commit}; not edited by hand.

One file of each format was signed three times: with nothing but its source declared, with a thumbnail, soft
bindings, a training choice, an author and a named identity, and, signed already, once more as an edit. Each
cell says how many checks of conformance and of integrity it passes, warnings counted as failures.

| format | {cases} |
|---|---|---|---|
"""
_FORMAT = (
    "`text:is_text_asset` asks for a `dc_format` that version 2 claims do not have, or for an action's"
    " parameter `dc:format`, which the conformance rubric forbids; we keep to the conformance rubric."
)


@dataclass(frozen=True, slots=True)
class Score:
    """One signed file under one rubric; `failed` holds what did not pass, by the check's name."""

    media_type: str
    case: str
    rubric: str
    checks: int
    failed: Mapping[str, str]

    @property
    def passed(self) -> int:
        """How many checks hold."""
        return self.checks - len(self.failed)


def measure() -> list[Figure]:
    """Sign, evaluate, write docs/formats/conformance.md. Raises CommandError where a part is not here."""
    found, text = scores(), text_score()
    _write(found, text)
    types = {score.media_type for score in found}
    short = {score.media_type for score in found if score.failed}
    figures = [Figure("formats", len(types), "", "every type that carries its manifest, signed three times")]
    for rubric, name in ((CONFORMANCE, "conformance"), (INTEGRITY, "integrity")):
        those = [score for score in found if score.rubric == rubric]
        worst = min(score.passed for score in those)
        note = f"of {those[0].checks} checks of {rubric}; the worst file counts"
        figures.append(Figure(f"{name} checks passed", worst, "", note))
    note = f"of {text.checks} checks of {TEXT}, a text with its manifest inside"
    figures.append(Figure("text checks passed", text.passed, "", note))
    listed = ", ".join(sorted(short)) or "none; each file's figures are in docs/formats/conformance.md"
    return [*figures, Figure("formats that fall short", len(short), "", listed)]


def scores() -> list[Score]:
    """The score of every format, in every case, under both rubrics. Raises CommandError as `measure` does."""
    rubrics = {name: load(name) for name in (CONFORMANCE, INTEGRITY)}
    with tempfile.TemporaryDirectory(prefix="assay-rubric-") as name:
        folder = Path(name)
        reports = _reports(folder, samples(folder))
    judged = evaluate(rubrics, {_SEPARATOR.join(key): answer for key, answer in reports.items()})
    found = []
    for key, by_rubric in judged.items():
        media_type, case = key.split(_SEPARATOR)
        for rubric, checks in by_rubric.items():
            failed = {check: why for check, why in checks.items() if why is not None}
            found.append(Score(media_type, case, rubric, len(checks), failed))
    return found


def text_score() -> Score:
    """A text that carries its manifest (C2PA 2.4 appendix A.8) under the rubric for texts.

    The SDK reads no text, so its crJSON is of the store alone: what the rubric asks lies there.
    """
    with tempfile.TemporaryDirectory(prefix="assay-rubric-") as name:
        folder = Path(name)
        source = folder / "note.txt"
        source.write_text("A sentence that somebody wrote.\n")
        devpki.create(folder / "pki")
        writer = ManifestWriter(load_file_signer(folder / "pki"))
        declared = Declaration(SourceType.HUMAN, source.name, embed_text=True)
        try:
            made = writer.sign(from_path(source, Limits()), declared, folder, "signed")
        finally:
            writer.close()
        context = sdk.context(sdk.base_settings((), verify_after_sign=False))
        store = made.store_path.read_bytes()
        with sdk.load().Reader(formats.OPAQUE, io.BytesIO(b""), store, context=context) as reader:
            read = json.loads(reader.crjson())
    checks = evaluate({TEXT: load(TEXT)}, {"text": read})["text"][TEXT]
    failed = {check: why for check, why in checks.items() if why is not None}
    return Score("text/plain", "the manifest inside the text", TEXT, len(checks), failed)


def load(name: str) -> dict[str, Any]:
    """A published rubric: `variables`, `expressions` and `statements`.

    Raises CommandError without ../shared.
    """
    import yaml

    path = RUBRICS / name
    if not path.is_file():
        raise usage(f"The rubrics are not at {RUBRICS}: this benchmark needs them.")
    head, *sections = yaml.safe_load_all(path.read_text())
    return {
        "variables": head.get("variables") or {},
        "expressions": head.get("expressions") or {},
        "statements": [item for section in sections for item in section if "expression" in item],
    }


def evaluate(
    rubrics: Mapping[str, Any], reports: Mapping[str, Any]
) -> dict[str, dict[str, dict[str, str | None]]]:
    """For each report (crJSON) and rubric, each check's complaint, or None where it passes.

    Raises CommandError without node, or without the packages that `npm install` brings.
    """
    node = shutil.which("node")
    if node is None or not (PROJECT / "node_modules" / "@adobe" / "json-formula").is_dir():
        raise usage("The rubrics are evaluated by node with @adobe/json-formula: run npm install first.")
    question = {"globals": {"$expected_spec_version": SPEC_VERSION}, "rubrics": rubrics, "reports": reports}
    done = subprocess.run(
        [node, str(_EVALUATOR)], input=json.dumps(question), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"The evaluator failed: {done.stderr.strip()}")
    answer: dict[str, dict[str, dict[str, str | None]]] = json.loads(done.stdout)
    return answer


def samples(folder: Path) -> dict[str, Path]:
    """One real file of each embeddable type; the two that ../shared lacks are made in `folder`."""
    _encode(folder / "sound.flac", "flac")
    _encode(folder / "clip.mov", "mpeg4")
    given = SHARED / "samples" / "media"
    if not given.is_dir():
        raise usage(f"The sample files are not at {given}: this benchmark needs them.")
    found: dict[str, Path] = {}
    for path in [*folder.iterdir(), *sorted(given.iterdir())]:
        media_type = from_path(path, Limits()).media_type
        if formats.embeds(media_type):
            found.setdefault(media_type, path)
    return dict(sorted(found.items()))


def report(made: Manifest, root: bytes) -> dict[str, Any]:
    """The SDK's crJSON of a signed file, `root` and nobody else being trusted."""
    trust = [
        parse_pem("claims", ListKind.MANIFEST, root).anchor(),
        {**parse_pem("identities", ListKind.MANIFEST, root).anchor(), "trust_kind": "cawg"},
    ]
    context = sdk.context(sdk.base_settings(trust, verify_after_sign=False))
    with (
        made.signed_path.open("rb") as file,
        sdk.load().Reader(made.media_type, file, context=context) as reader,
    ):
        answer: dict[str, Any] = json.loads(reader.crjson())
    return answer


def _reports(folder: Path, files: Mapping[str, Path]) -> dict[tuple[str, str], dict[str, Any]]:
    """The crJSON of each type in each case."""
    signer = _signer(folder / "pki")
    root = (folder / "pki" / devpki.ROOT_FILE).read_bytes()
    plain, full = ManifestWriter(replace(signer, identity=None)), ManifestWriter(signer)
    found = {}
    try:
        for media_type, path in files.items():
            asset = from_path(path, Limits())
            first = plain.sign(asset, Declaration(SourceType.HUMAN, path.name), folder, "plain")
            edit = Declaration(SourceType.AI_EDITED, path.name)
            again = full.sign(from_path(first.signed_path, Limits()), edit, folder, "again")
            everything = full.sign(asset, _everything(asset), folder, "full")
            for case, made in ((PLAIN, first), (FULL, everything), (AGAIN, again)):
                found[media_type, case] = report(made, root)
    finally:
        plain.close()
        full.close()
    return found


def _signer(folder: Path) -> ClaimSigner:
    devpki.create(folder)
    made = load_file_signer(folder)
    identity = X509Identity(made.chain_pem, made.private_key_pem or b"", made.algorithm)
    return replace(made, identity=identity)


def _everything(asset: Asset) -> Declaration:
    from PIL import Image

    thumbnail = io.BytesIO()
    Image.new("RGB", (160, 120), "teal").save(thumbnail, "JPEG")
    return Declaration(
        SourceType.AI_GENERATED,
        asset.name,
        thumbnail=thumbnail.getvalue(),
        soft_bindings=(SoftBinding("io.iscc.v0", "ISCC:KACYPXW4"), SoftBinding("org.example.code", "00ff")),
        training=TrainingChoice.CONSTRAINED,
        author="Somebody",
    )


def _encode(path: Path, codec: str) -> None:
    """A moment of sound, or of grey, in the container that the name's extension asks for."""
    import av
    import numpy as np

    frame: Any
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=24)
        if codec == "flac":
            stream.rate, stream.layout = 44100, "mono"
            samples = (np.sin(np.arange(4096) / 30) * 9000).astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.rate = 44100
        else:
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, dtype=np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _write(found: Sequence[Score], text: Score) -> None:
    cases = (PLAIN, FULL, AGAIN)
    by_cell = {(score.media_type, score.case, score.rubric): score for score in found}
    lines = []
    for media_type in sorted({score.media_type for score in found}):
        cells = [
            " · ".join(
                f"{score.passed}/{score.checks}"
                for score in (by_cell[media_type, case, rubric] for rubric in (CONFORMANCE, INTEGRITY))
            )
            for case in cases
        ]
        lines.append(f"| {media_type} | {' | '.join(cells)} |")
    short = [
        f"- {score.media_type}, {score.case}: `{check}`: {why}"
        for score in found
        for check, why in score.failed.items()
    ]
    head = _HEAD.format(
        conformance=CONFORMANCE, integrity=INTEGRITY, commit=commit(), cases=" | ".join(cases)
    )
    tail = ["", "What falls short:", "", *short] if short else ["", "No check fails."]
    tail += [
        "",
        f"A text that carries its manifest passes {text.passed} of {text.checks} checks of `{TEXT}`.",
    ]
    if text.failed:
        tail += ["It falls short of:", "", *(f"- `{check}`: {why}" for check, why in text.failed.items())]
    if "text:is_text_asset" in text.failed:
        tail += ["", _FORMAT]
    DOCUMENT.write_text(head + "\n".join([*lines, *tail]) + f"\n\nMachine: {machine()}.\n")
