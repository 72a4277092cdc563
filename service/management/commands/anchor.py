"""`assay anchor`: how far the log is anchored, and bringing it there now."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from attest.errors import AttestError
from service import anchoring, pipeline
from service.cli import anchors, chains
from service.cli.exits import Exit
from service.cli.home import prepare
from service.cli.safe import safe
from service.cli.verb import Verb
from service.wiring import Chain


class Command(Verb):
    """Checkpoints and chains."""

    help = "Show how far the log is anchored, anchor it now, or deploy the registry."

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="status|now|deploy")
        status = actions.add_parser("status", help="the log, each chain with its endpoints, each registry")
        status.add_argument("--json", action="store_true", help="one JSON object")
        actions.add_parser("now", help="seal a checkpoint and bring it to every chain")
        actions.add_parser(
            "deploy", help="deploy the registry where it is missing; paid for by the anchor key"
        )

    def run(self, **options: Any) -> Exit:
        prepare()
        reachable = chains.reachable()
        if options["what"] == "status":
            found = anchors.status(reachable)
            if options["json"]:
                self.print_json(found)
            else:
                anchors.show(self.console(), found)
            return Exit.DONE
        if not reachable:
            raise CommandError(
                "No chain: set CHAIN_RPC_URL, or start `./assay up`, which brings a local one.",
                returncode=Exit.UNCHECKED,
            )
        if options["what"] == "deploy":
            return self._everywhere(reachable, self._deploy)
        pipeline.seal()
        code = self._everywhere(reachable, lambda place, _: pipeline.anchor(place))
        anchors.show(self.console(), anchors.status(reachable))
        return code

    def _deploy(self, _: int, chain: Chain) -> None:
        deployment = anchoring.registry_on(chain)
        self.stdout.write(f"{deployment.address} on chain {deployment.chain_id}, log {deployment.log_id}")

    def _everywhere(self, reachable: Sequence[Chain], act: Callable[[int, Chain], object]) -> Exit:
        """On each chain, whatever another one says; exit 1 where one was refused, 3 where one has to wait."""
        code = Exit.DONE
        for place, chain in enumerate(reachable):
            try:
                act(place, chain)
            except AttestError as error:
                self.note(safe(f"{chain.client.rpc.name}: {error} ({error.code})"))
                if code is not Exit.REFUSED:
                    code = Exit.REFUSED if error.permanent else Exit.UNCHECKED
        return code
