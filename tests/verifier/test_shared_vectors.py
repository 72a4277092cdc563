"""The vectors that every verifier runs: our own proofs, and the public ones of RFC 6962 and tlog-tiles."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.verifier.conftest import ROOT, Ask, b64

PROOFS = ROOT / "attest" / "proofs" / "vectors"


def proof_vectors() -> list[dict[str, Any]]:
    found = [each for path in sorted(PROOFS.glob("*.json")) for each in json.loads(path.read_text())]
    if not found:
        pytest.skip("attest/proofs/vectors holds no vectors in this checkout")
    return found


def task_of(vector: dict[str, Any]) -> dict[str, Any]:
    bundle = vector["bundle"]
    text = bundle if isinstance(bundle, str) else json.dumps(bundle)
    pins = {
        "logKey": vector["log_key"],
        "witnesses": vector["witnesses"],
        "blockHashes": vector["block_hashes"],
        "logIds": vector.get("log_ids", []),
    }
    return {"op": "verify", "proof": b64(text.encode()), "digests": vector["digests"], "pins": pins}


def outcome(answer: dict[str, Any]) -> dict[str, Any]:
    if "refused" in answer:
        return {"result": "refused", "code": answer["refused"], "problems": []}
    said = answer["value"]
    return {
        "result": said["result"],
        "code": None,
        "problems": sorted({each["code"] for each in said["problems"]}),
    }


def test_every_proof_vector_ends_as_published(ask: Ask) -> None:
    vectors = proof_vectors()
    answers = ask([task_of(each) for each in vectors])
    wrong = {
        vector["name"]: outcome(answer)
        for vector, answer in zip(vectors, answers, strict=True)
        if outcome(answer) != vector["expect"] | {"problems": sorted(set(vector["expect"]["problems"]))}
    }
    assert wrong == {}
    assert {each["expect"]["result"] for each in vectors} == {"verified", "refused", "revoked"}


def probes(shared: Path, kind: str) -> list[dict[str, Any]]:
    found = sorted((shared / "vectors" / "rfc6962" / "testdata" / kind).rglob("*.json"))
    assert found
    return [{"name": str(path), **json.loads(path.read_text())} for path in found]


def judge(cases: list[dict[str, Any]], answers: list[dict[str, Any]], code: str) -> None:
    wrong = [
        case["name"]
        for case, answer in zip(cases, answers, strict=True)
        if answer.get("refused") != (code if case["wantErr"] else None)
    ]
    assert wrong == []
    assert {case["wantErr"] for case in cases} == {True, False}


def test_public_inclusion_probes_are_judged_as_published(ask: Ask, shared: Path) -> None:
    cases = probes(shared, "inclusion")
    tasks = [
        {
            "op": "inclusion",
            # As text: some are beyond what a JavaScript number holds.
            "index": str(case["leafIdx"]),
            "size": str(case["treeSize"]),
            "leaf": case["leafHash"] or "",
            "proof": case["proof"] or [],
            "root": case["root"] or "",
        }
        for case in cases
    ]
    judge(cases, ask(tasks), "inclusion_invalid")


def test_public_consistency_probes_are_judged_as_published(ask: Ask, shared: Path) -> None:
    # Stand-ins of other lengths for roots, where only the sizes matter, are refused by ours; and so is a
    # proof from the empty tree, which says nothing.
    cases = [
        case | {"wantErr": case["wantErr"] or case["size1"] == 0 or is_stand_in(case)}
        for case in probes(shared, "consistency")
    ]
    tasks = [
        {
            "op": "consistency",
            "size1": str(case["size1"]),
            "size2": str(case["size2"]),
            "root1": case["root1"] or "",
            "root2": case["root2"] or "",
            "proof": case["proof"] or [],
        }
        for case in cases
    ]
    judge(cases, ask(tasks), "consistency_invalid")


def is_stand_in(case: dict[str, Any]) -> bool:
    return any(len(case[name] or "") != 44 for name in ("root1", "root2"))


def test_the_public_log_is_rebuilt_from_its_entry_bundles(ask: Ask, shared: Path) -> None:
    log = shared / "vectors" / "tlog-tiles" / "testdata" / "log"
    notes = {path: path.read_text() for path in sorted(log.glob("checkpoint*"))}
    heads = [
        each["value"] for each in ask([{"op": "checkpointText", "note": note} for note in notes.values()])
    ]
    sizes = [int(head["size"]) for head in heads if head["size"] != "0"]
    assert len(set(sizes)) == 15
    bundles = [(log / "tile" / "entries" / "000.p" / str(size)).read_bytes() for size in sizes]
    asked = [
        {"op": "bundle", "data": b64(data), "width": size} for size, data in zip(sizes, bundles, strict=True)
    ]
    rebuilt = [each["value"] for each in ask(asked)]
    assert [each["root"] for each in rebuilt] == [head["root"] for head in heads if head["size"] != "0"]
    tiles = [b64((log / "tile" / "0" / "000.p" / str(size)).read_bytes()) for size in sizes]
    assert [each["tile"] for each in rebuilt] == tiles
    cut = [{"op": "bundle", "data": b64(bundles[0][:-1]), "width": sizes[0]}]
    assert ask(cut)[0]["refused"] == "tile_malformed"
