"""The gas of each kind of transaction, to the unit, as committed in contracts/gas-snapshot.json.

`python -m benchmarks.gas_snapshot` writes that file. Keys, logs and nodes are the same in every run, so the
gas is, too: a test compares it with the file.
"""

import json
import random

from attest.registry import contract
from attest.registry.signing import sign_checkpoint
from benchmarks import deep_log
from benchmarks.evm import Evm, evm
from service.settings.env import PROJECT

SNAPSHOT = PROJECT / "contracts" / "gas-snapshot.json"
_DEADLINE = 1 << 40
_BASE = 1_234_567
_CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"


def taken() -> dict[str, int]:
    """Gas by kind of transaction, on a fresh chain."""
    with evm() as chain:
        chance = random.Random(6962)
        gas = {"deploy": chain.create(contract.init_code())[1]}
        registry = chain.registry()
        return gas | _checkpoints(chain, registry, chance) | _others(chain, registry, chance)


def _log(chain: Evm, registry: str, number: int, vkey: bytes) -> tuple[str, int]:
    """A new log's id, and the gas of registering it."""
    origin = f"log{number:03d}.example.org/assay"
    return contract.log_id(chain.key.address, origin), chain.gas(
        registry, contract.register_data(origin, vkey)
    )


def _checkpoints(chain: Evm, registry: str, chance: random.Random) -> dict[str, int]:
    gas: dict[str, int] = {}
    steps = {
        "checkpoint +1": (_BASE, _BASE + 1),
        "checkpoint +1,000": (_BASE, _BASE + 1_000),
        "checkpoint +10,000": (_BASE, _BASE + 10_000),
        "checkpoint doubling": (1 << 20, 1 << 21),
        # All nodes but one are hashed into both roots.
        "checkpoint, the dearest of 20 nodes": ((1 << 19) - 1, 1 << 19),
        "checkpoint, the dearest of 32 nodes": ((1 << 31) - 1, 1 << 31),
    }
    for number, (name, (first, second)) in enumerate(steps.items()):
        old, new, proof = deep_log.consistency(first, second, chance)
        log, gas["register"] = _log(chain, registry, number, chance.randbytes(32))
        gas["checkpoint, the first"] = chain.gas(registry, contract.checkpoint_data(log, first, old, []))
        gas[name] = chain.gas(registry, contract.checkpoint_data(log, second, new, proof))
        gas["checkpoint, the last again"] = chain.gas(
            registry, contract.checkpoint_data(log, second, new, [])
        )
    return gas


def _others(chain: Evm, registry: str, chance: random.Random) -> dict[str, int]:
    old, new, proof = deep_log.consistency(_BASE, _BASE + 10, chance)
    log, _ = _log(chain, registry, 100, chance.randbytes(32))
    named = contract.as_bytes32(log)
    v, r, s = sign_checkpoint(
        chain.key,
        chain_id=chain.client.chain_id,
        registry=registry,
        log=log,
        size=_BASE,
        root=old,
        deadline=_DEADLINE,
    )
    cids, said = [_CID] * 10, ['{"leaf":0}'] * 10
    submitter = chain.account("submitter")
    calls = {
        "checkpoint by signature, the first": contract.call_data(
            "checkpointBySig", named, _BASE, old, [], _DEADLINE, v, r, s
        ),
        "checkpoint +10 with 10 commits": contract.call_data(
            "checkpointWithCommits", named, _BASE + 10, new, proof, cids, said
        ),
        "revoke, first of a word": contract.revoke_data(log, [70]),
        "revoke, further in a word": contract.revoke_data(log, [71]),
        "revoke, 256 of a word": contract.revoke_data(log, range(512, 768)),
        "revoke, 256 words": contract.revoke_data(log, range(1 << 20, (1 << 20) + (256 << 8), 256)),
        "commit": contract.call_data("commit", _CID, '{"leaf":0}'),
        "publish 10 soft bindings": contract.call_data(
            "publishSoftBindings",
            named,
            [chance.randbytes(32) for _ in range(10)],
            '{"endpoints":["https://a"]}',
        ),
        "set a submitter": contract.call_data("setSubmitter", named, submitter.address, True),
        "rotate the key": contract.call_data("rotateKey", named, chance.randbytes(32)),
    }
    return {name: chain.gas(registry, data) for name, data in calls.items()}


def main() -> None:
    """Write the snapshot."""
    SNAPSHOT.write_text(json.dumps(taken(), indent=1) + "\n")


if __name__ == "__main__":
    main()
