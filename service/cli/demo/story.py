"""The demo's story: attest, verify with the service off, tamper, strip, recognise, screen, count the gas."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from attest.models import OutboxTransaction
from attest.registry import embedded
from service import pipeline, wiring
from service.cli import home, local, scratch
from service.cli.demo import materials
from service.cli.demo.checks import Surprise, Told, expect
from service.cli.exits import Exit
from service.cli.outputs import Outputs
from service.cli.progress import steps
from service.intake import incoming, incoming_text
from service.models import Account, State, Submission
from service.pipeline import AttestRequest
from service.policy import Action
from service.report import Registry

SPAM_MESSAGES = 30
SPAM_RECOGNISED = 27


@dataclass(frozen=True, slots=True)
class Attested:
    """One attested file: what it was, its row, and what was written for its owner."""

    material: materials.Material
    submission: Submission
    outputs: Outputs

    @property
    def file(self) -> Path:
        """The file that a stranger verifies."""
        return self.outputs.signed or self.material.path


def tell(told: Told, folder: Path, rpc_url: str) -> None:
    """The whole story in `folder`. Raises Surprise at the first outcome that is not as it must be."""
    told.line(materials.CREDIT)
    home.prepare()
    account = home.local_account()
    told.chapter("Loading the models and making keys, a log and a chain of our own")
    local.warm()
    attested = _attest(told, account, folder, rpc_url)
    _verify(told, attested, rpc_url)
    _tamper(told, attested[0], folder)
    _strip(told, attested[0], folder)
    _stranger(told, folder)
    _screen(told)
    _table(told, attested)


def _attest(told: Told, account: Account, folder: Path, rpc_url: str) -> list[Attested]:
    told.chapter("Attesting a photograph, an AI-declared image, a sound, a PDF and a text")
    made = materials.make(folder)
    submissions = []
    with steps("attesting", len(made)) as shown:
        for material in made:
            shown.note(material.title)
            row = local.submit(account, material.path, AttestRequest(material.source_type, material.title))
            submissions.append(local.drive(row, shown))
            shown.advance()
    pipeline.anchor()
    embedded.settle(rpc_url)
    pipeline.anchor()
    attested = []
    for material, row in zip(made, submissions, strict=True):
        row.refresh_from_db()
        expect(f"anchoring {material.path.name}", row.state, State.ANCHORED)
        attested.append(Attested(material, row, local.bring(row, material.path, folder)))
        form = "credential inside" if row.embedded else "credential beside it"
        told.line(f"{material.path.name:<10} declared {material.source_type}, {form}, leaf {row.leaf_index}")
    return attested


def _verified(step: str, file: Path, proof: Path, wanted: Exit, *more: str) -> dict[str, Any]:
    """`assay verify` in a process of its own, with no service, database or settings; its report."""
    done = scratch.offline("verify", str(file), "--proof", str(proof), "--json", *more, cwd=file.parent)
    if done.returncode != wanted:
        raise Surprise(step, f"verify ended with {done.returncode}, not {int(wanted)}. {done.stderr.strip()}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _verify(told: Told, attested: list[Attested], rpc_url: str) -> None:
    told.chapter("Verifying them in another process: no service, no database, only file and proof")
    for each in attested:
        name = each.file.name
        report = _verified(f"verifying {name}", each.file, each.outputs.proof, Exit.DONE)
        expect(f"registry of {name}", report["registry"]["status"], Registry.ATTESTED)
        expect(f"origin of {name}", report["origin"]["status"], each.material.source_type.origin)
        told.line(f"{name}: verified, {report['origin']['status'].replace('_', ' ')} as declared")
        told.row(name, "verify, offline", "verified", f"declared {each.material.source_type}")
    first = attested[0]
    report = _verified("asking the chain", first.file, first.outputs.proof, Exit.DONE, "--rpc", rpc_url)
    anchors = [anchor for anchor in report["anchor"] if anchor["block"] is not None]
    if not anchors:
        raise Surprise("asking the chain", "the report names no block.")
    told.line(f"with --rpc: in block {anchors[0]['block']} since {anchors[0]['time']}")


def _tamper(told: Told, photo: Attested, folder: Path) -> None:
    told.chapter("Changing one bit of the photograph")
    copy = materials.tampered(photo.file, folder / "tampered.jpg")
    report = _verified("verifying the tampered copy", copy, photo.outputs.proof, Exit.REFUSED)
    reason = report["reasons"][0]
    told.line(f"refused: {reason['sentence']} ({reason['code']})")
    told.row(copy.name, "verify, offline", "refused", reason["sentence"])


def _strip(told: Told, photo: Attested, folder: Path) -> None:
    told.chapter("Re-encoding it as a site would: smaller, recompressed, its credential gone")
    copy = materials.stripped(photo.file, folder / "reposted.jpg")
    with copy.open("rb") as file, incoming([file.read()], copy.name) as asset:
        report = pipeline.verify(asset)
    expect("credential of the copy", report.credential.status, "none")
    expect("registry of the copy", report.registry.status, Registry.ATTESTED_COPY)
    expect("original of the copy", report.registry.original, str(photo.submission.pk))
    why = report.similarity.matches[0].why
    told.line(f"recognised as a copy of “{photo.material.title}”: {why}")
    told.row(copy.name, "verify, service", "attested copy", why)


def _stranger(told: Told, folder: Path) -> None:
    told.chapter("Asking about a photograph that nobody attested")
    copy = materials.stranger(folder)
    with copy.open("rb") as file, incoming([file.read()], copy.name) as asset:
        report = pipeline.verify(asset)
    expect("registry of the stranger's photograph", report.registry.status, Registry.NONE)
    expect("action on the stranger's photograph", report.action, Action.ACCEPT)
    told.line(report.reasons[0].sentence)
    told.row(copy.name, "verify, service", "nothing known", report.reasons[0].sentence)


def _screen(told: Told) -> None:
    told.chapter(f"Screening a stream: {SPAM_MESSAGES} reworded messages between three ordinary ones")
    messages = materials.spam(SPAM_MESSAGES)
    largest, verdict = 0, ""
    with steps("screening", len(messages)) as shown:
        for number, text in enumerate(messages):
            with incoming_text(text) as asset:
                source = f"account-{number}"
                report = pipeline.screen(asset, tenant="demo", source=source, author=source)
            if report.similarity.campaign is not None:
                largest, verdict = max(largest, report.similarity.campaign.size), report.action
            shown.advance()
    for text in materials.CONVERSATION:
        with incoming_text(text) as asset:
            report = pipeline.screen(asset, tenant="demo", source="reader", author="reader")
        expect("an ordinary message", report.action, Action.ACCEPT)
    if largest < SPAM_RECOGNISED:
        raise Surprise("the campaign", f"only {largest} of {SPAM_MESSAGES} messages were put together.")
    expect("the campaign's action", verdict, Action.FLAG)
    told.line(f"{largest} of {SPAM_MESSAGES} are one campaign, flagged from the tenth on; the others pass")
    told.row(f"{SPAM_MESSAGES} messages", "screen", "flagged", f"a campaign of {largest}")


def _table(told: Told, attested: list[Attested]) -> None:
    shown = Table(title="What came out", title_justify="left")
    for column in ("item", "asked", "answer", "why"):
        shown.add_column(column, overflow="fold")
    for row in told.rows:
        shown.add_row(*row)
    told.console.print()
    told.console.print(shown)
    spent = OutboxTransaction.objects.filter(purpose=OutboxTransaction.Purpose.CHECKPOINT)
    gas = sum(row.gas_used or 0 for row in spent)
    if not gas:
        raise Surprise("counting the gas", "no checkpoint transaction was paid for.")
    told.line(
        f"Gas: {gas:,} for {len(spent)} checkpoint transaction(s), {gas // len(attested):,} per item with "
        f"{len(attested)} items; a batch of 1,000 would cost about {gas // len(spent) // 1000:,} per item."
    )
    told.line(
        f"The chain here is a local one: it shows the mechanism and proves nothing. {told.seconds:.0f} s."
    )


def close() -> None:
    """End what the story started besides threads."""
    wiring.inspector().close()
