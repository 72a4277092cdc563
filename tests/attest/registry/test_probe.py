"""What `anchor status` and `doctor` can tell of each endpoint."""

from collections.abc import Iterator

import pytest

from attest.registry.probe import probe
from tests.anvil import PUBLIC, anvil
from tests.attest.registry.hostile import Hostile, lagging, lying

pytestmark = pytest.mark.network


@pytest.fixture
def spoilt(chain, client) -> Iterator[Hostile]:
    client.rpc.call("anvil_mine", hex(100), hex(12))
    endpoint = Hostile(chain.url)
    yield endpoint
    endpoint.close()


def test_a_good_endpoint_tells_chain_head_and_finality(chain, spoilt):
    (found, also) = probe([chain.url, spoilt.url])
    assert (found.chain_id, found.block, found.code) == (31337, 100, "")
    assert found.finalized is not None
    assert found.finalized < 100
    assert found.milliseconds > 0
    assert (also.block, also.code) == (100, "")
    assert "secret" not in also.name


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lagging(50), "chain_stale"),
        (lying("eth_chainId", "0x1"), "chain_mismatch"),
        (lying("eth_getBlockByNumber", "nonsense"), "chain_unavailable"),
        (lying("eth_getBlockByNumber", None), "chain_unavailable"),
    ],
)
def test_an_endpoint_that_is_off_is_named_for_what_it_is(chain, spoilt, spoil, code):
    spoilt.spoil = spoil
    well, also, found = probe([chain.url, f"{chain.url}/?again", spoilt.url])
    assert (well.code, also.code) == ("", "")
    assert found.code == code
    assert found.problem
    assert "secret" not in found.problem


def test_endpoints_that_tell_different_histories_are_both_named(chain, spoilt):
    spoilt.spoil = lying("eth_getBlockByNumber", lambda block: block | {"hash": "0x" + "aa" * 32})
    assert [each.code for each in probe([chain.url, spoilt.url])] == ["chain_disagreement"] * 2


def test_one_that_does_not_answer_raises_nothing(chain):
    dead, well = probe(["http://127.0.0.1:1/secret", chain.url])
    assert (dead.code, well.code) == ("chain_unavailable", "")
    (wrong,) = probe([chain.url], chain_id=1)
    assert wrong.code == "chain_mismatch"


def test_a_public_chain_whose_head_is_old_is_called_stale_even_by_itself():
    with anvil(PUBLIC) as public:
        (fresh,) = probe([public.url])
        public.call("anvil_mine", "0x2", hex(3600))  # blocks of the next hours
        (odd,) = probe([public.url])
    assert (fresh.code, odd.code) == ("", "chain_stale")
    assert "clock" in odd.problem
