"""The chain that `assay up` brings along: anvil on loopback. It proves nothing to strangers.

anvil's own `--state` loses everything since its last dump on a kill and can leave a truncated file, so the
state is asked for over RPC and written whole (temporary file, fsync, rename), and read with `--load-state`.
"""

import gzip
import os
import platform
import secrets
import time
import zlib
from pathlib import Path

from attest.errors import AttestError, ChainUnavailable
from attest.registry.rpc import RpcEndpoint

CHAIN_ID = 31337
HOST = "127.0.0.1"
GENEROUS = 10**24  # wei, a million ether of no value
_PROJECT = Path(__file__).resolve().parents[2]
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_DUMP_TIMEOUT = 60.0
_DUMP_BYTES = 256 * 1024 * 1024  # a chain's whole state passes through here


class AnvilMissing(AttestError):
    """No anvil binary on this machine."""

    code = "anvil_missing"


def binary() -> Path:
    """The anvil binary: ASSAY_ANVIL, else the npm platform package. Raises AnvilMissing."""
    override = os.environ.get("ASSAY_ANVIL")
    if override:
        path = Path(override)
    else:
        system, machine = platform.system().lower(), platform.machine().lower()
        system = {"windows": "win32"}.get(system, system)
        package = f"anvil-{system}-{_MACHINES.get(machine, machine)}"
        name = "anvil.exe" if system == "win32" else "anvil"
        path = _PROJECT / "node_modules" / "@foundry-rs" / package / "bin" / name
    if not os.access(path, os.X_OK):
        raise AnvilMissing(f"The embedded chain's program is not at {path}; run `npm ci` or set ASSAY_ANVIL.")
    return path


def command(port: int, state_file: Path) -> list[str]:
    """The argument list that starts the chain, from `state_file` if one was dumped. No key is among them."""
    arguments = [str(binary()), "--host", HOST, "--port", str(port), "--chain-id", str(CHAIN_ID)]
    # No funded public keys, no web page as a caller, and a finalized tag that follows the head closely.
    arguments += ["--accounts", "0", "--no-cors", "--slots-in-an-epoch", "1", "--quiet"]
    if state_file.exists() and state_file.stat().st_size > 0:
        arguments += ["--load-state", str(state_file)]
    return arguments


def wait_ready(rpc_url: str, timeout: float = 15.0) -> None:
    """Return once the chain answers. Raises ChainUnavailable after `timeout` seconds."""
    endpoint = RpcEndpoint(rpc_url, timeout=2.0)
    deadline = time.monotonic() + timeout
    try:
        while True:
            try:
                endpoint.call("eth_chainId")
            except ChainUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return
    finally:
        endpoint.close()


def fund(rpc_url: str, address: str) -> None:
    """Give `address` all the (worthless) ether it will ever need."""
    _call(rpc_url, "anvil_setBalance", address, hex(GENEROUS))


def settle(rpc_url: str) -> None:
    """Mine the empty blocks that make the last transaction final: this chain mines only when there is one."""
    _call(rpc_url, "anvil_mine", "0x3")


def dump_state(rpc_url: str, path: Path) -> None:
    """Write the whole chain to `path`, atomically: a reader finds the old state or the new one.

    `anvil_dumpState` answers with gzipped JSON in hex, `--load-state` wants the JSON.
    """
    answer = _call(rpc_url, "anvil_dumpState")
    try:
        state = gzip.decompress(bytes.fromhex(str(answer).removeprefix("0x")))
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise ChainUnavailable("The embedded chain's dump cannot be read.") from error
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(state)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _call(rpc_url: str, method: str, *params: object) -> object:
    endpoint = RpcEndpoint(rpc_url, timeout=_DUMP_TIMEOUT, most_bytes=_DUMP_BYTES)
    try:
        return endpoint.call(method, *params)
    finally:
        endpoint.close()
