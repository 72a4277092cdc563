"""A look at each endpoint of a chain by itself, for people: who answers, how far on, and who differs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from attest.errors import AttestError
from attest.registry.client import Block, RegistryClient
from attest.registry.pool import STALE_BLOCKS, STALE_SECONDS

STANDING_STILL = 600
DEPTH = 64  # where all honest endpoints of a living chain agree, whoever is ahead


@dataclass(frozen=True, slots=True)
class Probe:
    """What one endpoint says of itself. `code` and `problem` are empty where nothing is wrong.

    `milliseconds` is how long its newest block took to come; `name` never holds more than scheme and host.
    """

    name: str
    chain_id: int | None = None
    block: int | None = None
    block_time: datetime | None = None
    finalized: int | None = None
    milliseconds: float = 0.0
    code: str = ""
    problem: str = ""


def probe(urls: Sequence[str], chain_id: int | None = None, timeout: float = 5.0) -> tuple[Probe, ...]:
    """Ask each of a chain's endpoints, and hold them against one another; raises nothing.

    `chain_id` is the chain they must serve, None for the one that most of them serve.
    """
    clients = [RegistryClient(url, chain_id, timeout) for url in urls]
    try:
        found = [_look(client) for client in clients]
        return _compared(clients, _on_one_chain(found))
    finally:
        for client in clients:
            client.close()


def _look(client: RegistryClient) -> Probe:
    began = time.monotonic()
    try:
        newest = client.block("latest")
        took = (time.monotonic() - began) * 1000
        finalized = client.block("finalized")
        served = client.chain_id
    except AttestError as error:
        return Probe(client.rpc.name, code=error.code, problem=str(error))
    found = Probe(
        client.rpc.name,
        chain_id=served,
        block=newest.number if newest else None,
        block_time=newest.time if newest else None,
        finalized=finalized.number if finalized else None,
        milliseconds=took,
    )
    if newest is None:
        return replace(found, code="chain_unavailable", problem=f"{client.rpc.name} has no newest block.")
    # A local chain mines on demand; any other that stands still is stale, or our own clock is wrong.
    age = (datetime.now(UTC) - newest.time).total_seconds()
    if client.trust != "none" and abs(age) > STANDING_STILL:
        odd = f"Its newest block is {age:.0f} s old; if that is not so, this machine's clock is wrong."
        return replace(found, code="chain_stale", problem=odd)
    return found


def _on_one_chain(found: list[Probe]) -> list[Probe]:
    """Mark those that serve another chain than most do."""
    ids = [each.chain_id for each in found if each.chain_id is not None]
    if len(set(ids)) < 2:
        return found
    usual = max(ids, key=ids.count)
    return [
        replace(each, code="chain_mismatch", problem=f"It serves chain {each.chain_id}, others {usual}.")
        if each.chain_id not in (None, usual)
        else each
        for each in found
    ]


def _compared(clients: Sequence[RegistryClient], found: list[Probe]) -> tuple[Probe, ...]:
    """Mark those that lag behind the furthest, and all where they tell different histories."""
    well = [
        (place, each.block, each.block_time)
        for place, each in enumerate(found)
        if not each.code and each.block is not None and each.block_time is not None
    ]
    if len(well) < 2:
        return tuple(found)
    _, head, moment = max(well, key=lambda each: each[1])
    for place, block, block_time in well:
        blocks, seconds = head - block, (moment - block_time).total_seconds()
        if blocks >= STALE_BLOCKS and seconds >= STALE_SECONDS:
            behind = f"It is {blocks} blocks ({seconds:.0f} s) behind the furthest."
            found[place] = replace(found[place], code="chain_stale", problem=behind)
    depth = max(0, min(block for _, block, _ in well) - DEPTH)
    told = {place: _block(clients[place], depth) for place, _, _ in well}
    if len({each.hash for each in told.values() if each}) > 1:
        for place, each in told.items():
            if each is not None and not found[place].code:
                sentence = f"Its block {depth} is {each.hash[:12]}…, and another endpoint's is not."
                found[place] = replace(found[place], code="chain_disagreement", problem=sentence)
    return tuple(found)


def _block(client: RegistryClient, number: int) -> Block | None:
    try:
        return client.block(number)
    except AttestError:
        return None
