"""When two endpoints' answers to one question are the same answer, method by method. Pure: nobody is asked.

Two honest endpoints differ where one is a block ahead, so a question can be pinned to a block that both have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from attest.registry.rpc import RpcRefusal

Params = tuple[Any, ...]


class _Differ:
    """The two answers do not agree."""


DIFFER: Final = _Differ()
_STATE = ("eth_call", "eth_getCode", "eth_getTransactionCount", "eth_getBalance")
_BLOCK_FIELDS = ("number", "hash", "timestamp", "baseFeePerGas")
_RECEIPT_FIELDS = ("transactionHash", "blockNumber", "blockHash", "status", "gasUsed", "contractAddress")


@dataclass(frozen=True, slots=True)
class Rule:
    """How the answers to one method are compared.

    `agree` gives the answer that two stand for, or DIFFER; `pin` puts a question to a block number; `cap`
    reads an answer as of that block, for methods that take none. `optional`: a refusal says "none".
    """

    agree: Callable[[Any, Any], Any]
    pin: Callable[[Params, int], Params] = lambda params, head: params
    cap: Callable[[Any, int], Any] = lambda answer, head: answer
    optional: bool = False


def rule_for(method: str, params: Params) -> Rule | None:
    """The rule of a method that decides something; None where any one endpoint will do.

    One will do where the answer proves itself (`eth_getProof`) or decides nothing.
    """
    if method == "eth_getBlockByNumber" and params[:1] == ("finalized",):
        return _FINALIZED
    return _RULES.get(method)


def block_number(answer: Any) -> int | None:
    """The number of a block, None where the answer holds none."""
    number = answer.get("number") if isinstance(answer, dict) else None
    return _integer(number)


def block_time(answer: Any) -> int:
    """A block's time in Unix seconds, 0 where the answer holds none."""
    return _integer(answer.get("timestamp") if isinstance(answer, dict) else None) or 0


def _integer(value: Any) -> int | None:
    try:
        return int(value, 16) if isinstance(value, str) and len(value) <= 66 else None
    except ValueError:
        return None


def _lowered(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _fields(answer: Any, names: tuple[str, ...]) -> Any:
    # Nodes differ in what else they tell, and in upper and lower case.
    return tuple(_lowered(answer.get(name)) for name in names) if isinstance(answer, dict) else answer


def _essence(answer: Any, names: tuple[str, ...]) -> Any:
    if isinstance(answer, RpcRefusal):
        return RpcRefusal, answer.data.lower()
    return _fields(answer, names) if names else _lowered(answer)


def _exact(*names: str) -> Callable[[Any, Any], Any]:
    def agree(one: Any, other: Any) -> Any:
        return one if _essence(one, names) == _essence(other, names) else DIFFER

    return agree


def _earlier_block(one: Any, other: Any) -> Any:
    """Finality is what both have reached."""
    first, second = block_number(one), block_number(other)
    if first is None or second is None:
        return None
    return one if first <= second else other


def _amounts(pick: Callable[[int, int], int], factor: int | None = None) -> Callable[[Any, Any], Any]:
    """Estimates need not be equal; those more than `factor` times apart do not agree."""

    def agree(one: Any, other: Any) -> Any:
        if isinstance(one, RpcRefusal) or isinstance(other, RpcRefusal):
            return _exact()(one, other)
        first, second = _integer(one), _integer(other)
        if first is None or second is None:
            return DIFFER
        if factor is not None and max(first, second) > factor * min(first, second):
            return DIFFER
        return hex(pick(first, second))

    return agree


def _pin_tag(position: int) -> Callable[[Params, int], Params]:
    def pin(params: Params, head: int) -> Params:
        if params[position : position + 1] != ("latest",):
            return params
        return (*params[:position], hex(head), *params[position + 1 :])

    return pin


def _not_beyond(field: str) -> Callable[[Any, int], Any]:
    def cap(answer: Any, head: int) -> Any:
        number = _integer(answer.get(field)) if isinstance(answer, dict) else None
        return None if number is not None and number > head else answer

    return cap


_FINALIZED = Rule(_earlier_block, optional=True)
_RULES = {
    **{method: Rule(_exact(), pin=_pin_tag(1)) for method in _STATE},
    "eth_getBlockByNumber": Rule(_exact(*_BLOCK_FIELDS), pin=_pin_tag(0), cap=_not_beyond("number")),
    "eth_getTransactionReceipt": Rule(_exact(*_RECEIPT_FIELDS), cap=_not_beyond("blockNumber")),
    # The greater limit costs nothing that is not used; the smaller tip is enough for one of the two.
    "eth_estimateGas": Rule(_amounts(max, factor=2)),
    "eth_maxPriorityFeePerGas": Rule(_amounts(min)),
}
