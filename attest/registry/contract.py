"""The registry contract's committed artifact, and the bytes of each call to it. Pure: no endpoint is asked.

Hashes and roots are 32 bytes, log ids are 0x-prefixed hex of 32 bytes, addresses are checksummed hex.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.grammar import parse
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from attest.proofs.layout import KNOWN

ARTIFACT = Path(__file__).resolve().parents[2] / "contracts" / "artifacts" / "AssayRegistry.json"
DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""The keyless deterministic deployment proxy: salt (32 bytes) and init code in, CREATE2 out."""
SALT = bytes(32)

CHECKPOINT_TYPES = {
    "Checkpoint": [
        {"name": "logId", "type": "bytes32"},
        {"name": "size", "type": "uint64"},
        {"name": "root", "type": "bytes32"},
        {"name": "deadline", "type": "uint256"},
    ]
}
"""EIP-712 types that `checkpointBySig` checks."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the ABI: its 4-byte selector and the types of what goes in and comes out."""

    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@cache
def _artifact() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    return loaded


def init_code() -> bytes:
    """The contract's creation code."""
    return bytes.fromhex(_artifact()["bytecode"].removeprefix("0x"))


@cache
def runtime_code() -> bytes:
    """The code that lies on the chain. The creation code ends with it: it has no immutable fields."""
    whole = init_code()
    tails = (whole[begin:] for begin in range(min(len(whole), 256)))
    return next(tail for tail in tails if is_registry_code(tail))


def is_registry_code(code: bytes) -> bool:
    """Is this the code of a registry that we stand for? It is the same everywhere: no immutable fields."""
    return keccak(code) in KNOWN


def _type(parameter: dict[str, Any]) -> str:
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    components = ",".join(_type(component) for component in parameter["components"])
    return f"({components}){kind.removeprefix('tuple')}"


@cache
def _entries(kind: str) -> dict[str, Function]:
    found = {}
    for entry in _artifact()["abi"]:
        if entry["type"] == kind:
            inputs = tuple(_type(parameter) for parameter in entry["inputs"])
            outputs = tuple(_type(parameter) for parameter in entry.get("outputs", ()))
            signature = f"{entry['name']}({','.join(inputs)})"
            found[entry["name"]] = Function(keccak(text=signature)[:4], inputs, outputs)
    return found


def function(name: str) -> Function:
    """The ABI's function called `name` (none is overloaded). Raises KeyError for any other name."""
    return _entries("function")[name]


def call_data(name: str, *arguments: object) -> bytes:
    """Selector and encoded arguments of one call."""
    found = function(name)
    return found.selector + encode(found.inputs, arguments)


def foreign_call_data(signature: str, *arguments: object) -> bytes:
    """Selector and encoded arguments of a call to any contract; `signature` is such as `f((bool,bytes))`."""
    types = parse(signature[signature.index("(") :]).components
    return keccak(text=signature)[:4] + encode([each.to_type_str() for each in types], arguments)


def error_name(data: str) -> str | None:
    """The custom error that revert data (0x hex) begins with, such as `Equivocation`; None if not ours."""
    selector = data.removeprefix("0x")[:8].lower()
    return next((name for name, entry in _entries("error").items() if entry.selector.hex() == selector), None)


def log_id(owner: str, origin: str) -> str:
    """The log's name in every registry: keccak256(abi.encode(owner, origin)), 0x hex."""
    return "0x" + keccak(encode(("address", "string"), (owner, origin))).hex()


def checksummed(address: str) -> str:
    """The one spelling (EIP-55) under which an address is stored. Raises ValueError for what is none."""
    return to_checksum_address(address)


def as_bytes32(text: str) -> bytes:
    """32 bytes from 0x hex. Raises ValueError for anything else."""
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != 32:
        raise ValueError("a log id has 32 bytes")
    return value


def deploy_data() -> bytes:
    """What the deterministic deployer takes: salt and creation code."""
    return SALT + init_code()


def deterministic_address() -> str:
    """Where the deterministic deployer puts this contract, on every chain that has it (EIP-1014)."""
    digest = keccak(b"\xff" + bytes.fromhex(DEPLOYER[2:]) + SALT + keccak(init_code()))
    return to_checksum_address(digest[12:])


def register_data(origin: str, key: bytes) -> bytes:
    """`register`: the sender's log `origin` (the checkpoint's first line) with its Ed25519 public key."""
    return call_data("register", origin, key)


def checkpoint_data(log: str, size: int, root: bytes, proof: Sequence[bytes]) -> bytes:
    """`checkpoint`: `proof` is the RFC 6962 consistency proof from the last size, empty for the first."""
    return call_data("checkpoint", as_bytes32(log), size, root, list(proof))


def revoke_data(log: str, indexes: Sequence[int]) -> bytes:
    """`revoke`: the leaves' bits, gathered into words of 256."""
    words: dict[int, int] = {}
    for index in indexes:
        words[index >> 8] = words.get(index >> 8, 0) | 1 << (index & 255)
    ordered = sorted(words)
    return call_data("revoke", as_bytes32(log), ordered, [words[word] for word in ordered])


def decode_call(name: str, data: bytes) -> tuple[Any, ...]:
    """The arguments of a call to `name`. Raises ValueError if the bytes call something else."""
    found = function(name)
    if data[:4] != found.selector:
        raise ValueError(f"these bytes do not call {name}")
    return decode(found.inputs, data[4:])
