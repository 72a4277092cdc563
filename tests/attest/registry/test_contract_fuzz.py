"""The contract and the Python verifier accept and refuse the same proofs, valid ones and damaged ones.

Valid proofs come from a third place, the recursive definitions of RFC 6962 sections 2.1.1 and 2.1.2, with
made-up nodes: neither verifier is asked what a valid proof looks like, and trees of 2^64 leaves cost nothing.
"""

import random
from collections import Counter

import pytest

from attest.errors import ProofInvalid
from attest.log import merkle
from benchmarks import deep_log

pytestmark = pytest.mark.network

CASES = 6_000  # of each kind
BATCH = 500
LARGEST = (1 << 64) - 1


def test_inclusion_proofs_have_the_same_verdict_in_python_and_in_the_contract(client, registry):
    chance = random.Random(6962)
    cases = []
    for _ in range(CASES):
        size = _size(chance)
        index = chance.randrange(size)
        leaf = chance.randbytes(32)
        root, path = deep_log.inclusion(index, size, leaf, chance)
        case = [leaf, index, size, root, path]
        cases.append((_damage(case, chance, numbers=(1, 2), hashes=(0, 3)), case))
    _compare(client, registry, "verifyInclusion", cases, _included)


def test_consistency_proofs_have_the_same_verdict_in_python_and_in_the_contract(client, registry):
    chance = random.Random(9162)
    cases = []
    for _ in range(CASES):
        second = _size(chance)
        first = chance.choice([chance.randint(1, second), 1 << chance.randrange(second.bit_length()), second])
        first_root, second_root, path = deep_log.consistency(first, second, chance)
        case = [first, first_root, second, second_root, path]
        cases.append((_damage(case, chance, numbers=(0, 2), hashes=(1, 3)), case))
    _compare(client, registry, "verifyConsistency", cases, _consistent)


def test_every_pair_of_sizes_of_a_small_log_is_proved_and_no_proof_serves_another_pair(
    client, registry, make_log
):
    log = make_log(12)
    pairs = [(first, second) for second in range(1, 13) for first in range(1, second + 1)]
    proofs = {pair: log.consistency(*pair) for pair in pairs}
    calls = [
        ("verifyConsistency", (first, log.root(first), second, log.root(second), proofs[other]))
        for first, second in pairs
        for other in pairs
    ]
    answers = _asked(client, registry, calls)
    expected = [proofs[pair] == proofs[other] for pair in pairs for other in pairs]
    assert answers == expected


def _compare(client, registry, name, cases, holds):
    answers = _asked(client, registry, [(name, tuple(case)) for _, case in cases])
    verdicts = Counter()
    for (damage, case), accepted in zip(cases, answers, strict=True):
        assert accepted == holds(case), f"{name} differs after {damage}: {case}"
        verdicts[damage, accepted] += 1
    assert verdicts["none", False] == 0, "a valid proof was refused"
    assert min(verdicts["none", True], sum(verdicts.values()) - verdicts["none", True]) > CASES // 4
    assert all(verdicts[damage, False] for damage in _DAMAGES), "a kind of damage that nobody noticed"


def _asked(client, registry, calls):
    answers = []
    for begin in range(0, len(calls), BATCH):
        answers += [bool(answer) for (answer,) in client.read_many(registry, calls[begin : begin + BATCH])]
    return answers


def _included(case):
    leaf, index, size, root, path = case
    return _holds(merkle.verify_inclusion, index, size, leaf, path, root)


def _consistent(case):
    first, first_root, second, second_root, path = case
    return _holds(merkle.verify_consistency, first, second, first_root, second_root, path)


def _holds(check, *arguments):
    try:
        check(*arguments)
    except ProofInvalid:
        return False
    return True


def _size(chance):
    """Small trees, trees around a power of two, and any up to 2^64 - 1."""
    return chance.choice(
        [
            chance.randint(1, 70),
            max(1, min(LARGEST, (1 << chance.randrange(65)) + chance.randint(-1, 1))),
            chance.randint(1, 1 << chance.randint(1, 63)),
            chance.randint(1 << 63, LARGEST),
        ]
    )


_DAMAGES = ("number", "power", "hash", "exchange", "drop", "cut", "insert", "append", "flip", "swap", "twice")


def _damage(case, chance, numbers, hashes):
    """Half the time nothing; else one change to a number, a hash or the proof (the last item). Names it."""
    kind = "none" if chance.random() < 0.5 else chance.choice(_DAMAGES)
    path = case[-1]
    if kind == "none":
        return kind
    if kind in ("number", "power"):
        place = chance.choice(numbers)
        delta = (
            chance.choice([-2, -1, 1, 2])
            if kind == "number"
            else chance.choice([-1, 1]) << chance.randrange(64)
        )
        case[place] = min(LARGEST, max(0, case[place] + delta))
    elif kind == "hash":
        case[chance.choice(hashes)] = chance.randbytes(32)
    elif kind == "exchange":
        left, right = hashes
        case[left], case[right] = case[right], case[left]
    elif kind == "insert":
        path.insert(chance.randint(0, len(path)), chance.randbytes(32))
    elif kind == "append":
        path += [path[-1] if path else bytes(32)] * chance.randint(1, 3)
    elif not path:
        path.append(case[hashes[0]])
    elif kind == "drop":
        path.pop(chance.randrange(len(path)))
    elif kind == "cut":
        del path[chance.randrange(len(path)) :]
    elif kind == "flip":
        place, bit = chance.randrange(len(path)), 1 << chance.randrange(256)
        path[place] = (int.from_bytes(path[place], "big") ^ bit).to_bytes(32, "big")
    elif kind == "swap":
        place = chance.randrange(len(path))
        path[place], path[0] = path[0], path[place]
    elif kind == "twice":
        place = chance.randrange(len(path))
        path[place] = path[place - 1]
    return kind
