"""Evidence from a real chain, checked by the verifier in JavaScript with nothing but a block hash."""

from typing import Any

import pytest

from attest.registry import contract, embedded
from tests.verifier.conftest import b64, run

evidence = pytest.importorskip(
    "attest.registry.evidence", reason="nothing captures evidence in this checkout"
)

pytestmark = pytest.mark.network
SIZE, REVOKED = 300, 260


def test_a_real_chains_evidence_adds_up_and_another_claim_does_not(
    client, chain, send, registry, key, origin, make_log
) -> None:
    log, log_id = make_log(SIZE), contract.log_id(key.address, origin)
    assert send(registry, contract.checkpoint_data(log_id, SIZE, log.root(), ())).succeeded
    assert send(registry, contract.revoke_data(log_id, [REVOKED])).succeeded
    embedded.settle(chain.url)
    stamp = client.anchored_at(registry, log_id, SIZE, log.root())
    found = evidence.capture(client, registry, log_id, SIZE, log.root(), words=[0, 1])

    def task(index: int, **changes: Any) -> dict[str, Any]:
        anchor = {
            "registry": registry,
            "logId": log_id,
            "size": SIZE,
            "root": b64(log.root()),
            "block": stamp.block,
            "time": stamp.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "evidence": {
                "block": found.block,
                "header": b64(found.header),
                "account": [b64(node) for node in found.account],
                "storage": [b64(node) for node in found.storage],
                "revocation": [b64(node) for node in found.revocation[index >> 8]],
            },
        }
        return {"op": "evidence", "index": index, "anchor": anchor | changes}

    honest = run(
        [task(4), task(REVOKED - 1), task(REVOKED), {"op": "logId", "owner": key.address, "origin": origin}]
    )
    block_hash = client.block(found.block).hash
    assert [each["value"] for each in honest[:3]] == [
        {"blockHash": block_hash, "revoked": revoked} for revoked in (False, False, True)
    ]
    assert honest[3]["value"] == log_id
    others = [
        {"size": SIZE - 1},
        {"root": b64(bytes(32))},
        {"logId": "0x" + "11" * 32},
        {"block": stamp.block - 1},
        {"registry": "0x" + "11" * 20},
    ]
    assert {each.get("refused") for each in run([task(4, **other) for other in others])} == {
        "evidence_invalid"
    }
