"""Several chains at once, and from one to another, by configuration alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attest import queries
from attest.errors import AttestError
from attest.flows.append import append
from attest.log.leaf import Opening
from attest.models import CheckpointAnchor, Deployment, OutboxTransaction
from attest.registry import contract
from service import job_table, pipeline, wiring
from service.intake import incoming_text
from service.jobs import runner
from service.models import Job, State, Submission
from tests.anvil import PUBLIC, Anvil, anvil

pytestmark = pytest.mark.network
DEAD = "http://127.0.0.1:1"


@pytest.fixture
def local() -> Iterator[Anvil]:
    with anvil() as chain:
        yield chain


@pytest.fixture
def public() -> Iterator[Anvil]:
    with anvil(PUBLIC) as chain:
        yield chain


@pytest.fixture
def configure(house: Path, settings: Any) -> Iterator[Callable[..., None]]:
    """Sets the chains, as CHAIN_RPC_URL names them, and gives the key ether on those that are not local."""

    def close() -> None:
        for chain in wiring.chains():
            chain.client.close()
        wiring.chains.cache_clear()

    def apply(*chains: Anvil | str, **changes: Any) -> None:
        close()
        urls = ",".join(each if isinstance(each, str) else each.url for each in chains)
        settings.CONFIG = replace(settings.CONFIG, chain_rpc_url=urls, **changes)
        for each, made in zip(chains, wiring.chains(), strict=True):
            if isinstance(each, Anvil) and each.chain_id == PUBLIC:
                each.call("anvil_setBalance", made.key.address, hex(10**18))

    yield apply
    close()


def grow(*names: str) -> int:
    """Append leaves and seal; the log's size."""
    for name in names:
        append("policy", key=name, name=name, document="ab" * 32)
    pipeline.seal()
    return queries.log_size()


def logged(account: Any) -> Submission:
    """A submission whose leaf is the log's first."""
    with incoming_text("Five ships were seen off the northern cape this morning.") as asset:
        row = pipeline.submit(account, asset, pipeline.AttestRequest("human"))
    Submission.objects.filter(pk=row.pk).update(state=State.LOGGED, leaf_index=0)
    return row


def held(chain: Anvil) -> int:
    """How many leaves the registry on that chain vouches for."""
    (made,) = (each for each in wiring.chains() if each.rpc_url == chain.url)
    log = contract.log_id(made.key.address, wiring.log_key().vkey.name)
    return made.client.last(contract.deterministic_address(), log).size


def anchor_all() -> None:
    """A round on every chain, whatever any of them says."""
    for place in range(len(wiring.chains())):
        try:
            pipeline.anchor(place)
        except AttestError:
            continue


def test_one_checkpoint_goes_to_every_chain(configure: Any, local: Anvil, public: Anvil) -> None:
    configure(local, public)
    size = grow("one", "two")
    pipeline.anchor()
    assert (held(local), held(public)) == (size, size)
    states = dict(CheckpointAnchor.objects.values_list("deployment__chain_id", "state"))
    assert states == {31337: "final", PUBLIC: "included"}, "a public chain is final when it says so"
    public.call("anvil_mine", "0x3")
    pipeline.anchor()
    assert set(CheckpointAnchor.objects.values_list("state", flat=True)) == {"final"}


@pytest.mark.parametrize("order", ["first", "last"])
def test_a_chain_that_is_down_keeps_nothing_from_another(
    configure: Any, public: Anvil, order: str, account: Any
) -> None:
    configure(*((DEAD, public) if order == "first" else (public, DEAD)))
    size = grow("one")
    waiting = logged(account)
    with pytest.raises(AttestError) as caught:
        pipeline.anchor()
    assert caught.value.code == "chain_unavailable"
    assert held(public) == size
    waiting.refresh_from_db()
    assert waiting.state == State.ANCHORED


