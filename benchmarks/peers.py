"""What others put on a chain for one item: EAS, by its own published bytecode, and ERC-7053's reference."""

import base64
import hashlib
import json
import random
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attest.registry import contract
from benchmarks.evm import Evm

EAS_PACKAGE = "@ethereum-attestation-service/eas-contracts@1.9.0"
EAS_INTEGRITY = "L60y1fgKlY3a45xxnPlgRbiGQY8RF/lF+AzF1iVoR7/aEzitS0Nuyyjq8+IXs1sSSU0dl2+yGSmELxVeB6FelA=="
"""SHA-512 of the package's archive, as the registry and every lock file name it."""

_HERE = Path(__file__).resolve().parent
_REQUEST = "(address,uint64,bool,bytes32,bytes,uint256)"
_NOBODY = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Eas:
    """EAS on a chain: its address, a schema of one bytes32 (as our leaf hash), and what deploying took."""

    evm: Evm
    address: str
    schema: bytes
    deployment: int

    def attest(self, item: bytes) -> bytes:
        """The call that attests one item, revocable."""
        signature = f"attest((bytes32,{_REQUEST}))"
        return contract.foreign_call_data(signature, (self.schema, _request(item)))

    def multi_attest(self, items: Sequence[bytes]) -> bytes:
        """The call that attests many."""
        signature = f"multiAttest((bytes32,{_REQUEST}[])[])"
        return contract.foreign_call_data(signature, [(self.schema, [_request(item) for item in items])])

    def multi_timestamp(self, items: Sequence[bytes]) -> bytes:
        """The call that notes the time of many digests."""
        return contract.foreign_call_data("multiTimestamp(bytes32[])", list(items))

    def timestamp(self, item: bytes) -> bytes:
        """The call that notes the time of one."""
        return contract.foreign_call_data("timestamp(bytes32)", item)

    def revoke(self, uids: Sequence[bytes]) -> bytes:
        """The call that revokes attestations."""
        signature = "multiRevoke((bytes32,(bytes32,uint256)[])[])"
        return contract.foreign_call_data(signature, [(self.schema, [(uid, 0) for uid in uids])])

    def attested(self, items: Sequence[bytes]) -> list[bytes]:
        """Attest in one transaction and return the attestations' ids."""
        block = self.evm.send(self.address, self.multi_attest(items)).block_number
        asked = {"address": self.address, "fromBlock": hex(block), "toBlock": hex(block)}
        return [bytes.fromhex(log["data"][2:66]) for log in self.evm.client.rpc.call("eth_getLogs", asked)]


def _request(item: bytes) -> tuple[object, ...]:
    return (_NOBODY, 0, True, bytes(32), item, 0)


def eas(evm: Evm) -> Eas:
    """Deploy EAS and a schema. Raises RuntimeError where npm cannot fetch its package."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        code = _eas_code(Path(folder))
    registry, registry_gas = evm.create(code["SchemaRegistry"])
    address, gas = evm.create(code["EAS"] + bytes(12) + bytes.fromhex(registry[2:]))
    register = ("bytes32 leaf", _NOBODY, True)
    evm.send(registry, contract.foreign_call_data("register(string,address,bool)", *register))
    # The one event so far: Registered(bytes32 indexed uid, …).
    (registered,) = evm.client.rpc.call("eth_getLogs", {"address": registry, "fromBlock": "0x0"})
    return Eas(evm, address, bytes.fromhex(registered["topics"][1][2:]), registry_gas + gas)


def _eas_code(folder: Path) -> dict[str, bytes]:
    """Creation code by contract, out of the package alone: what it depends on is for building it."""
    done = subprocess.run(
        [_program("npm"), "pack", "--json", EAS_PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"npm could not fetch {EAS_PACKAGE}: {done.stderr.strip().splitlines()[-1]}")
    (archive,) = folder.glob("*.tgz")
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != EAS_INTEGRITY:
        raise RuntimeError(f"{EAS_PACKAGE} is not the archive that is pinned here.")
    found = {}
    with tarfile.open(archive) as packed:
        for name in ("EAS", "SchemaRegistry"):
            member = packed.extractfile(f"package/artifacts/contracts/{name}.sol/{name}.json")
            if member is None:
                raise RuntimeError(f"{EAS_PACKAGE} holds no {name}.")
            artifact: dict[str, Any] = json.load(member)
            found[name] = bytes.fromhex(artifact["bytecode"].removeprefix("0x"))
    return found


def commit_register(evm: Evm) -> tuple[str, int]:
    """ERC-7053's reference implementation: its address and the gas of creating it."""
    command = [
        _program("node"),
        str(_HERE / "solidity.mjs"),
        str(_HERE / "CommitRegister.sol"),
        "CommitRegister",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"solc: {done.stderr.strip()}")
    return evm.create(bytes.fromhex(done.stdout))


def asset_cid(chance: random.Random) -> str:
    """A CIDv1 of raw bytes under SHA-256, as ERC-7053 wants one: 59 characters."""
    digest = bytes.fromhex("01551220") + chance.randbytes(32)
    return "b" + base64.b32encode(digest).decode().lower().rstrip("=")


def commit(cid: str, said: str) -> bytes:
    """ERC-7053's commit of one asset."""
    return contract.foreign_call_data("commit(string,string)", cid, said)


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise RuntimeError(f"{name} is not installed; it comes with Node.js.")
    return path
