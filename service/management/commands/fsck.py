"""`assay fsck`: audit the whole installation, name what differs, and rebuild what can be rebuilt."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandParser

from service.cli.exits import Exit
from service.cli.home import prepare
from service.cli.progress import steps
from service.cli.safe import safe
from service.cli.verb import Verb

if TYPE_CHECKING:
    from service.cli.fsck.audit import Mended


class Command(Verb):
    """Compare database, files, index and chain."""

    help = (
        "Rebuild the log's roots from its leaves and compare database, files, proofs, index and chain. "
        "Changes nothing without --repair. Exit 0 when all agree, 1 when something differs."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object a difference")
        parser.add_argument("--full", action="store_true", help="every proof and item, not a sample of them")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="rebuild what can be: tiles, checkpoint file, subtrees, head, index, states, anchors; "
            "leaves, signed notes and content are never written",
        )

    def run(self, **options: Any) -> Exit:
        prepare()
        from service.cli.fsck.audit import Mended, audit, checks, repair
        from service.cli.fsck.difference import Skipped

        skipped: list[Skipped] = []
        rounds = 2 if options["repair"] else 1
        with steps("comparing", rounds * len(checks(skipped))) as shown:
            found = list(audit(shown, skipped, full=options["full"]))
            mended = [Mended(each, repaired=False) for each in found]
            if found and options["repair"]:
                mended = repair(found, shown, skipped, full=options["full"])
        self._show(mended, as_json=options["json"], repairing=options["repair"])
        for left_out in skipped:
            self.note(f"not done: {left_out.part}: {safe(left_out.sentence)}")
        return Exit.DONE if all(each.repaired for each in mended) else Exit.REFUSED

    def _show(self, mended: "list[Mended]", *, as_json: bool, repairing: bool) -> None:
        for number, each in enumerate(mended):
            found = each.difference
            if as_json:
                more = {"repaired": each.repaired} if repairing else {}
                self.print_json(asdict(found) | more)
                continue
            first = "first difference: " if number == 0 else ""
            after = ": repaired" if each.repaired else ": NOT repaired" if repairing else ""
            self.stdout.write(f"{first}{found.part}: {safe(found.sentence)} ({found.code}){after}")
        if as_json:
            return
        left = sum(not each.repaired for each in mended)
        if repairing and mended:
            self.stdout.write(f"{len(mended)} difference(s), {left} left.")
        else:
            self.stdout.write(f"{left} difference(s)." if left else "All agree.")
