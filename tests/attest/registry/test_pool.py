"""Several endpoints of one chain, some of them lying, lagging or dead: two must say what is believed."""

import time
from collections.abc import Callable, Iterator

import pytest

from attest.errors import ChainDisagreement, ChainMismatch, ChainUnavailable, RegistryRefused
from attest.registry import contract, embedded, rpc
from attest.registry.client import RegistryClient
from attest.registry.pool import EndpointPool
from attest.registry.signing import Draft, Fees, sign
from attest.standing import Finality
from tests.attest.registry.hostile import Hostile, Raw, lagging, lying

pytestmark = pytest.mark.network
CHAIN = embedded.CHAIN_ID
DEAD = "http://127.0.0.1:1/secret"
NOBODY = "0x" + "11" * 20


@pytest.fixture
def endpoint(chain) -> Iterator[Callable[..., Hostile]]:
    """Makes endpoints in front of the chain, spoilt as told."""
    made: list[Hostile] = []

    def make(spoil=None) -> Hostile:
        made.append(Hostile(chain.url, spoil))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def through() -> Iterator[Callable[..., RegistryClient]]:
    """A client over some endpoints."""
    made: list[RegistryClient] = []

    def make(*endpoints, chain_id=CHAIN, timeout=5.0) -> RegistryClient:
        urls = [each if isinstance(each, str) else each.url for each in endpoints]
        made.append(RegistryClient(urls, chain_id, timeout))
        return made[-1]

    yield make
    for each in made:
        each.close()


def resting(client: RegistryClient) -> dict[int, str]:
    """The endpoints that are left alone, by their place, and why."""
    return {place: each.reason for place, each in enumerate(client.rpc.health()) if each.resting}


@pytest.fixture
def log_id(key, origin) -> str:
    return contract.log_id(key.address, origin)


@pytest.fixture
def anchored(send, registry, log_id, make_log):
    """A log of five leaves, anchored; its root and receipt."""
    log = make_log(5)
    return log.root(), send(registry, contract.checkpoint_data(log_id, 5, log.root(), []))


def test_two_honest_endpoints_are_read_as_one(endpoint, through, registry, log_id, anchored, key, chain):
    root, receipt = anchored
    client = through(endpoint(), endpoint())
    assert client.anchored_at(registry, log_id, 5, root).block == receipt.block_number
    assert client.last(registry, log_id).size == 5
    assert client.nonce(key.address) == 3
    assert client.finality(receipt.block_number, receipt.block_hash) is Finality.INCLUDED
    embedded.settle(chain.url)
    assert client.finality(receipt.block_number, receipt.block_hash) is Finality.FINAL
    assert client.read_many(registry, [("revokedWord", (contract.as_bytes32(log_id), 0))]) == [(0,)]
    client.require_registry(registry)
    assert resting(client) == {}


LIES = [
    ("eth_call", "0x" + "00" * 64, lambda c, r, i, root: c.anchored_at(r, i, 5, root)),
    ("eth_getTransactionCount", "0x0", lambda c, r, i, root: c.nonce(NOBODY) or c.nonce(c.payer)),
    ("eth_getCode", "0x", lambda c, r, i, root: c.has_code(r)),
    ("eth_getTransactionReceipt", None, lambda c, r, i, root: c.receipt(c.paid)),
    (
        "eth_getBlockByNumber",
        lambda block: block | {"hash": "0x" + "aa" * 32},
        lambda c, r, i, root: c.block(1),
    ),
    ("eth_getBalance", "0x0", lambda c, r, i, root: c.balance(c.payer)),
]


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(("method", "lie", "read"), LIES, ids=[each[0] for each in LIES])
def test_one_that_lies_is_outvoted_named_and_left_alone(
    endpoint, through, registry, log_id, anchored, key, client, method, lie, read, place
):
    root, _ = anchored
    block = client.rpc.call("eth_getBlockByNumber", "latest", True)
    ends = [endpoint(), endpoint()]
    ends.insert(place, endpoint(lying(method, lie)))
    several = through(*ends)
    for each in (several, client):
        each.payer, each.paid = key.address, block["transactions"][0]["hash"]
    assert read(several, registry, log_id, root) == read(client, registry, log_id, root)
    assert list(resting(several)) == [place]
    assert "contradicts" in resting(several)[place]
    assert method in resting(several)[place]


