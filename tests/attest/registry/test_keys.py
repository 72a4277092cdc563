"""The anchor key's file, and what is signed with it."""

import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.registry import contract, keys
from attest.registry.keys import AnchorKey, AnchorKeyUnusable
from attest.registry.signing import Draft, Fees, SpendCeilingReached, affordable, bump, sign, suggest

WEI = st.integers(min_value=0, max_value=10**15)
SECRET = bytes(31) + b"\x07"


def test_a_key_is_made_once_with_mode_0600_and_read_back(tmp_path):
    path = tmp_path / "secrets" / "anchor_key"
    made = keys.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.load_or_create(path).address == made.address
    with pytest.raises(FileExistsError):
        keys.create(path)
    assert [each.name for each in path.parent.iterdir()] == ["anchor_key"]


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "anchor_key"
    keys.create(path)
    path.chmod(0o640)
    with pytest.raises(AnchorKeyUnusable, match="0600"):
        keys.load(path)


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 32, "ff" * 32, "07" * 31, "07" * 33, "é" * 8])
def test_a_file_without_a_key_is_refused_without_quoting_it(tmp_path, text):
    path = tmp_path / "anchor_key"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(AnchorKeyUnusable) as caught:
        keys.load(path)
    if text:
        assert text not in str(caught.value)


def test_a_key_shows_nothing_but_its_address():
    key = AnchorKey(SECRET)
    assert repr(key) == f"AnchorKey({key.address})"
    assert SECRET.hex() not in repr(vars(type(key)))


def test_signing_does_not_lift_the_recursion_limit_that_guards_the_json_parser():
    with pytest.raises(RecursionError):
        json.loads("[" * 100_000)


def test_a_signed_transaction_is_type_2_and_recovers_its_sender():
    key = AnchorKey(SECRET)
    draft = Draft(31337, 5, contract.DEPLOYER, b"\x01\x02", 21_000, Fees(9, 3), value=4)
    signed = sign(key, draft)
    assert signed == sign(key, draft), "the same draft gives the same bytes"
    assert keys.Account.recover_transaction(signed.raw) == key.address
    assert signed.raw[0] == 2
    head = bytes.fromhex(
        "827a69" + "05" + "03" + "09" + "825208"
    )  # chain, nonce, priority, max fee, gas (EIP-1559)
    assert head in signed.raw


@given(offered=st.builds(Fees, WEI, WEI), market=st.builds(Fees, WEI, WEI))
def test_a_bump_raises_both_fees_by_an_eighth_and_reaches_the_market(offered, market):
    raised = bump(offered, market)
    for new, old, now in (
        (raised.max_fee, offered.max_fee, market.max_fee),
        (raised.priority, offered.priority, market.priority),
    ):
        assert new > old
        assert new * 8 >= old * 9
        assert new >= now


def test_suggested_fees_pay_the_tip_after_the_base_fee_doubled():
    fees = suggest(10, 3)
    assert (fees.max_fee, fees.priority) == (23, 3)


@given(
    st.integers(21_000, 3_000_000),
    st.integers(0, 10**13),
    st.integers(0, 10**11),
    st.integers(0, 10**18),
)
def test_whatever_gas_costs_no_transaction_can_cost_more_than_the_ceiling(gas, base_fee, tip, ceiling):
    least, wanted = Fees(base_fee + tip, tip), suggest(base_fee, tip)
    assert affordable(gas, wanted, None, least=least) == wanted
    if gas * least.max_fee > ceiling:
        with pytest.raises(SpendCeilingReached) as caught:
            affordable(gas, wanted, ceiling, least=least)
        assert not caught.value.permanent
        return
    fees = affordable(gas, wanted, ceiling, least=least)
    assert gas * fees.max_fee <= ceiling
    assert least.max_fee <= fees.max_fee <= wanted.max_fee
    assert fees.priority == tip


def test_revocations_are_gathered_into_words_of_256_leaves():
    data = contract.revoke_data("0x" + "22" * 32, [513, 0, 255, 256, 0])
    _, words, bits = contract.decode_call("revoke", data)
    assert words == (0, 1, 2)
    assert bits == (1 | 1 << 255, 1, 2)
