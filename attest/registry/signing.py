"""EIP-1559 transactions: fees, their replacement and their signature. Amounts are wei, fees wei per gas."""

from dataclasses import dataclass
from typing import Any

from attest.errors import ChainUnavailable
from attest.registry import contract
from attest.registry.keys import AnchorKey

GAS_MARGIN_PERCENT = 25


class SpendCeilingReached(ChainUnavailable):
    """The transaction could cost more than the operator allows; it waits for cheaper gas."""

    code = "spend_ceiling_reached"


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers: at most `max_fee` in all, of which at most `priority` to the proposer."""

    max_fee: int
    priority: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction before its signature; `to` is None for a plain contract creation."""

    chain_id: int
    nonce: int
    to: str | None
    data: bytes
    gas: int
    fees: Fees
    value: int = 0


@dataclass(frozen=True, slots=True)
class Signed:
    """What is stored and broadcast."""

    raw: bytes
    hash: str


def suggest(base_fee: int, tip: int) -> Fees:
    """Fees that outlast six full blocks in a row (the base fee rises by at most an eighth each, EIP-1559)."""
    return Fees(2 * base_fee + tip, tip)


def bump(offered: Fees, market: Fees) -> Fees:
    """Fees that replace `offered` in every pool: each up by 12.5 % at least, and never below the market."""
    return Fees(
        max(market.max_fee, _eighth_more(offered.max_fee)),
        max(market.priority, _eighth_more(offered.priority)),
    )


def _eighth_more(amount: int) -> int:
    return max(amount + 1, -(-amount * 9 // 8))


def with_margin(gas_estimate: int) -> int:
    """The gas limit for an estimate: state may change a little before the block."""
    return gas_estimate * (100 + GAS_MARGIN_PERCENT) // 100


def affordable(gas: int, wanted: Fees, ceiling: int | None, *, least: Fees) -> Fees:
    """`wanted`, or what of it `gas` may cost by the ceiling (wei; None allows all), but never below `least`.

    A nonce is spent once, by one of its replacements: the ceiling on each is the ceiling on all of them.
    Raises SpendCeilingReached where even `least` could cost more.
    """
    if ceiling is None:
        return wanted
    most = ceiling // gas
    if least.max_fee > most:
        raise SpendCeilingReached(
            f"The transaction could cost {gas * least.max_fee} wei and the ceiling is {ceiling} wei."
        )
    max_fee = min(wanted.max_fee, most)
    return Fees(max_fee, min(wanted.priority, max_fee))


def sign(key: AnchorKey, draft: Draft) -> Signed:
    """Sign a type-2 transaction; RFC 6979 makes the same draft give the same bytes."""
    fields: dict[str, Any] = {
        "type": 2,
        "chainId": draft.chain_id,
        "nonce": draft.nonce,
        "gas": draft.gas,
        "maxFeePerGas": draft.fees.max_fee,
        "maxPriorityFeePerGas": draft.fees.priority,
        "value": draft.value,
        "data": draft.data,
    }
    if draft.to is not None:
        fields["to"] = draft.to
    return Signed(*key.sign_transaction(fields))


def sign_checkpoint(
    key: AnchorKey, *, chain_id: int, registry: str, log: str, size: int, root: bytes, deadline: int
) -> tuple[int, bytes, bytes]:
    """(v, r, s) with which anybody may relay this checkpoint until `deadline` (Unix s) by checkpointBySig."""
    domain = {"name": "AssayRegistry", "version": "1", "chainId": chain_id, "verifyingContract": registry}
    message = {"logId": contract.as_bytes32(log), "size": size, "root": root, "deadline": deadline}
    return key.sign_typed(domain, contract.CHECKPOINT_TYPES, message)
