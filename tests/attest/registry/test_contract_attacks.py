"""What thieves, liars and relayers try at the registry: each is refused, or proved by two checkpoints."""

import secrets
import time

import pytest

from attest.errors import ProofInvalid
from attest.log.checkpoint import Checkpoint, open_checkpoint
from attest.log.keys import LogKey
from attest.registry import contract, embedded
from attest.registry.keys import AnchorKey
from attest.registry.rpc import RpcRefusal
from attest.registry.signing import sign_checkpoint

pytestmark = pytest.mark.network

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def log_id(key, origin):
    return contract.log_id(key.address, origin)


@pytest.fixture
def thief(chain, registry, log_id, send):
    """A submitter's key in the wrong hands."""
    stolen = AnchorKey(secrets.token_bytes(32))
    embedded.fund(chain.url, stolen.address)
    assert send(registry, _named(log_id, stolen, True)).succeeded
    return stolen


def _named(log_id, submitter, allowed):
    return contract.call_data("setSubmitter", contract.as_bytes32(log_id), submitter.address, allowed)


class TestAnOperatorWhoLies:
    def test_cannot_anchor_a_second_root_of_one_size(self, registry, log_id, send, key, refused, make_log):
        log, other = make_log(6), make_log(5)
        other.grow(1, b"forged")
        assert send(registry, contract.checkpoint_data(log_id, 6, log.root(), [])).succeeded
        data = contract.checkpoint_data(log_id, 6, other.root(), other.consistency(5, 6))
        assert refused(key, data) == "registry_equivocation"

    def test_cannot_take_leaves_back(self, registry, log_id, send, key, refused, make_log):
        log = make_log(6)
        assert send(registry, contract.checkpoint_data(log_id, 6, log.root(), [])).succeeded
        for size in range(1, 6):
            data = contract.checkpoint_data(log_id, size, log.root(size), [])
            assert refused(key, data) == "registry_shrinking"

    def test_cannot_anchor_a_fork_by_any_proof_it_can_make(
        self, registry, log_id, send, key, refused, make_log
    ):
        log, fork = make_log(6), make_log(3)
        fork.grow(9, b"forged")
        assert send(registry, contract.checkpoint_data(log_id, 6, log.root(), [])).succeeded
        log.grow(6)
        for proof in (
            fork.consistency(6, 12),
            log.consistency(6, 12),
            [],
            [log.root(6), fork.root(12)],
            fork.inclusion(5, 12),
        ):
            data = contract.checkpoint_data(log_id, 12, fork.root(12), proof)
            assert refused(key, data) == "registry_inconsistent"

    def test_who_signs_a_fork_of_what_is_anchored_is_convicted_by_the_two_checkpoints(
        self, client, registry, log_id, send, origin, make_log
    ):
        log, fork = make_log(6), make_log(3)
        fork.grow(3, b"forged")
        signer = LogKey.generate(origin)
        assert send(registry, contract.checkpoint_data(log_id, 6, log.root(), [])).succeeded
        notes = [Checkpoint(origin, 6, tree.root()).signed(signer) for tree in (log, fork)]

        # Somebody with nothing but the two notes and the chain: one log, one size, two roots, one anchored.
        shown, hidden = (open_checkpoint(each, signer.vkey) for each in notes)
        assert (shown.origin, shown.size) == (hidden.origin, hidden.size)
        assert shown.root != hidden.root
        assert client.anchored_at(registry, log_id, 6, shown.root) is not None
        assert client.anchored_at(registry, log_id, 6, hidden.root) is None

    def test_no_log_is_registered_or_anchored_in_anothers_name(
        self, chain, registry, log_id, send, refused, origin, make_log, client
    ):
        stranger = AnchorKey(secrets.token_bytes(32))
        embedded.fund(chain.url, stranger.address)
        data = contract.checkpoint_data(log_id, 1, make_log(1).root(), [])
        assert refused(stranger, data) == "registry_not_submitter"
        assert refused(stranger, contract.revoke_data(log_id, [0])) == "registry_not_submitter"
        # The same origin registered by another address is another log.
        assert send(registry, contract.register_data(origin, bytes([7]) * 32), stranger).succeeded
        assert contract.log_id(stranger.address, origin) != log_id
        assert client.registered_key(registry, log_id) != bytes([7]) * 32


