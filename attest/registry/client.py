"""A chain and the registry contracts on it, as values. A non-answer is an error; zero means zero."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from attest.errors import ChainMismatch, ChainUnavailable, RegistryRefused
from attest.registry import contract
from attest.registry.pool import EndpointPool
from attest.registry.rpc import RpcRefusal
from attest.standing import Finality, chain_trust

_NO_CODE = frozenset({"0x", "0x0", ""})
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_MOST = 2**63 - 1  # what the database keeps
_BATCH = 100  # more than that is refused by some


@dataclass(frozen=True, slots=True)
class Head:
    """A log's last anchored checkpoint: `size` leaves and the root (32 bytes); size 0 before the first."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the canonical chain."""

    number: int
    hash: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """The block in which the contract says that a checkpoint was anchored."""

    block: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction's outcome; `contract` is the address created, if one was. Gas in units, not wei."""

    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int
    contract: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """The contract's own verdict on a leaf; `stamp` is None where that root was never anchored."""

    included: bool
    revoked: bool
    stamp: Stamp | None


class RegistryClient:
    """Reads and sends through the RPC endpoints of one chain; where there are several, two must agree.

    `chain_id` is the chain that they must serve, None to take the one they serve; `timeout` is in seconds
    per call. Nothing is asked until the first use. Every method raises ChainUnavailable when there is no
    proper answer (ChainDisagreement: there are two) and ChainMismatch when another chain is served.
    """

    def __init__(
        self, rpc_urls: str | Sequence[str], chain_id: int | None = None, timeout: float = 10.0
    ) -> None:
        self.rpc = EndpointPool([rpc_urls] if isinstance(rpc_urls, str) else rpc_urls, chain_id, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.rpc.close()

    @property
    def chain_id(self) -> int:
        """The chain's id."""
        return self.rpc.chain_id()

    @property
    def trust(self) -> str:
        """`chain_trust` of this chain."""
        return chain_trust(self.chain_id)

    # ---------------------------------------------------------------- the registry

    def has_code(self, address: str) -> bool:
        """Is there any contract at this address?"""
        return self._text("eth_getCode", address, "latest") not in _NO_CODE

    def require_registry(self, address: str) -> None:
        """Raise ChainMismatch unless the code at `address` is, byte for byte, a registry that we know.

        A name or version would not do: whoever hands over an address can put there a contract that says yes.
        """
        code = self._text("eth_getCode", address, "latest")
        if code in _NO_CODE:
            raise ChainMismatch(f"No contract lives at {address} on chain {self.chain_id}.")
        if not contract.is_registry_code(_bytes(code)):
            raise ChainMismatch(
                f"The contract at {address} on chain {self.chain_id} is not an Assay registry."
            )

    def last(self, registry: str, log: str) -> Head:
        """The log's last anchored checkpoint."""
        size, root = self._read(registry, "last", contract.as_bytes32(log))
        return Head(size, root)

    def registered_key(self, registry: str, log: str) -> bytes | None:
        """The Ed25519 key that the log is registered with today, None if it is not registered."""
        record = self._read(registry, "logOf", contract.as_bytes32(log))[0]
        key: bytes = record[3]
        return key if any(key) else None

    def had_key(self, registry: str, log: str, key: bytes) -> bool:
        """Whether the log has, or once had, that Ed25519 key."""
        return bool(self._read(registry, "keyPeriod", contract.as_bytes32(log), key)[0])

    def anchored_at(self, registry: str, log: str, size: int, root: bytes) -> Stamp | None:
        """When exactly this checkpoint was anchored, None if it never was."""
        block, time = self._read(registry, "anchoredAt", contract.as_bytes32(log), size, root)
        return _stamp(block, time)

    def is_revoked(self, registry: str, log: str, index: int) -> bool:
        """The leaf's revocation bit."""
        return bool(self._read(registry, "isRevoked", contract.as_bytes32(log), index)[0])

    def verify(
        self,
        registry: str,
        log: str,
        *,
        leaf_hash: bytes,
        index: int,
        size: int,
        root: bytes,
        proof: Sequence[bytes],
    ) -> Verification:
        """Let the contract check an inclusion proof against the roots it holds."""
        included, revoked, block, time = self._read(
            registry, "verify", contract.as_bytes32(log), leaf_hash, index, size, root, list(proof)
        )
        return Verification(included, revoked, _stamp(block, time))

    def read_many(
        self, registry: str, calls: Sequence[tuple[str, tuple[object, ...]]]
    ) -> list[tuple[Any, ...]]:
        """Many view calls (function name, arguments), a hundred in a round trip."""
        asked = [
            ("eth_call", (_call_object(registry, contract.call_data(name, *arguments)), "latest"))
            for name, arguments in calls
        ]
        answers = [
            answer
            for begin in range(0, len(asked), _BATCH)
            for answer in self.rpc.batch(asked[begin : begin + _BATCH])
        ]
        return [self._decode(name, answer) for (name, _), answer in zip(calls, answers, strict=True)]

    # ---------------------------------------------------------------- blocks and finality

    def block(self, tag: int | str) -> Block | None:
        """The canonical block of that number, or named `latest`, `finalized`; None where there is none."""
        answer = self.rpc.call("eth_getBlockByNumber", hex(tag) if isinstance(tag, int) else tag, False)
        if answer is None:
            return None
        fields = _object(answer, "block")
        return Block(
            _number(fields.get("number"), "block number"),
            _hash(fields.get("hash"), "block hash"),
            _moment(_number(fields.get("timestamp"), "block time")),
        )

    def finality(self, block_number: int, block_hash: str | None = None) -> Finality:
        """How settled that block is; PENDING if the chain now holds another one of that number, or none."""
        canonical = self.block(block_number)
        if canonical is None or (block_hash is not None and canonical.hash.lower() != block_hash.lower()):
            return Finality.PENDING
        finalized = self.block("finalized")
        return Finality.FINAL if finalized and finalized.number >= block_number else Finality.INCLUDED

    # ---------------------------------------------------------------- transactions

    def nonce(self, address: str, tag: str = "latest") -> int:
        """Transactions of `address` that the chain has included (`latest`) or knows (`pending`)."""
        return _number(self.rpc.call("eth_getTransactionCount", address, tag), "nonce")

    def balance(self, address: str) -> int:
        """Wei held by `address`."""
        return _number(self.rpc.call("eth_getBalance", address, "latest"), "balance", most=2**256)

    def base_fee_and_tip(self) -> tuple[int, int]:
        """The next block's base fee and the tip that the node suggests, in wei per gas."""
        block = _object(self.rpc.call("eth_getBlockByNumber", "latest", False), "block")
        tip = _number(self.rpc.call("eth_maxPriorityFeePerGas"), "priority fee")
        return _number(block.get("baseFeePerGas", "0x0"), "base fee"), tip

    def estimate_gas(self, sender: str, to: str | None, data: bytes) -> int:
        """Gas that the call would take now. Raises RegistryRefused, with the reason, if it would revert."""
        return _number(
            self._ask(lambda: self.rpc.call("eth_estimateGas", _call_object(to, data, sender))),
            "gas estimate",
        )

    def send(self, raw: bytes) -> None:
        """Give a signed transaction to every endpoint. Raises RpcRefusal where none takes it or has it."""
        self.rpc.broadcast("0x" + raw.hex(), "0x" + keccak(raw).hex())

    def knows(self, transaction_hash: str) -> bool:
        """Is the transaction in a block or in the pool of the node that is asked?"""
        return self.rpc.call("eth_getTransactionByHash", transaction_hash) is not None

    def receipt(self, transaction_hash: str) -> Receipt | None:
        """The outcome of an included transaction, None while it is not in a block."""
        answer = self.rpc.call("eth_getTransactionReceipt", transaction_hash)
        if answer is None:
            return None
        fields = _object(answer, "receipt")
        created = fields.get("contractAddress")
        return Receipt(
            _number(fields.get("blockNumber"), "block number"),
            _hash(fields.get("blockHash"), "block hash"),
            _number(fields.get("status"), "status") == 1,
            _number(fields.get("gasUsed"), "gas used"),
            to_checksum_address(created) if is_address(created) else None,
        )

    # ---------------------------------------------------------------- internals

    def _text(self, method: str, *params: Any) -> str:
        answer = self.rpc.call(method, *params)
        if not isinstance(answer, str):
            raise ChainUnavailable(f"The chain at {self.rpc.name} answered {method} with no text.")
        return answer

    def _read(self, registry: str, name: str, *arguments: object) -> tuple[Any, ...]:
        data = contract.call_data(name, *arguments)
        answer = self._ask(lambda: self.rpc.call("eth_call", _call_object(registry, data), "latest"))
        if answer == "0x":
            # A call to an address without code succeeds with nothing: that is not a zero.
            raise ChainMismatch(f"No registry answers at {registry} on chain {self.chain_id}.")
        return self._decode(name, answer)

    def _decode(self, name: str, answer: Any) -> tuple[Any, ...]:
        try:
            return decode(contract.function(name).outputs, bytes.fromhex(str(answer).removeprefix("0x")))
        except (ValueError, DecodingError, OverflowError) as error:
            raise ChainUnavailable(
                f"The contract's answer to {name} cannot be read.", code="registry_answer_unreadable"
            ) from error

    def _ask(self, question: Callable[[], Any]) -> Any:
        """`question()`, with a revert turned into RegistryRefused."""
        try:
            return question()
        except RpcRefusal as refusal:
            reason = contract.error_name(refusal.data) if refusal.data else None
            if reason is not None:
                raise RegistryRefused(f"The registry refused: {reason}.", code=_code(reason)) from refusal
            if refusal.rpc_code == 3 or "revert" in str(refusal):
                raise RegistryRefused("The contract refused the call without a reason.") from refusal
            raise


def _code(error_name: str) -> str:
    """`NotSubmitter` → `registry_not_submitter`."""
    return "registry" + "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in error_name)


def _call_object(to: str | None, data: bytes, sender: str | None = None) -> dict[str, str]:
    call = {"data": "0x" + data.hex()}
    if to:
        call["to"] = to
    if sender:
        call["from"] = sender
    return call


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise ChainUnavailable("The chain's answer is no hex.") from error


def _stamp(block: int, time: int) -> Stamp | None:
    if time and block > _MOST:
        raise ChainUnavailable("The registry's answer holds no block number.")
    return Stamp(block, _moment(time)) if time else None


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ChainUnavailable("The chain's answer holds a time that cannot be.") from error


def _hash(answer: Any, what: str) -> str:
    if not isinstance(answer, str) or not _HASH.fullmatch(answer):
        raise ChainUnavailable(f"The chain's answer holds no {what}.")
    return answer.lower()


def _object(answer: Any, what: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise ChainUnavailable(f"The chain's answer holds no {what}.")
    return answer


def _number(answer: Any, what: str, most: int = _MOST) -> int:
    if not isinstance(answer, str) or not _QUANTITY.fullmatch(answer):
        raise ChainUnavailable(f"The chain's answer holds no {what}.")
    number = int(answer, 16)
    if number > most:
        raise ChainUnavailable(f"The chain's answer holds a {what} that cannot be.")
    return number