@pytest.mark.parametrize(("method", "lie", "read"), LIES, ids=[each[0] for each in LIES])
def test_of_two_that_contradict_each_other_neither_is_believed(
    endpoint, through, registry, log_id, anchored, key, client, method, lie, read
):
    root, _ = anchored
    several = through(endpoint(), endpoint(lying(method, lie)))
    block = client.rpc.call("eth_getBlockByNumber", "latest", True)
    several.payer, several.paid = key.address, block["transactions"][0]["hash"]
    with pytest.raises(ChainDisagreement) as caught:
        read(several, registry, log_id, root)
    assert "#1" in str(caught.value)
    assert "#2" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert not caught.value.permanent


def test_an_honest_endpoint_that_is_a_block_behind_is_no_liar(
    endpoint, through, registry, log_id, anchored, key, chain
):
    root, receipt = anchored
    client = through(endpoint(lagging(1)), endpoint())
    assert client.anchored_at(registry, log_id, 5, root) is None, "the two have not both seen it"
    assert client.receipt(sent_hash(client, receipt)) is None
    assert client.nonce(key.address) == 2
    embedded.settle(chain.url)
    assert client.anchored_at(registry, log_id, 5, root).block == receipt.block_number
    assert client.nonce(key.address) == 3
    assert resting(client) == {}


def sent_hash(client: RegistryClient, receipt) -> str:
    return client.rpc._members[1].endpoint.call("eth_getBlockByNumber", hex(receipt.block_number), False)[
        "transactions"
    ][0]


@pytest.mark.parametrize("count", [2, 3])
def test_one_whose_head_stands_still_is_called_stale(endpoint, through, chain, key, client, count):
    frozen = endpoint(lagging(40))
    ends = [frozen, *(endpoint() for _ in range(count - 1))]
    several = through(*ends)
    client.rpc.call("anvil_mine", hex(50), hex(12))
    if count == 2:
        with pytest.raises(ChainUnavailable, match="1 of the chain's 2 endpoints"):
            several.block("latest")
    else:
        assert several.block("latest") == client.block("latest")
    assert list(resting(several)) == [0]
    assert "stale: 40 blocks (480 s) behind" in resting(several)[0]


def test_one_that_runs_ahead_of_two_others_makes_neither_stale(endpoint, through, client):
    client.rpc.call("anvil_mine", hex(50), hex(12))

    def ahead(block):
        return block | {"number": hex(10**9), "timestamp": hex(2**40)}

    several = through(endpoint(lying("eth_getBlockByNumber", ahead)), endpoint(), endpoint())
    assert several.block("latest") == client.block("latest")
    assert list(resting(several)) == [0]


def test_finality_is_what_two_have_reached(endpoint, through, anchored, client):
    _, receipt = anchored

    def final(method, params, honest):
        return honest("latest", False) if params[:1] == ["finalized"] else honest(*params)

    several = through(endpoint(final), endpoint())
    assert several.finality(receipt.block_number, receipt.block_hash) is Finality.INCLUDED
    assert through(endpoint(final), endpoint(final)).finality(receipt.block_number) is Finality.FINAL


def test_one_without_a_newest_block_is_left_alone(endpoint, through, client):
    several = through(endpoint(lying("eth_getBlockByNumber", None)), endpoint(), endpoint())
    assert several.block(0) == client.block(0)
    assert "no newest block" in resting(several)[0]


def test_the_final_block_is_one_that_two_hold_whoever_named_its_number(endpoint, through, anchored, client):
    def forged(method, params, honest):
        if params[:1] == ["finalized"]:
            return honest("0x1", False) | {"hash": "0x" + "aa" * 32, "timestamp": "0x1"}
        return honest(*params)

    assert through(endpoint(forged), endpoint()).block("finalized") == client.block(1)
    assert through(endpoint(), endpoint(forged), endpoint()).block("finalized") == client.block(1)


def slow(method, params, honest):
    time.sleep(2.5)
    return honest(*params)


def raw(body: bytes, status: int = 200, **headers: str):
    def spoil(method, params, honest):
        raise Raw(body, status, {name.replace("_", "-"): value for name, value in headers.items()})

    return spoil