class TestAThiefOfASubmittersKey:
    def test_can_neither_rewrite_nor_take_over_the_log(
        self, registry, log_id, send, thief, refused, make_log
    ):
        log, fork = make_log(6), make_log(3)
        fork.grow(9, b"forged")
        assert send(registry, contract.checkpoint_data(log_id, 6, log.root(), [])).succeeded
        named = contract.as_bytes32(log_id)
        assert {
            refused(thief, contract.call_data("rotateKey", named, bytes([9]) * 32)),
            refused(thief, contract.call_data("setEndpoint", named, "https://thief.example")),
            refused(thief, contract.call_data("proposeHandover", named, thief.address)),
            refused(thief, contract.call_data("acceptHandover", named)),
            refused(thief, _named(log_id, thief, True)),
        } == {"registry_not_controller"}
        shorter = contract.checkpoint_data(log_id, 5, log.root(5), [])
        assert refused(thief, shorter) == "registry_shrinking"
        other = contract.checkpoint_data(log_id, 12, fork.root(12), fork.consistency(6, 12))
        assert refused(thief, other) == "registry_inconsistent"

    def test_who_anchors_leaves_that_the_log_never_had_leaves_the_past_as_it_was_and_no_signed_checkpoint(
        self, client, registry, log_id, send, thief, refused, key, origin, make_log
    ):
        log, forged = make_log(6), make_log(6)
        assert send(registry, contract.checkpoint_data(log_id, 6, log.root(), [])).succeeded
        before = client.anchored_at(registry, log_id, 6, log.root())
        forged.grow(2, b"forged")
        data = contract.checkpoint_data(log_id, 8, forged.root(), forged.consistency(6, 8))
        assert send(registry, data, thief).succeeded
        assert client.anchored_at(registry, log_id, 6, log.root()) == before

        # The anchored root is not the one that the log signed for that size; the thief cannot sign another.
        log.grow(2)
        signer, own = LogKey.generate(origin), LogKey.generate(origin)
        signed = open_checkpoint(Checkpoint(origin, 8, log.root()).signed(signer), signer.vkey)
        assert client.last(registry, log_id).size == signed.size
        assert client.last(registry, log_id).root != signed.root
        with pytest.raises(ProofInvalid):
            open_checkpoint(Checkpoint(origin, 8, forged.root()).signed(own), signer.vkey)

    def test_who_blocks_a_log_so_is_left_behind_with_it_by_a_successor_that_covers_all_leaves(
        self, registry, log_id, send, thief, refused, key, make_log
    ):
        log, forged = make_log(6), make_log(6)
        assert send(registry, contract.checkpoint_data(log_id, 6, log.root(), [])).succeeded
        forged.grow(2, b"forged")
        data = contract.checkpoint_data(log_id, 8, forged.root(), forged.consistency(6, 8))
        assert send(registry, data, thief).succeeded
        log.grow(2)
        honest = contract.checkpoint_data(log_id, 8, log.root(), log.consistency(6, 8))
        assert refused(key, honest) == "registry_equivocation"

        assert send(registry, _named(log_id, thief, False)).succeeded
        assert send(registry, contract.register_data("log.example.org/2", bytes([5]) * 32)).succeeded
        successor = contract.log_id(key.address, "log.example.org/2")
        assert send(registry, contract.checkpoint_data(successor, 8, log.root(), [])).succeeded
        more = contract.checkpoint_data(successor, 9, bytes(32), [])
        assert refused(thief, more) == "registry_not_submitter"

    def test_is_struck_off_by_the_controller_for_checkpoints_revocations_and_signatures_made_before(
        self, client, registry, log_id, send, thief, refused, make_log
    ):
        log = make_log(4)
        signed = _relayed(client, registry, log_id, thief, log, 4)
        assert send(registry, _named(log_id, thief, False)).succeeded
        data = contract.checkpoint_data(log_id, 4, log.root(), [])
        assert refused(thief, data) == "registry_not_submitter"
        assert refused(thief, contract.revoke_data(log_id, [1])) == "registry_not_submitter"
        assert refused(thief, signed) == "registry_not_submitter"


