"""`assay calibrate`: what the moderators' decisions would make of the thresholds, and making it so."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandParser
from rich.table import Table

from service.cli.exits import Exit
from service.cli.home import prepare
from service.cli.verb import Verb

if TYPE_CHECKING:
    from detector.recalibration import Proposal


class Command(Verb):
    """Thresholds from what moderators decided."""

    help = (
        "Show how thresholds would move so that fewest of the moderators' decisions contradict them, and "
        "which decisions would fare otherwise. Changes nothing without --apply."
    )

    def arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="only show it (this is the default)")
        how.add_argument(
            "--apply", action="store_true", help="write the thresholds; running processes use them at once"
        )
        how.add_argument("--reset", action="store_true", help="go back to the shipped thresholds")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, **options: Any) -> Exit:
        prepare()
        from detector import calibration, queries, recalibration
        from service import wiring

        path = wiring.calibration_file()
        if options["reset"]:
            path.unlink(missing_ok=True)
            calibration.use(path)
            self.note(f"the shipped thresholds decide: calibration {calibration.digest()}.")
            return Exit.DONE
        calibration.use(path)
        decisions = queries.judged()
        proposal = recalibration.propose(decisions)
        before = calibration.digest()
        if options["apply"] and proposal.digest != before:
            recalibration.write(path, proposal, len(decisions))
        if options["json"]:
            self.print_json({"now": before, **asdict(proposal), "decisions": len(decisions)})
            return Exit.DONE
        self._show(proposal, len(decisions))
        if proposal.digest == before:
            self.note(f"nothing moves: calibration {before} stays.")
        elif options["apply"]:
            self.note(f"applied: calibration {proposal.digest}, before {before}.")
        else:
            self.note(f"not applied: it would be calibration {proposal.digest}, now {before}.")
        return Exit.DONE

    def _show(self, proposal: "Proposal", decided: int) -> None:
        from detector.recalibration import LEAST_DECISIONS

        shown = Table("method", "now", "then", "same", "not the same", "against now", "against then")
        for move in proposal.moves:
            figures = (move.now, move.then, move.same, move.not_same, move.against_now, move.against_then)
            shown.add_row(move.method, *(f"{figure:g}" for figure in figures))
        self.console().print(shown)
        self.note(f"{decided} decisions; a method moves on {LEAST_DECISIONS} and more.")
        for change in proposal.changes:
            was, now = (
                "matched" if each else "not matched" for each in (change.matched_now, change.matched_then)
            )
            said = "the same" if change.same else "not the same"
            self.stdout.write(f"{change.id}: called {said}; {was} now, {now} then")
