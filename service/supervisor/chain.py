"""The embedded chain as a child: its command, its health, and its dumps while it runs and before it stops."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from attest.errors import AttestError
from attest.registry import embedded
from attest.registry.rpc import RpcEndpoint

DUMP_SECONDS = 2.0
STARTS_BEFORE_DOUBT = 3


class EmbeddedChain:
    """anvil on one loopback port for the whole run. What it loses in a kill, the outbox sends again."""

    def __init__(self, folder: Path, port: int, say: Callable[[str], None]) -> None:
        self.rpc_url = f"http://{embedded.HOST}:{port}"
        self._port = port
        self._state = folder / "state.json"
        self._say = say
        self._rpc = RpcEndpoint(self.rpc_url, timeout=2.0)
        self._starts = 0
        self._dumped_block: object = None
        self._dumping = threading.Lock()
        self._stopped = threading.Event()

    def command(self) -> list[str]:
        """The argument list of the next start; a state that keeps anvil from starting is set aside."""
        self._starts += 1
        if self._starts > STARTS_BEFORE_DOUBT and self._state.is_file():
            aside = self._state.with_name(f"state.unreadable.{int(time.time())}.json")
            self._state.replace(aside)
            self._say(f"the chain does not start from its state, which is now {aside}; it begins afresh")
            self._starts = 1
        return embedded.command(self._port, self._state)

    def healthy(self) -> bool:
        """Whether the chain answers. Raises OSError where it does not."""
        try:
            answered = int(str(self._rpc.call("eth_chainId")), 16) == embedded.CHAIN_ID
        except (AttestError, ValueError) as error:
            raise ConnectionError(str(error)) from error
        self._starts = 0
        return answered

    def keep_dumping(self) -> None:
        """Start the thread that writes the state whenever the chain has grown."""
        threading.Thread(target=self._keep, name="chain-dumps", daemon=True).start()

    def dump_and_stop(self) -> None:
        """Write the state one last time and dump no more."""
        self._stopped.set()
        self._dump_if_grown()

    def _keep(self) -> None:
        while not self._stopped.wait(DUMP_SECONDS):
            self._dump_if_grown()

    def _dump_if_grown(self) -> None:
        with self._dumping:
            try:
                block = self._rpc.call("eth_blockNumber")
                if block == self._dumped_block:
                    return
                embedded.dump_state(self.rpc_url, self._state)
            except AttestError:
                return  # it is being started again; the next turn sees
            except OSError as error:
                self._say(f"the chain's state could not be written: {error.strerror}")
                return
            self._dumped_block = block
