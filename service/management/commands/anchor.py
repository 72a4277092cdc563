"""`assay anchor`: how far the log is anchored, and bringing it there now."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from service import anchoring, pipeline
from service.cli import anchors, chains
from service.cli.exits import Exit
from service.cli.home import prepare
from service.cli.verb import Verb


class Command(Verb):
    """Checkpoints and chains."""

    help = "Show how far the log is anchored, anchor it now, or deploy the registry."

    def arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="what", required=True, metavar="status|now|deploy")
        status = actions.add_parser("status", help="the log, its newest checkpoint and each registry")
        status.add_argument("--json", action="store_true", help="one JSON object")
        actions.add_parser("now", help="seal a checkpoint and bring it to every chain")
        actions.add_parser(
            "deploy", help="deploy the registry where it is missing; paid for by the anchor key"
        )

    def run(self, **options: Any) -> Exit:
        prepare()
        if options["what"] == "status":
            found = anchors.status()
            if options["json"]:
                self.print_json(found)
            else:
                anchors.show(self.console(), found)
            return Exit.DONE
        reachable = chains.reachable()
        if not reachable:
            raise CommandError(
                "No chain: set CHAIN_RPC_URL, or start `./assay up`, which brings a local one.",
                returncode=Exit.UNCHECKED,
            )
        if options["what"] == "deploy":
            for chain in reachable:
                deployment = anchoring.registry_on(chain)
                self.stdout.write(
                    f"{deployment.address} on chain {deployment.chain_id}, log {deployment.log_id}"
                )
            return Exit.DONE
        pipeline.seal()
        pipeline.anchor()
        anchors.show(self.console(), anchors.status())
        return Exit.DONE