SICK = {
    "slow": (slow, "did not"),
    "html": (raw(b"<html>please log in</html>"), "not JSON"),
    "bad gateway": (raw(b"<html>", 502), "HTTP 502"),
    "too many requests": (raw(b"", 429), "too many requests"),
    "oversize": (raw(b" " * (rpc.MAX_ANSWER_BYTES + 1)), "more than we read"),
    "another chain": (lying("eth_chainId", "0x1"), "serves chain 1, but chain 31337 is wanted"),
}


@pytest.mark.parametrize(("spoil", "words"), SICK.values(), ids=SICK)
def test_a_sick_endpoint_is_passed_over_and_asked_no_more_for_a_while(
    endpoint, through, registry, log_id, anchored, spoil, words
):
    root, receipt = anchored
    sick = endpoint(spoil)
    client = through(sick, endpoint(), endpoint(), timeout=2.0)
    for _ in range(3):
        assert client.anchored_at(registry, log_id, 5, root).block == receipt.block_number
    assert words in resting(client)[0]
    assert "secret" not in resting(client)[0]
    assert len(sick.asked) == 1


def test_an_endpoint_that_answers_another_question_is_passed_over(endpoint, through, key):
    sick = endpoint()
    sick.shift = 1
    client = through(sick, endpoint(), endpoint())
    assert client.nonce(key.address) == 0
    assert "another question" in resting(client)[0]


def test_of_two_endpoints_a_dead_one_stops_the_reading_and_not_the_sending(
    endpoint, through, registry, anchored, client, key
):
    several = through(DEAD, endpoint())
    with pytest.raises(ChainUnavailable, match=r"1 of the chain's 2 endpoints .* cannot be reached"):
        several.last(registry, "0x" + "22" * 32)
    several.send(signed(key, client.nonce(key.address)).raw)
    assert client.nonce(key.address) == 4


def test_when_every_endpoint_serves_another_chain_that_is_what_is_said(endpoint, through, key):
    wrong = lying("eth_chainId", "0x1")
    with pytest.raises(ChainMismatch, match="serves chain 1"):
        through(endpoint(wrong), endpoint(wrong)).nonce(key.address)


def test_without_a_chain_id_two_endpoints_must_serve_the_same_chain(endpoint, through):
    wrong = lying("eth_chainId", "0x1")
    with pytest.raises(ChainMismatch, match="CHAIN_ID"):
        _ = through(endpoint(wrong), endpoint(), chain_id=None).chain_id
    assert through(endpoint(wrong), endpoint(), endpoint(), chain_id=None).chain_id == CHAIN


def test_an_endpoint_that_changes_its_chain_is_noticed(endpoint, through, key, monkeypatch):
    turning = endpoint()
    alone, several = through(turning, chain_id=None), through(turning, endpoint(), endpoint())
    assert alone.nonce(key.address) == several.nonce(key.address) == 0
    turning.spoil = lying("eth_chainId", "0x1")
    later = time.monotonic() + 61
    monkeypatch.setattr("attest.registry.pool.time.monotonic", lambda: later)
    with pytest.raises(ChainMismatch):
        alone.nonce(key.address)
    assert several.nonce(key.address) == 0
    assert "serves chain 1" in resting(several)[0]


def test_an_endpoint_that_recovered_is_asked_again_and_one_that_falls_again_rests_longer(endpoint, chain):
    sick, rest = endpoint(raw(b"<html>")), 0.3
    pool = EndpointPool([sick.url, endpoint().url, endpoint().url], CHAIN, first_rest=rest)
    pool.call("eth_getCode", NOBODY, "latest")
    first = pool.health()[0].resting
    time.sleep(rest)
    pool.call("eth_getCode", NOBODY, "latest")
    assert first <= rest < pool.health()[0].resting <= 2 * rest
    sick.spoil = None
    time.sleep(2 * rest)
    sick.asked.clear()
    pool.call("eth_getCode", NOBODY, "latest")
    assert "eth_getCode" in sick.asked
    pool.close()


def test_an_endpoint_is_left_alone_for_as_long_as_it_asks_within_reason(endpoint):
    for asked, least, most in (("77", 70, 77), ("999999", 290, 300)):
        ends = [endpoint(raw(b"", 429, Retry_After=asked)), endpoint(), endpoint()]
        pool = EndpointPool([each.url for each in ends], CHAIN)
        pool.call("eth_getCode", NOBODY, "latest")
        assert least < pool.health()[0].resting <= most
        pool.close()


def signed(key, nonce):
    return sign(key, Draft(CHAIN, nonce, NOBODY, b"", 30_000, Fees(10**11, 10**9)))


