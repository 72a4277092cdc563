"""`assay trust`: whose credentials read as trusted on this installation."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from provenance.models import TrustListRow
from provenance.trust.lists import ListKind
from provenance.trust.sources import is_address
from service.cli import trust, trust_view
from service.cli.exits import Exit
from service.cli.home import prepare
from service.cli.safe import safe
from service.cli.verb import Verb, usage


class Command(Verb):
    """Trust lists and lists of conforming products from the shell."""

    help = "Show and change trust lists and the list of conforming products. A running service follows."

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="list|update|diff|show|remove")
        listing = actions.add_parser("list", help="the lists in force")
        listing.add_argument("--all", action="store_true", help="past versions too")
        listing.add_argument("--json", action="store_true", help="one JSON object a list")
        update = actions.add_parser(
            "update", aliases=["add"], help="put a list in force in place of its last version"
        )
        self._source(update)
        # Not `--version`, which Django keeps for itself.
        update.add_argument("--edition", default="", help="the version, where the list says none (PEM)")
        update.add_argument(
            "--force", action="store_true", help="even an older list, or another of one number"
        )
        update.add_argument("--json", action="store_true", help="what is in force now and what changed")
        diff = actions.add_parser(
            "diff", help="what an update would change, or what changed between versions"
        )
        self._source(diff, metavar="FROM|NAME")
        diff.add_argument(
            "old", nargs="?", metavar="OLD", help="a version of NAME, or the start of its SHA-256"
        )
        diff.add_argument("new", nargs="?", metavar="NEW", help="another one (default: that in force)")
        diff.add_argument("--json", action="store_true", help="one JSON object")
        show = actions.add_parser("show", help="a version's certificates or products, as they are digested")
        show.add_argument("name")
        show.add_argument("wanted", nargs="?", metavar="VERSION", help="or the start of its SHA-256")
        remove = actions.add_parser("remove", help="put a list out of force; old versions stay readable")
        remove.add_argument("name")
        for each in (show, remove):
            each.add_argument("--kind", choices=[str(kind) for kind in ListKind])

    def run(self, **options: Any) -> Exit:
        prepare()
        {
            "list": self._list,
            "update": self._update,
            "add": self._update,
            "diff": self._diff,
            "show": self._show,
            "remove": self._remove,
        }[options["what"]](options)
        return Exit.DONE

    @staticmethod
    def _source(parser: CommandParser, metavar: str = "FROM") -> None:
        parser.add_argument("source", metavar=metavar, help="a file, or an https address that is then asked")
        parser.add_argument("--name", help="what reports call the list (default: what it calls itself)")
        kinds = [str(kind) for kind in ListKind]
        parser.add_argument("--kind", choices=kinds, help="whom it vouches for, where it does not say")
        parser.add_argument("--allow-private", action="store_true", help="also ask http and inner addresses")

    def _list(self, options: dict[str, Any]) -> None:
        found = trust.all_described(past=options["all"])
        if options["json"]:
            for each in found:
                self.print_json(each)
            return
        for each in found:
            for line in trust_view.lines(each):
                self.stdout.write(line)
        for each in found:
            for warning in trust_view.warnings(each) if each["in_force"] else ():
                self.note(warning)

    def _update(self, options: dict[str, Any]) -> None:
        found = self._bring(options, version=options["edition"])
        done = trust.update(found, force=options["force"])
        described = trust.described(done.row)
        changes = trust.changes(trust.compared(done.before, found))
        if options["json"]:
            self.print_json(described | {"updated": done.changed, "changes": changes})
            return
        what = f"{safe(done.row)} ({described['kind']}, {trust_view.holds(described)})"
        if done.changed:
            self.note(
                f"{what} is in force: {trust_view.summary(changes)}. A running service follows by itself."
            )
        else:
            self.note(f"{what} was in force already; nothing changed.")
        if done.changed and done.before is not None and done.before.source != done.row.source:
            self.note(f"Its last version came from {safe(done.before.source) or 'elsewhere'}.")
        for warning in trust_view.warnings(described):
            self.note(warning)

    def _diff(self, options: dict[str, Any]) -> None:
        source = options["source"]
        if is_address(source) or Path(source).is_file():
            if options["old"] is not None:
                raise usage("OLD and NEW go with the name of a list, not with a file or an address.")
            after = self._bring(options)
            before = trust.in_force(after)
        else:
            rows = trust.versions(source, options["kind"])
            newer = trust.version(rows, options["new"]) if options["new"] else rows[0]
            before = trust.version(rows, options["old"]) if options["old"] else trust.preceding(rows, newer)
            after = newer.as_list()
        changes = trust.changes(trust.compared(before, after))
        if options["json"]:
            versions = {"before": before.sha256 if before else None, "after": after.sha256}
            self.print_json({"name": after.name} | versions | changes)
            return
        for line in trust_view.difference_lines(changes):
            self.stdout.write(line)

    def _show(self, options: dict[str, Any]) -> None:
        rows = trust.versions(options["name"], options["kind"])
        row = trust.version(rows, options["wanted"]) if options["wanted"] else rows[0]
        content = bytes(row.pem if isinstance(row, TrustListRow) else row.document).decode()
        if self.stdout.isatty():
            content = "".join(f"{safe(line)}\n" for line in content.splitlines())
        # Byte for byte elsewhere, so that `| sha256sum` gives the digest that reports name.
        self.stdout.write(content, ending="")

    def _remove(self, options: dict[str, Any]) -> None:
        trust.remove(options["name"], options["kind"])
        self.note("out of force. A running service follows by itself; old versions stay readable.")

    def _bring(self, options: dict[str, Any], version: str = "") -> trust.AnyList:
        return trust.bring(
            options["source"],
            name=options["name"],
            kind=options["kind"],
            version=version,
            allow_private=options["allow_private"],
        )
