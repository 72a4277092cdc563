"""`assay signer`: which keys sign, whether one answers, and how to get a certificate for one."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from provenance.errors import SignerUnavailable
from provenance.keys.csr import Applicant
from service.cli import signers
from service.cli.exits import Exit
from service.cli.safe import safe
from service.cli.verb import Verb


class Command(Verb):
    """The claim signer from the shell."""

    help = "List the signing keys, try one, or request a certificate for one (docs/keys.md)."

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="list|check|csr")
        listing = actions.add_parser("list", help="the keys of SIGNER_URL, or the development one")
        listing.add_argument("--json", action="store_true", help="one JSON object a key")
        check = actions.add_parser("check", help="load a key, hold it against the C2PA profile, have it sign")
        check.add_argument("url", metavar="URL", help="an address as SIGNER_URL takes it")
        check.add_argument("--json", action="store_true", help="one JSON object")
        csr = actions.add_parser("csr", help="request a certificate for a new key, or for one in a token")
        csr.add_argument("--name", required=True, help="the certificate's common name: your product's")
        csr.add_argument("--organisation", required=True, help="whom reports will name as the signer")
        csr.add_argument("--country", required=True, help="two letters, such as DE")
        csr.add_argument("--url", help="the key in a token: pkcs11:token=…;object=…")
        csr.add_argument("--key", choices=signers.KINDS, default=signers.KINDS[0], help="kind of the new key")
        csr.add_argument("--record", default="", help="your product's UUID in the Conforming Products List")
        csr.add_argument("--level", type=int, default=1, help="the assurance level it was listed with")
        csr.add_argument("--out", type=Path, default=Path("signer"), metavar="DIR", help="(./signer)")

    def run(self, **options: Any) -> Exit:
        if options["what"] == "csr":
            return self._request(options)
        try:
            if options["what"] == "list":
                found = signers.configured(settings.CONFIG)
            else:
                found = [signers.check(settings.CONFIG, options["url"])]
        except SignerUnavailable as error:
            raise CommandError(f"{safe(error)} ({error.code})", returncode=Exit.UNCHECKED) from error
        if options["json"]:
            for each in found:
                self.print_json(each)
        else:
            self.console().print(signers.table(found))
        return Exit.REFUSED if any("error" in each for each in found) else Exit.DONE

    def _request(self, options: dict[str, Any]) -> Exit:
        applicant = Applicant(
            options["name"], options["organisation"], options["country"], options["record"], options["level"]
        )
        try:
            made = signers.certificate_request(
                settings.CONFIG, applicant, options["out"], url=options["url"], kind=options["key"]
            )
        except SignerUnavailable as error:
            raise CommandError(f"{safe(error)} ({error.code})", returncode=Exit.UNCHECKED) from error
        self.stdout.write(str(made.request))
        if made.key is not None:
            self.note(f"the new key is {safe(made.key)}, encrypted; keep a copy elsewhere.")
        if made.passphrase is not None:
            self.note(f"its passphrase is in {safe(made.passphrase)}: name that in SIGNER_PASSPHRASE_FILE.")
        if not applicant.record:
            self.note("an authority on the C2PA list also asks for --record: see docs/become-trusted.md.")
        return Exit.DONE
