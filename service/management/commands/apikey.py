"""`assay apikey`: make, list and revoke API keys."""

from typing import Any

from django.core.management.base import CommandParser

from service.cli import keys
from service.cli.exits import Exit
from service.cli.home import account_named, prepare
from service.cli.safe import safe
from service.cli.verb import Verb

DEFAULT_SCOPES = ["attest", "verify", "screen"]


class Command(Verb):
    """API keys from the shell."""

    help = "Make, list and revoke API keys. A new key is printed once and kept only as a digest."

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="create|list|revoke")
        create = actions.add_parser("create", help="make a key and print it, once")
        create.add_argument("name", help="what the key is for")
        create.add_argument(
            "--scope",
            action="append",
            metavar="SCOPE",
            help=f"attest, verify, screen or moderate; repeatable (default: {', '.join(DEFAULT_SCOPES)})",
        )
        create.add_argument("--days", type=int, default=365, help="days until it expires, 0 for never")
        create.add_argument("--account", help="whose key it is (default: the first administrator's)")
        create.add_argument("--json", action="store_true", help="one JSON object instead of the bare key")
        listing = actions.add_parser("list", help="list keys, never their secrets")
        listing.add_argument("--json", action="store_true", help="one JSON object a key")
        revoke = actions.add_parser("revoke", help="revoke a key for good")
        revoke.add_argument("key", help="the key's prefix or its name, as `list` shows them")

    def run(self, **options: Any) -> Exit:
        prepare()
        if options["what"] == "create":
            return self._create(options)
        if options["what"] == "list":
            return self._list(as_json=options["json"])
        revoked = keys.revoke(options["key"])
        self.note(f"revoked {safe(revoked.name)} ({revoked.prefix}).")
        return Exit.DONE

    def _create(self, options: dict[str, Any]) -> Exit:
        account = account_named(options["account"])
        scopes = options["scope"] or DEFAULT_SCOPES
        key, secret = keys.create(account, options["name"], scopes, options["days"])
        if options["json"]:
            self.print_json({**keys.as_dict(key), "key": secret})
            return Exit.DONE
        # The bare key on standard output, so that KEY=$(./assay apikey create ci) works.
        self.stdout.write(secret)
        until = f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "for ever"
        self.note(
            f"key {key.prefix} of {safe(account.username)} for {', '.join(key.scopes)}, good {until}. "
            "It is not shown again."
        )
        return Exit.DONE

    def _list(self, *, as_json: bool) -> Exit:
        if as_json:
            for key in keys.every():
                self.print_json(keys.as_dict(key))
        else:
            self.console().print(keys.table())
        return Exit.DONE
