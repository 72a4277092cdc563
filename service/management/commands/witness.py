"""`assay witness`: cosigns other logs' checkpoints, so that they cannot fork without being seen."""

import signal
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from attest.errors import ProofInvalid
from attest.log.cosignature import CosignerKey
from attest.log.note import VerifierKey
from attest.log.witness import Witness
from service.cli.exits import Exit
from service.cli.verb import Verb, usage
from service.cli.witness_server import WitnessServer

NAME = "assay.local/witness"


class Command(Verb):
    """A witness of other logs."""

    help = "Cosign the checkpoints of logs that only grow (C2SP tlog-witness)."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--log", action="append", default=[], metavar="VKEY", help="a log's verifier key")
        parser.add_argument("--port", type=int, default=8100)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--name", default="", help="the witness's name, for its first start")

    def run(self, **options: Any) -> Exit:
        try:
            logs = [VerifierKey.parse(line.strip()) for line in options["log"]]
        except ProofInvalid as error:
            raise usage(str(error)) from error
        if not logs:
            raise usage("Name at least one log with --log; `./assay anchor status` prints a log's key.")
        folder = Path(settings.DATA_DIR)
        key = self._key(folder / "secrets" / "witness_key", options["name"])
        try:
            witness = Witness(key, logs, folder / "witness")
            server = WitnessServer(options["host"], options["port"], witness)
        except OSError as error:
            raise CommandError(f"The witness cannot start: {error}", returncode=Exit.UNCHECKED) from error
        self.stdout.write(str(key.vkey))
        self.stdout.flush()
        self.note(f"witnessing {len(logs)} log(s) on http://{options['host']}:{server.server_port}/")
        self._serve(server)
        witness.close()
        return Exit.DONE

    def _key(self, path: Path, name: str) -> CosignerKey:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and not name:
            return CosignerKey.load(path)
        host = urlsplit(settings.CONFIG.public_url).netloc
        try:
            return CosignerKey.load_or_create(path, name or (f"{host}/witness" if host else NAME))
        except ValueError as error:
            raise usage(f"--name: {error}.") from error

    def _serve(self, server: WitnessServer) -> None:
        def stop(*_: object) -> None:
            # From another thread: shutdown() waits for the very loop that a signal interrupts.
            threading.Thread(target=server.shutdown, daemon=True).start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        server.serve_forever(poll_interval=0.2)
        server.server_close()
