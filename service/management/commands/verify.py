"""`assay verify`: check files with no service, no database and no settings."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from service.cli.exits import Exit, of_outcome, worst
from service.cli.progress import steps
from service.cli.proof_file import companions
from service.cli.safe import safe
from service.cli.verb import Verb, usage
from service.cli.verifying import Answer, Tools, verify_file
from service.policy import Outcome

MAX_KEY_FILE = 4096


class Command(Verb):
    """Check files against their credentials and proofs."""

    help = (
        "Check each file against its content credential and its proof. Exit codes: 0 verified, 1 refused, "
        "2 wrong usage, 3 could not check; of several files the gravest counts."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--proof", type=Path, metavar="P", help="the proof (default: NAME.assay.json beside the file)"
        )
        parser.add_argument(
            "--rpc", metavar="URL", help="a chain's RPC address: adds the anchor's block and time"
        )
        parser.add_argument("--log-key", metavar="K", help="the log's verifier key to pin, or a file with it")
        parser.add_argument(
            "--log-id",
            metavar="ID",
            action="append",
            default=[],
            help="the log's id in registries, or its owner's address, to pin; may be repeated",
        )
        parser.add_argument(
            "--block-hash",
            metavar="CHAIN_ID:HASH",
            action="append",
            default=[],
            help="a block's hash to believe: evidence in the proof is checked under it, with no chain asked",
        )
        parser.add_argument(
            "--witness",
            metavar="VKEY",
            action="append",
            default=[],
            help="a witness's verifier key, whose cosignature the checkpoint must bear; may be repeated",
        )
        parser.add_argument(
            "--trust",
            type=Path,
            metavar="LIST",
            action="append",
            default=[],
            help="a trust list: PEM, or C2PA's JSON of entities or products; may be repeated",
        )
        parser.add_argument(
            "--online", action="store_true", help="ask the signer's authority whether it revoked (OCSP)"
        )
        parser.add_argument(
            "--remote", action="store_true", help="fetch the credential where the file only names its address"
        )
        parser.add_argument(
            "--second-opinion", action="store_true", help="ask a second validator (encypher-c2pa) and compare"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a file: the report")

    def run(self, **options: Any) -> Exit:
        files: list[Path] = options["files"]
        self._check(files, options["proof"])
        tools = self._tools(options)
        exits = []
        try:
            with steps("verifying", len(files)) as shown:
                for path in files:
                    shown.note(path.name)
                    answer = verify_file(path, options["proof"], tools)
                    exits.append(of_outcome(answer.outcome))
                    with shown.paused():
                        self._show(path, options["proof"], answer, as_json=options["json"])
                    shown.advance()
        finally:
            tools.inspector.close()
        return worst(exits)

    def _check(self, files: list[Path], proof: Path | None) -> None:
        for path in files:
            if not path.is_file():
                raise usage(f"There is no file {safe(path)}.")
        if proof is not None and len(files) > 1:
            raise usage("--proof goes with one file; several are checked against the proofs beside them.")
        if proof is not None and not proof.is_file():
            raise usage(f"There is no proof {safe(proof)}.")

    def _tools(self, options: dict[str, Any]) -> Tools:
        from provenance.assets.limits import Limits
        from provenance.inspection.reader import Inspector
        from service.cli.offline_trust import trust_store

        config = settings.CONFIG
        return Tools(
            inspector=Inspector(trust_store([*config.trust_lists, *options["trust"]])),
            limits=Limits(max_bytes=config.max_upload_bytes),
            log_key=_log_key(options["log_key"]),
            chain=_chain(options["rpc"]),
            pins=_pins(options),
            revocation=options["online"],
            remote=options["remote"],
            second_opinion=options["second_opinion"],
        )

    def _show(self, path: Path, proof: Path | None, answer: Answer, *, as_json: bool) -> None:
        from service.cli import report_view

        if as_json and answer.report is not None:
            opinion = {"second_opinion": asdict(answer.second_opinion)} if answer.second_opinion else {}
            self.print_json(answer.report.as_dict() | opinion)
        elif as_json and answer.trouble is not None:
            trouble = {"code": answer.trouble.code, "sentence": answer.trouble.sentence}
            self.print_json({"name": path.name, "error": trouble})
        elif answer.report is not None:
            shown = (answer.report, answer.outcome, answer.second_opinion)
            report_view.show(self.console(), path.name, *shown)
            if answer.outcome is Outcome.UNCHECKED and companions(path, proof).proof is None:
                self.note(f"no proof lies beside {safe(path.name)}; --proof names one that lies elsewhere.")
        elif answer.trouble is not None:
            report_view.show_trouble(self.console(), path.name, answer.trouble, answer.outcome)


def _log_key(given: str | None) -> str | None:
    """The verifier key line itself, or the first line of a file that holds it. Raises CommandError."""
    from attest.errors import AttestError
    from attest.log.note import VerifierKey

    if given is None:
        return None
    try:
        line = given if "+" in given else _first_line(Path(given))
        VerifierKey.parse(line.strip())
    except (OSError, ValueError, IndexError, AttestError) as error:
        raise usage(
            "--log-key takes the log's verifier key (NAME+HASH+KEY) or a file that holds it."
        ) from error
    return line.strip()


def _pins(options: dict[str, Any]) -> Any:
    from attest.errors import ProofInvalid
    from attest.proofs.pins import Pins

    try:
        return Pins.parse(options["block_hash"], options["witness"], options["log_id"])
    except ProofInvalid as error:
        raise usage(str(error)) from error


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.read(MAX_KEY_FILE).strip().splitlines()[0]


def _chain(url: str | None) -> Any:
    from attest.errors import AttestError

    if url is None:
        return None
    from attest.registry.reader import open_reader

    try:
        return open_reader(url)
    except AttestError as error:
        raise usage(f"--rpc: {error}") from error
