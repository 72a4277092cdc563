"""`assay webhook`: have an account's server told what becomes of its attestations."""

from typing import Any

from django.core.management.base import CommandParser

from service import webhooks
from service.cli.exits import Exit
from service.cli.home import account_named, prepare
from service.cli.safe import safe
from service.cli.verb import Verb, usage
from service.errors import ServiceError
from service.models import Account, Webhook


class Command(Verb):
    """Webhooks from the shell."""

    help = "Set, show and remove an account's webhook. The secret that signs its messages is printed once."

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="set|show|remove")
        setting = actions.add_parser("set", help="send events to a URL; replaces a former webhook")
        setting.add_argument("url", help="an http: or https: address on the public internet")
        showing = actions.add_parser("show", help="where events go and how that fares")
        removing = actions.add_parser("remove", help="send nothing any more")
        for action in (setting, showing, removing):
            action.add_argument("--account", help="whose (default: the first administrator's)")
        showing.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, **options: Any) -> Exit:
        prepare()
        account = account_named(options["account"])
        if options["what"] == "set":
            return self._set(account, options["url"])
        if options["what"] == "remove":
            self.note("removed." if webhooks.remove(account) else "there was none.")
            return Exit.DONE
        return self._show(account, as_json=options["json"])

    def _set(self, account: Account, url: str) -> Exit:
        try:
            row = webhooks.subscribe(account, url)
        except ServiceError as error:
            raise usage(str(error)) from error
        # The bare secret on standard output, as `apikey create` prints a key.
        self.stdout.write(row.secret)
        self.note(f"events of {safe(account.username)} go to {safe(row.url)}. The secret is not shown again.")
        return Exit.DONE

    def _show(self, account: Account, *, as_json: bool) -> Exit:
        row = Webhook.objects.filter(account=account).first()
        if row is None:
            raise usage(f"{safe(account.username)} has no webhook.")
        shown = webhooks.described(row)
        if as_json:
            self.print_json(shown)
            return Exit.DONE
        for name, value in shown.items():
            self.stdout.write(f"{name}: {'-' if value is None else safe(str(value))}")
        return Exit.DONE