def test_a_transaction_goes_to_every_endpoint_whatever_another_claims_to_know(endpoint, through, key, client):
    liar, honest = endpoint(lying("eth_getTransactionByHash", {"hash": "0x1"})), endpoint()
    several = through(liar, honest)
    transaction = signed(key, 0)
    several.send(transaction.raw)
    assert client.receipt(transaction.hash) is not None
    assert "eth_sendRawTransaction" in honest.asked
    several.send(transaction.raw)
    assert honest.asked.count("eth_sendRawTransaction") == 1, "what a node knows is not sent again"


def test_gas_is_the_higher_of_two_estimates_and_an_absurd_one_is_outvoted(
    endpoint, through, registry, key, client
):
    data = contract.register_data("another.example/log", bytes(range(32)))
    right = client.estimate_gas(key.address, registry, data)
    a_little_more = lying("eth_estimateGas", hex(right + 100))
    assert (
        through(endpoint(), endpoint(a_little_more)).estimate_gas(key.address, registry, data) == right + 100
    )
    absurd = lying("eth_estimateGas", hex(right * 1000))
    assert (
        through(endpoint(absurd), endpoint(), endpoint()).estimate_gas(key.address, registry, data) == right
    )
    with pytest.raises(ChainDisagreement):
        through(endpoint(absurd), endpoint()).estimate_gas(key.address, registry, data)


def test_the_tip_is_the_lower_of_two(endpoint, through, client):
    dear = endpoint(lying("eth_maxPriorityFeePerGas", hex(10**15)))
    assert through(dear, endpoint()).base_fee_and_tip()[1] == client.base_fee_and_tip()[1]


def test_a_revert_that_two_report_is_the_registrys_word(endpoint, through, registry, key):
    unknown = contract.checkpoint_data("0x" + "22" * 32, 1, bytes(32), [])
    several = through(endpoint(), endpoint())
    with pytest.raises(RegistryRefused) as caught:
        several.estimate_gas(key.address, registry, unknown)
    assert caught.value.code == "registry_log_unknown"
    assert resting(several) == {}


def test_what_one_endpoint_does_not_offer_another_does(endpoint, through, registry):
    def none(method, params, honest):
        if method == "eth_getProof":
            return honest(method="eth_noSuchThing")
        return honest(*params)

    several = through(endpoint(none), endpoint())
    assert several.rpc.call("eth_getProof", registry, [], "latest")["codeHash"]


@pytest.mark.parametrize(
    "block",
    [
        {"number": "0x1", "hash": "0x" + "aa" * 40, "timestamp": "0x1"},
        {"number": "0x1", "hash": "<b>", "timestamp": "0x1"},
        {"number": "0x1", "hash": "0x" + "aa" * 32, "timestamp": "0x" + "f" * 60},
        {"number": "0x" + "f" * 60, "hash": "0x" + "aa" * 32, "timestamp": "0x1"},
        {"number": "0x_1", "hash": "0x" + "aa" * 32, "timestamp": "0x1"},
        {"number": 1, "hash": "0x" + "aa" * 32, "timestamp": "0x1"},
        [],
        "0x1",
    ],
)
def test_a_block_that_cannot_be_is_an_error_whoever_says_it(endpoint, through, block):
    lie = lying("eth_getBlockByNumber", block)
    for client in (through(endpoint(lie)), through(endpoint(lie), endpoint(lie))):
        with pytest.raises(ChainUnavailable):
            client.block(1)


def test_a_time_that_cannot_be_is_an_error_and_no_crash(endpoint, through, registry, log_id):
    liar = endpoint(lying("eth_call", "0x" + "00" * 31 + "01" + "00" * 24 + "ff" * 8))
    with pytest.raises(ChainUnavailable):
        through(liar).anchored_at(registry, log_id, 1, bytes(32))


def test_what_a_node_says_cannot_forge_a_line_of_a_log(endpoint, through, key):
    def forge(method, params, honest):
        if method == "eth_chainId":
            return honest()
        raise Raw(
            b'{"jsonrpc":"2.0","id":2,"error":{"code":-1,"message":"no\\n2026 ERROR all is lost\\u001b[2J"}}'
        )

    with pytest.raises(ChainUnavailable) as caught:
        through(endpoint(forge)).nonce(key.address)
    assert str(caught.value).isprintable()
