"""`assay proof`: show a proof file, export it for other tools, bring it further."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from attest.errors import ProofInvalid
from attest.proofs.bundle import ProofBundle
from attest.proofs.tlog_proof import SUFFIX, tlog_proof
from attest.proofs.upgrade import upgraded
from service.cli import proof_file, proofs
from service.cli.exits import Exit
from service.cli.safe import safe
from service.cli.verb import Verb, usage
from service.errors import ServiceError


class Command(Verb):
    """Proof files."""

    help = "Show a proof file, export it as a C2SP tlog-proof, or bring it up to the newest anchor in place."

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="show|export|upgrade")
        show = actions.add_parser("show", help="what the proof says of itself; nothing is checked")
        export = actions.add_parser("export", help="the proof in a form that other tools read")
        upgrade = actions.add_parser(
            "upgrade", help="add checkpoint, anchors and evidence made since; the file is replaced at once"
        )
        for action in (show, export, upgrade):
            action.add_argument("file", type=Path, metavar="FILE", help="a NAME.assay.json")
        show.add_argument("--json", action="store_true", help="one JSON object")
        export.add_argument("--format", choices=["tlog-proof"], default="tlog-proof", help="the form")
        export.add_argument("--out", type=Path, metavar="PATH", help="by default NAME.tlog-proof beside it")
        upgrade.add_argument("--server", metavar="URL", help="ask this service instead of the data folder")
        upgrade.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, **options: Any) -> Exit:
        path: Path = options["file"]
        if not path.is_file():
            raise usage(f"There is no proof {safe(path)}.")
        bundle = proof_file.load(path)
        if options["what"] == "show":
            found = proofs.described(bundle)
            if options["json"]:
                self.print_json(found)
            else:
                proofs.show(self.console(), found)
            return Exit.DONE
        if options["what"] == "export":
            return self._export(path, bundle, options["out"])
        return self._upgrade(path, bundle, options)

    def _export(self, path: Path, bundle: ProofBundle, out: Path | None) -> Exit:
        target = out or proofs.exported_path(path, SUFFIX)
        try:
            text = tlog_proof(bundle)
        except ProofInvalid as error:
            raise CommandError(f"{error} ({error.code})", returncode=Exit.UNCHECKED) from error
        try:
            with target.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError as error:
            raise usage(f"{safe(target)} is there already; --out names another place.") from error
        except OSError as error:
            raise usage(f"{safe(target)} cannot be written: {error.strerror}.") from error
        self.stdout.write(safe(target))
        return Exit.DONE

    def _upgrade(self, path: Path, bundle: ProofBundle, options: dict[str, Any]) -> Exit:
        try:
            part = _part(bundle, options["server"])
        except ServiceError as error:
            code = Exit.REFUSED if error.permanent else Exit.UNCHECKED
            raise CommandError(f"{safe(error)} ({error.code})", returncode=code) from error
        found = upgraded(bundle, part)
        if found is not bundle:
            try:
                proofs.rewrite(path, found.to_json())
            except OSError as error:
                raise CommandError(
                    f"{safe(path)} cannot be replaced: {error.strerror}.", returncode=Exit.UNCHECKED
                ) from error
        if options["json"]:
            states = {"before": bundle.state.value, "state": found.state.value}
            self.print_json({"file": path.name, **states, "changed": found is not bundle})
        elif found is bundle:
            self.stdout.write(f"{safe(path.name)}: {bundle.state}, nothing newer")
        else:
            self.stdout.write(f"{safe(path.name)}: {bundle.state} → {found.state}")
        return Exit.DONE


def _part(bundle: ProofBundle, server: str | None) -> object:
    """The public part of the proof, from a service or from the data folder."""
    if server is not None:
        return proofs.fetch_part(server, bundle.index)
    from service import pipeline
    from service.cli.home import prepare

    prepare()
    return pipeline.proof_part(bundle.index)