def test_each_chain_has_a_job_of_its_own_that_backs_off_alone(configure: Any, public: Anvil) -> None:
    configure(DEAD, public)
    grow("one")
    runner.ensure_recurring()
    for kind in ("anchor", "anchor-2"):
        job = Job.objects.get(kind=kind)
        lease = job_table.lease_one(job.pk, "me")
        assert lease is not None
        runner.run(lease)
    down, well = Job.objects.get(kind="anchor"), Job.objects.get(kind="anchor-2")
    assert (down.error_code, down.attempts) == ("chain_unavailable", 1)
    assert (well.error_code, well.attempts) == ("", 0)
    assert held(public) == 1


def test_moving_from_the_embedded_chain_to_another_is_configuration_and_covers_the_whole_history(
    configure: Any, local: Anvil, public: Anvil
) -> None:
    configure(local)
    append("attestation", key="photo", opening=Opening.fresh({"file": "ab" * 32}), source_type="human")
    for name in ("two", "three"):
        grow(name)
        pipeline.anchor()
    assert (held(local), CheckpointAnchor.objects.count()) == (3, 2)
    vkey = wiring.log_key().vkey
    assert [each.chain_id for each in queries.proof_for(0, vkey).anchors] == [31337]
    local.kill()

    configure(public)
    pipeline.anchor()
    assert held(public) == 3, "without a single new leaf"
    first = CheckpointAnchor.objects.get(deployment__chain_id=PUBLIC)
    assert first.checkpoint.size == 3
    assert [each.chain_id for each in queries.proof_for(0, vkey).anchors] == [31337, PUBLIC]
    sent = OutboxTransaction.objects.filter(chain_id=PUBLIC, purpose="checkpoint")
    assert sent.count() == 1
    grow("four")
    pipeline.anchor()
    assert held(public) == 4
    checkpoint = queries.proof_for(0, vkey).size
    assert checkpoint == 3, "and not the local chain's, which came first and proves nothing"


def test_each_chain_has_its_own_spend_ceiling(configure: Any, local: Anvil, public: Anvil) -> None:
    configure(local, public, spend_ceilings_wei=(10**17, 1))
    size = grow("one")
    with pytest.raises(AttestError) as caught:
        pipeline.anchor()
    assert caught.value.code == "spend_ceiling_reached"
    assert held(local) == size
    assert not OutboxTransaction.objects.filter(chain_id=PUBLIC).exists()


def test_the_registry_that_is_named_for_a_chain_is_used_in_whatever_spelling(
    configure: Any, local: Anvil, public: Anvil
) -> None:
    configure(local)
    grow("one")
    pipeline.anchor()
    ours = contract.deterministic_address()
    configure(local, registry_addresses=(ours.lower(),))
    grow("two")
    pipeline.anchor()
    assert [each.address for each in Deployment.objects.all()] == [ours]
    configure(local, registry_addresses=("0x" + "11" * 20,))
    with pytest.raises(AttestError) as caught:
        pipeline.anchor()
    assert caught.value.code == "chain_mismatch"


def test_what_a_chain_lost_is_logged_again_until_it_is_back(
    configure: Any, public: Anvil, account: Any
) -> None:
    configure(public)
    grow("one")
    row = logged(account)
    anchor_all()
    row.refresh_from_db()
    assert row.state == State.ANCHORED
    public.call("anvil_reorg", 1, [])
    wiring.chains()[0].client.rpc.call("evm_setAutomine", False)
    anchor_all()
    row.refresh_from_db()
    assert row.state == State.LOGGED
    public.call("evm_setAutomine", True)
    public.call("anvil_mine", "0x1")
    anchor_all()
    row.refresh_from_db()
    assert row.state == State.ANCHORED


def test_a_chain_that_begins_anew_is_anchored_anew(configure: Any, public: Anvil) -> None:
    configure(public)
    for name in ("one", "two"):
        grow(name)
        pipeline.anchor()
    public.kill()
    public.start()
    public.call("anvil_setBalance", wiring.chains()[0].key.address, hex(10**18))
    anchor_all()
    anchor_all()
    assert held(public) == 2
    assert set(CheckpointAnchor.objects.values_list("state", flat=True)) <= {"included", "final"}
