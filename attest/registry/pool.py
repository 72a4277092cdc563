"""One chain's endpoints as if they were one: what decides something must be said by two of them.

An endpoint that does not answer, serves another chain, lags behind or contradicts two others is named and
left alone for a while. With one endpoint its word is taken, and `assay doctor` says so.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from attest.errors import AttestError, ChainDisagreement, ChainMismatch, ChainUnavailable
from attest.registry.agreement import DIFFER, Rule, block_number, block_time, rule_for
from attest.registry.rpc import RpcEndpoint, RpcRefusal, TooManyRequests

log = logging.getLogger(__name__)

FIRST_REST = 15.0
LONGEST_REST = 300.0
VETTED_SECONDS = 60.0
# Behind by both: blocks come every quarter of a second on one chain and every twelve on another.
STALE_BLOCKS = 3
STALE_SECONDS = 60
Call = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """One endpoint now: for how many more seconds it is left alone (0: it is asked), and why it was last."""

    name: str
    resting: float
    reason: str


class _Member:
    """An endpoint and what we hold against it."""

    def __init__(self, endpoint: RpcEndpoint, name: str) -> None:
        self.endpoint, self.name = endpoint, name
        self.rests_until = self.vetted_until = 0.0
        self.falls = 0
        self.error: AttestError | None = None

    @property
    def rests(self) -> bool:
        """Is it left alone now?"""
        return time.monotonic() < self.rests_until


@dataclass(frozen=True, slots=True)
class _Question:
    """One call, or several in one round trip (`batched`), as it is put to each endpoint."""

    calls: tuple[Call, ...]
    rules: tuple[Rule, ...]
    batched: bool

    def put(self, endpoint: RpcEndpoint, head: int | None) -> list[Any]:
        """The answers, as of block `head` if one is given. A revert is an answer; other refusals raise."""
        calls = list(self.calls)
        if head is not None:
            calls = [
                (name, rule.pin(params, head))
                for (name, params), rule in zip(self.calls, self.rules, strict=True)
            ]
        answers = endpoint.batch(calls) if self.batched else [self._single(endpoint, calls[0])]
        if head is None:
            return answers
        return [rule.cap(answer, head) for answer, rule in zip(answers, self.rules, strict=True)]

    def _single(self, endpoint: RpcEndpoint, call: Call) -> Any:
        try:
            return endpoint.call(call[0], *call[1])
        except RpcRefusal as refusal:
            if refusal.reverted:
                return refusal
            if self.rules[0].optional:
                return None
            raise

    def agree(self, one: list[Any], other: list[Any]) -> list[Any] | None:
        """What both say, None if they do not say the same."""
        agreed = [rule.agree(*pair) for rule, *pair in zip(self.rules, one, other, strict=True)]
        return None if any(each is DIFFER for each in agreed) else agreed


class EndpointPool:
    """The endpoints at `urls`, best first. Safe to share between threads; `timeout` is in seconds a call.

    `chain_id` is the chain that they must serve, None for whichever two of them serve. Nothing is asked until
    the first call. Calls raise ChainUnavailable (too few endpoints answer), ChainDisagreement and
    ChainMismatch, and RpcRefusal as RpcEndpoint does.
    """

    def __init__(
        self,
        urls: Sequence[str],
        chain_id: int | None = None,
        timeout: float = 10.0,
        first_rest: float = FIRST_REST,
    ) -> None:
        if not urls:
            raise ChainUnavailable("A chain needs at least one RPC address.")
        endpoints = [RpcEndpoint(url, timeout) for url in urls]
        self._members = [
            # Several addresses of one provider differ only in what must not be shown.
            _Member(each, each.name if len(endpoints) == 1 else f"#{number} {each.name}")
            for number, each in enumerate(endpoints, 1)
        ]
        self.name = ", ".join(each.name for each in endpoints)
        self._expected = chain_id
        self._first_rest = first_rest
        self._lock = threading.Lock()

    @property
    def needed(self) -> int:
        """How many endpoints must agree."""
        return min(2, len(self._members))

    def close(self) -> None:
        """Close the connections."""
        for member in self._members:
            member.endpoint.close()

    def health(self) -> tuple[EndpointHealth, ...]:
        """What is held against each endpoint now; asks nobody."""
        now = time.monotonic()
        return tuple(
            EndpointHealth(each.name, max(0.0, each.rests_until - now), str(each.error or ""))
            for each in self._members
        )

    def chain_id(self) -> int:
        """The chain that they serve, or must: where it was given, each is asked when it is first used."""
        if self._expected is None:
            with self._lock:
                if self._expected is None:
                    self._expected = self._served()
        elif len(self._members) == 1:
            self._vet(self._members[0])
        return self._expected

    def call(self, method: str, *params: Any) -> Any:
        """One call's result, which two endpoints gave if it decides something."""
        self.chain_id()
        if len(self._members) == 1:
            return self._alone(lambda endpoint: endpoint.call(method, *params), method, params)
        rule = rule_for(method, params)
        if rule is None:
            return self._first(lambda endpoint: endpoint.call(method, *params))
        (answer,) = self._agreed(_Question(((method, params),), (rule,), batched=False))
        if isinstance(answer, RpcRefusal):
            raise answer
        if rule.optional and isinstance(answer, dict):
            # One named the number, and two must hold that block.
            return self.call(method, answer.get("number"), *params[1:])
        return answer

    def batch(self, calls: list[Call]) -> list[Any]:
        """Results in the order of `calls`, all of methods that decide something, in one round trip each."""
        if not calls:
            return []
        self.chain_id()
        if len(self._members) == 1:
            return self._members[0].endpoint.batch(calls)
        rules = [rule_for(method, params) for method, params in calls]
        if any(rule is None for rule in rules):
            unproven: list[Any] = self._first(lambda endpoint: endpoint.batch(calls))
            return unproven
        return self._agreed(_Question(tuple(calls), tuple(filter(None, rules)), batched=True))

    def broadcast(self, raw: str, transaction_hash: str) -> None:
        """Give a signed transaction (0x hex) to every endpoint that does not know it.

        One that takes it or knows it is enough. Raises RpcRefusal where each that answers refuses it.
        """
        self.chain_id()
        refusals: list[RpcRefusal] = []
        taken = 0
        for member in self._usable():
            try:
                self._vet(member)
                self._hand_over(member.endpoint, raw, transaction_hash)
                taken += 1
            except RpcRefusal as refusal:
                refusals.append(refusal)
            except AttestError as error:
                self._rest(member, error)
        if not taken:
            raise refusals[0] if refusals else self._too_few()

    # ---------------------------------------------------------------- one endpoint

    @staticmethod
    def _hand_over(endpoint: RpcEndpoint, raw: str, transaction_hash: str) -> None:
        # Nodes word a repetition differently, so their words decide nothing: the hash is looked up.
        if endpoint.call("eth_getTransactionByHash", transaction_hash) is not None:
            return
        try:
            endpoint.call("eth_sendRawTransaction", raw)
        except RpcRefusal:
            if endpoint.call("eth_getTransactionByHash", transaction_hash) is None:
                raise

    def _alone(self, ask: Callable[[RpcEndpoint], Any], method: str, params: tuple[Any, ...]) -> Any:
        try:
            return ask(self._members[0].endpoint)
        except RpcRefusal as refusal:
            rule = rule_for(method, params)
            if rule is not None and rule.optional and not refusal.reverted:
                return None
            raise

    def _first(self, ask: Callable[[RpcEndpoint], Any]) -> Any:
        """What the first endpoint that answers says. What one does not offer, another may."""
        refusal: RpcRefusal | None = None
        for member in self._usable():
            try:
                self._vet(member)
                return ask(member.endpoint)
            except RpcRefusal as error:
                if error.reverted:
                    raise
                refusal = error
            except AttestError as error:
                self._rest(member, error)
        raise refusal or self._too_few()

    def _vet(self, member: _Member) -> None:
        """Raise ChainMismatch if the endpoint serves another chain; asked again every minute."""
        if time.monotonic() < member.vetted_until:
            return
        served = _chain_id(member.endpoint)
        if served != self._expected:
            raise ChainMismatch(f"{member.name} serves chain {served}, but chain {self._expected} is wanted.")
        member.vetted_until = time.monotonic() + VETTED_SECONDS

    def _rest(self, member: _Member, error: AttestError) -> None:
        """Leave an endpoint alone for a while, longer each time it falls again."""
        member.falls += 1
        seconds = min(LONGEST_REST, self._first_rest * 2.0 ** min(member.falls - 1, 16))
        if isinstance(error, TooManyRequests) and error.seconds is not None:
            seconds = min(LONGEST_REST, max(seconds, float(error.seconds)))
        member.error = error
        member.rests_until, member.vetted_until = time.monotonic() + seconds, 0.0
        log.warning("endpoint %s is left alone for %.0f s: %s (%s)", member.name, seconds, error, error.code)

    # ---------------------------------------------------------------- several endpoints

    def _usable(self) -> list[_Member]:
        return [member for member in self._members if not member.rests]

    def _too_few(self) -> AttestError:
        resting = [each.error for each in self._members if each.rests and each.error is not None]
        if resting and all(isinstance(error, ChainMismatch) for error in resting):
            return resting[0]
        left, count = len(self._members) - len(resting), len(self._members)
        said = f"{left} of the chain's {count} endpoints can be asked and {self.needed} must agree."
        return ChainUnavailable(" ".join([said, *map(str, resting)]))

    def _served(self) -> int:
        """The chain id that two endpoints give."""
        if len(self._members) == 1:
            return _chain_id(self._members[0].endpoint)
        seen: dict[int, str] = {}
        for member in self._usable():
            try:
                served = _chain_id(member.endpoint)
            except AttestError as error:
                self._rest(member, error)
                continue
            if served in seen:
                return served
            seen[served] = member.name
        if len(seen) > 1:
            said = " and ".join(f"{name} serves chain {served}" for served, name in seen.items())
            raise ChainMismatch(f"{said}; CHAIN_ID can tell which one is meant.")
        raise self._too_few()

    def _agreed(self, question: _Question) -> list[Any]:
        """What two endpoints answer: asked as it is, and if they differ, at a block that they all have."""
        first: list[tuple[_Member, list[Any]]] = []
        for member in self._usable():
            answers = self._ask(member, question, None)
            if answers is not None:
                first.append((member, answers))
            if len(first) == self.needed:
                break
        if len(first) < self.needed:
            raise self._too_few()
        (one, said), (other, answered) = first
        agreed = question.agree(said, answered)
        if agreed is None:
            return self._settled(question)
        one.falls = other.falls = 0
        return agreed

    def _settled(self, question: _Question) -> list[Any]:
        members, head = self._common_head()
        heard: list[tuple[_Member, list[Any]]] = []
        for member in members:
            answers = self._ask(member, question, head)
            if answers is None:
                continue
            for other, said in heard:
                agreed = question.agree(said, answers)
                if agreed is not None:
                    self._blame(question, heard, (other, member))
                    other.falls = member.falls = 0
                    return agreed
            heard.append((member, answers))
        if len(heard) < self.needed:
            raise self._too_few()
        names = " and ".join(member.name for member, _ in heard)
        raise ChainDisagreement(f"{names} answer {question.calls[0][0]} differently; nobody is believed.")

    def _blame(
        self, question: _Question, heard: Sequence[tuple[_Member, object]], agreeing: Sequence[_Member]
    ) -> None:
        for member, _ in heard:
            if member not in agreeing:
                names = " and ".join(each.name for each in agreeing)
                method = question.calls[0][0]
                self._rest(member, ChainDisagreement(f"{member.name} contradicts {names} on {method}."))

    def _common_head(self) -> tuple[list[_Member], int]:
        """The endpoints that are not stale, and the highest block that all of them have."""
        heads: list[tuple[int, int, _Member]] = []
        for member in self._usable():
            answers = self._ask(member, _LATEST, None)
            if answers is None:
                continue
            number = block_number(answers[0])
            if number is None:
                self._rest(member, ChainUnavailable(f"{member.name} has no newest block."))
            else:
                heads.append((number, block_time(answers[0]), member))
        if len(heads) < self.needed:
            raise self._too_few()
        heads.sort(key=lambda each: each[0], reverse=True)
        # Among three, one that runs far ahead of the others must not make them look stale.
        number, moment, reference = heads[0] if len(heads) == self.needed else heads[1]
        fresh = []
        for its_number, its_time, member in heads:
            blocks, seconds = number - its_number, moment - its_time
            if blocks >= STALE_BLOCKS and seconds >= STALE_SECONDS:
                stale = f"{member.name} is stale: {blocks} blocks ({seconds} s) behind {reference.name}."
                self._rest(member, ChainUnavailable(stale, code="chain_stale"))
            else:
                fresh.append((its_number, member))
        if len(fresh) < self.needed:
            raise self._too_few()
        kept = {member for _, member in fresh}
        # In the order of configuration, the best first.
        return [each for each in self._members if each in kept], min(number for number, _ in fresh)

    def _ask(self, member: _Member, question: _Question, head: int | None) -> list[Any] | None:
        """The endpoint's answers, None if it gives none and is left alone from now on."""
        try:
            self._vet(member)
            return question.put(member.endpoint, head)
        except AttestError as error:
            self._rest(member, error)
            return None


_LATEST_CALL: Call = ("eth_getBlockByNumber", ("latest", False))
_LATEST = _Question((_LATEST_CALL,), (Rule(lambda one, other: DIFFER),), batched=False)


def _chain_id(endpoint: RpcEndpoint) -> int:
    answer = endpoint.call("eth_chainId")
    try:
        if isinstance(answer, str) and answer.startswith("0x") and len(answer) <= 34:
            return int(answer, 16)
    except ValueError:
        pass
    raise ChainUnavailable(f"The chain at {endpoint.name} gives no chain id.")