def _relayed(client, registry, log_id, signer, log, size, **changed):
    """A `checkpointBySig` call; `changed` are the facts in which the call or the signature differs."""
    deadline = changed.get("deadline", int(time.time()) + 600)
    v, r, s = sign_checkpoint(
        signer,
        chain_id=changed.get("chain_id", client.chain_id),
        registry=changed.get("signed_for", registry),
        log=log_id,
        size=size,
        root=log.root(size),
        deadline=deadline,
    )
    r, s = (part if isinstance(part, bytes) else part.to_bytes(32, "big") for part in (r, s))
    if changed.get("second_form"):
        v, s = 55 - v, (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    head = client.last(registry, log_id)
    proof = log.consistency(head.size, size) if 0 < head.size < size else []
    said = changed.get("said_deadline", deadline)
    named = contract.as_bytes32(changed.get("said_log", log_id))
    v, r = changed.get("v", v), changed.get("r", r)
    return contract.call_data("checkpointBySig", named, size, log.root(size), proof, said, v, r, s)


class TestARelayer:
    def test_who_replays_a_signature_repeats_the_last_checkpoint_or_is_refused(
        self, client, registry, log_id, send, key, refused, make_log
    ):
        log = make_log(9)
        old = _relayed(client, registry, log_id, key, log, 4)
        assert send(registry, old).succeeded
        stamp = client.anchored_at(registry, log_id, 4, log.root(4))
        assert send(registry, old).succeeded
        assert client.anchored_at(registry, log_id, 4, log.root(4)) == stamp
        assert send(
            registry, contract.checkpoint_data(log_id, 9, log.root(9), log.consistency(4, 9))
        ).succeeded
        assert refused(key, old) == "registry_shrinking"

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"deadline": 1}, "registry_signature_expired"),
            ({"second_form": True}, "registry_signature_invalid"),
            ({"v": 29}, "registry_signature_invalid"),
            ({"r": bytes(32)}, "registry_signature_invalid"),
            # A signature over other facts is somebody else's.
            ({"chain_id": 1}, "registry_not_submitter"),
            ({"signed_for": "0x" + "11" * 20}, "registry_not_submitter"),
            ({"said_deadline": 1 << 40}, "registry_not_submitter"),
        ],
    )
    def test_who_alters_or_misplaces_a_signature_is_refused(
        self, client, registry, log_id, key, refused, make_log, changed, code
    ):
        log = make_log(4)
        assert refused(key, _relayed(client, registry, log_id, key, log, 4, **changed)) == code

    def test_who_carries_a_signature_to_another_log_of_the_same_owner_is_refused(
        self, client, registry, log_id, send, key, refused, make_log
    ):
        assert send(registry, contract.register_data("another.example", bytes([3]) * 32)).succeeded
        other = contract.log_id(key.address, "another.example")
        data = _relayed(client, registry, log_id, key, make_log(4), 4, said_log=other)
        assert refused(key, data) == "registry_not_submitter"


def test_a_proof_starved_of_gas_gets_no_verdict_rather_than_a_wrong_one(client, registry, make_log):
    log = make_log(13)
    sound = contract.call_data("verifyConsistency", 7, log.root(7), 13, log.root(13), log.consistency(7, 13))
    wrong = contract.call_data("verifyConsistency", 7, log.root(6), 13, log.root(13), log.consistency(7, 13))
    outcomes = set()
    for gas in range(21_000, 34_000, 53):
        for data, truth in ((sound, 1), (wrong, 0)):
            call = {"to": registry, "data": "0x" + data.hex(), "gas": hex(gas)}
            try:
                answer = int(client.rpc.call("eth_call", call, "latest"), 16)
            except RpcRefusal:
                outcomes.add("starved")
            else:
                assert answer == truth
                outcomes.add(answer)
    assert outcomes == {"starved", 0, 1}
