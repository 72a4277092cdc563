"""The parts that JavaScript does not bring along, held to other implementations of the same specification."""

import base64
import hashlib
import json
import random
from typing import Any

import pytest
from Crypto.Hash import keccak

from attest.log.leaf import parse_time
from tests.verifier.conftest import ROOT, Ask, b64

ARTIFACT = ROOT / "contracts" / "artifacts" / "AssayRegistry.json"
RANDOM = random.Random(2026)


def blobs() -> list[bytes]:
    """Every length around the block sizes of both hashes, and some long ones."""
    lengths = [*range(300), 1087, 1088, 1089, 4096, 65_537]
    return [RANDOM.randbytes(length) for length in lengths]


def test_sha_256_in_any_pieces_is_that_of_the_platform_and_of_python(ask: Ask) -> None:
    cases = [(data, [RANDOM.randrange(1 + len(data) // 2) for _ in range(3)]) for data in blobs()]
    answers = ask([{"op": "sha256", "data": b64(data), "pieces": pieces} for data, pieces in cases])
    for (data, _), answer in zip(cases, answers, strict=True):
        expected = hashlib.sha256(data).hexdigest()
        assert answer["value"] == {"own": expected, "platform": expected, "file": expected}


def test_a_file_of_several_chunks_has_the_digest_of_its_bytes(ask: Ask) -> None:
    data = RANDOM.randbytes(9 * 1024 * 1024 + 5)
    answer = ask([{"op": "sha256", "data": b64(data), "pieces": []}])[0]
    assert set(answer["value"].values()) == {hashlib.sha256(data).hexdigest()}


def test_keccak_256_is_that_of_another_library(ask: Ask) -> None:
    cases = blobs()
    answers = ask([{"op": "keccak", "data": b64(data)} for data in cases])
    assert [each["value"] for each in answers] == [
        keccak.new(digest_bits=256, data=data).hexdigest() for data in cases
    ]


def test_the_registries_are_those_of_the_committed_contract(ask: Ask) -> None:
    artifact = json.loads(ARTIFACT.read_text())
    known = ask([{"op": "registries"}])[0]["value"]
    code = artifact.get("runtimeKeccak256")
    if code is not None:
        assert known.get(code) == artifact["storage"], "put it into verifier/registries.mjs"


def test_both_verifiers_know_the_same_registries(ask: Ask) -> None:
    layout = pytest.importorskip(
        "attest.proofs.layout", reason="the verifier in Python reads no evidence yet"
    )
    known = ask([{"op": "registries"}])[0]["value"]
    for code, slots in layout.KNOWN.items():
        expected = {"anchored": slots.anchored, "revokedWord": slots.revoked_word}
        assert known.get(code.hex()) == expected, "put it into verifier/registries.mjs"


def plain(value: Any) -> Any:
    """As the driver shows JSON: names in order, numbers that are not whole and exact told apart."""
    if isinstance(value, tuple):
        return ["object", [[name, plain(each)] for name, each in value]]
    if isinstance(value, list):
        return ["array", [plain(each) for each in value]]
    if isinstance(value, float) or (type(value) is int and abs(value) > 2**53 - 1):
        return ["inexact"]
    return value


def pairs(found: list[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    if len({name for name, _ in found}) != len(found):
        raise ValueError("a name comes twice")
    return tuple(found)


def constant(name: str) -> None:
    raise ValueError(name)


def read(text: str) -> Any:
    """Python's strict reading of the same text, or None where it refuses."""
    try:
        return plain(json.loads(text, object_pairs_hook=pairs, parse_constant=constant))
    except ValueError:
        return "refused"


SEEDS = [
    '{"a": [1, 2, {"b": null}], "c": "x\\u00e9\\n\\"", "d": true, "e": -5, "f": 9007199254740991}',
    '[[], {}, "", 0, 12, 9007199254740992, -9007199254740993, 1.5, 1e3, "\\ud83d\\ude00", "\\/"]',
    ' { "__proto__" : { "constructor" : 1 } , "toString":[ false ] } ',
    '{"a":1,"a":2}',
    "[-0, -1, 0]",
]


def mutated(text: str) -> str:
    letters = list(text)
    for _ in range(RANDOM.randint(1, 3)):
        at = RANDOM.randrange(len(letters) or 1)
        match RANDOM.randrange(4):
            case 0:
                del letters[at : at + RANDOM.randint(1, 4)]
            case 1:
                letters.insert(at, RANDOM.choice('{}[]":,\\ \n\t0123456789.eE+-utrfn\u00a0\x00\x7f'))
            case 2:
                letters[at : at + 1] = RANDOM.choice(
                    ['"a":1,', "00", "1.0", "\\u00", "NaN", "\ufeff", "{}", "'"]
                )
            case _:
                letters[at : at + 1] = letters[:at][-RANDOM.randint(1, 9) :]
    return "".join(letters)


def test_json_is_read_as_strictly_as_python_reads_it(ask: Ask) -> None:
    texts = [*SEEDS, *(mutated(RANDOM.choice(SEEDS)) for _ in range(5000))]
    answers = ask([{"op": "json", "text": text} for text in texts])
    wrong = [
        (text, answer)
        for text, answer in zip(texts, answers, strict=True)
        if answer.get("value", "refused") != read(text)
    ]
    assert wrong == []
    assert 500 < sum("value" in each for each in answers) < len(texts) - 500


def test_json_that_python_takes_and_a_proof_must_not_have_is_refused(ask: Ask) -> None:
    deep = "[" * 70 + "]" * 70
    texts = [deep, '{"a":1,"\\u0061":2}']
    assert [each.get("refused") for each in ask([{"op": "json", "text": text} for text in texts])] == [
        "SyntaxError"
    ] * len(texts)


def test_base64_has_one_spelling(ask: Ask) -> None:
    raws = [RANDOM.randbytes(length) for length in range(40)]
    answers = ask([{"op": "base64", "text": b64(raw)} for raw in raws])
    assert [base64.b64decode(each["value"]) for each in answers] == raws
    second = [
        "=",
        "==",
        "====",
        "A",
        "AA",
        "AAA",
        "AA=",
        "AB==",
        "AAB=",
        "AA==A",
        "AA==\n",
        " AA==",
        "A-_=",
        "AAAA=",
        "AAAA====",
    ]
    assert [each.get("refused") for each in ask([{"op": "base64", "text": text} for text in second])] == [
        "TypeError"
    ] * len(second)


def test_times_are_read_as_python_reads_them(ask: Ask) -> None:
    texts = ["2026-11-23T07:30:00Z", "2024-02-29T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
    texts += ["2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z"]
    texts += ["2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-00T00:00:00Z"]
    texts += [
        "2026-01-01T00:00:00+00:00",
        "2026-01-01t00:00:00Z",
        "2026-01-01T00:00:00Z\n",
        "٢٠٢٦-01-01T00:00:00Z",
    ]

    def expected(text: str) -> int | str:
        try:
            return int(parse_time(text).timestamp())
        except ValueError:
            return "TypeError"

    answers = ask([{"op": "time", "text": text} for text in texts])
    assert [each.get("value", each.get("refused")) for each in answers] == [expected(text) for text in texts]
