import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attest.errors import ProofInvalid
from attest.log.checkpoint import Checkpoint, open_checkpoint
from attest.log.keys import LogKey, LogKeyUnusable
from attest.log.note import Note, VerifierKey

ORIGIN = "log.example.org/assay"
KEY = LogKey(ORIGIN, bytes(range(32)))
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(32))
NOTE = CHECKPOINT.signed(KEY)


def test_a_checkpoint_survives_signing_and_opening() -> None:
    assert open_checkpoint(NOTE, KEY.vkey) == CHECKPOINT
    assert str(Note.parse(NOTE)) == NOTE


def test_the_published_example_of_signed_note_verifies() -> None:
    # C2SP signed-note, "Example".
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
        "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert Note.parse(note).verified_by([key]) == (key,)


@settings(max_examples=300)
@given(st.data())
def test_a_changed_character_never_verifies(data) -> None:
    raw = bytearray(NOTE.encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((ProofInvalid, UnicodeDecodeError)):
        open_checkpoint(raw.decode(), KEY.vkey)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        NOTE.rstrip("\n"),
        NOTE + "\n",
        NOTE.replace("\n", "\r\n"),
        NOTE + NOTE.splitlines(keepends=True)[-1],
        NOTE.replace("— ", "- "),
        "\ud800" + NOTE,
        "x" * 70_000 + NOTE,
        f"{CHECKPOINT}\n" + "— a AAAAAAA=\n" * 101,
    ],
)
def test_a_malformed_note_is_refused(note: str) -> None:
    with pytest.raises(ProofInvalid) as refused:
        open_checkpoint(note, KEY.vkey)
    assert refused.value.code in {"note_malformed", "checkpoint_malformed"}


def test_signatures_of_unknown_keys_are_ignored_but_do_not_count() -> None:
    witness = LogKey("witness.example.org", bytes(32))
    cosigned = NOTE + str(witness.sign(str(CHECKPOINT)).signatures[0])
    assert open_checkpoint(cosigned, KEY.vkey) == CHECKPOINT
    only = str(witness.sign(str(CHECKPOINT)))
    with pytest.raises(ProofInvalid) as refused:
        open_checkpoint(only, KEY.vkey)
    assert refused.value.code == "checkpoint_signature_invalid"


def test_another_key_of_the_same_name_does_not_open_a_checkpoint() -> None:
    with pytest.raises(ProofInvalid) as refused:
        open_checkpoint(NOTE, LogKey(ORIGIN, bytes(32)).vkey)
    assert refused.value.code == "checkpoint_signature_invalid"
    with pytest.raises(ProofInvalid) as refused:
        open_checkpoint(NOTE, LogKey("other.example.org", bytes(32)).vkey)
    assert refused.value.code == "log_key_mismatch"


@pytest.mark.parametrize(
    "body",
    [
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n07\n{'A' * 43}=\n",
        f"{ORIGIN}\n-7\n{'A' * 43}=\n",
        f"{ORIGIN}\n7\n{'A' * 42}B=\n",
        f"{ORIGIN}\n7\nAAAA\n",
        f"{ORIGIN}\n7\n{'A' * 43}=\n\next\n",
        f"\n7\n{'A' * 43}=\n",
        f"{ORIGIN}\n7\n{'A' * 43}=",
    ],
)
def test_a_malformed_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(ProofInvalid) as refused:
        Checkpoint.parse(body)
    assert refused.value.code == "checkpoint_malformed"


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint(ORIGIN, 7, bytes(32), ("ext 1", "ext 2"))
    assert Checkpoint.parse(str(extended)) == extended


def test_a_verifier_key_survives_its_line_and_every_change_of_it_is_refused() -> None:
    line = str(KEY.vkey)
    assert VerifierKey.parse(line) == KEY.vkey
    for at in range(len(line)):
        changed = line[:at] + ("A" if line[at] != "A" else "B") + line[at + 1 :]
        with pytest.raises(ProofInvalid) as refused:
            VerifierKey.parse(changed)
        assert refused.value.code == "log_key_malformed"


def test_a_key_file_is_private_and_comes_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "log.key"
    made = LogKey.load_or_create(path, ORIGIN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert LogKey.load_or_create(path, ORIGIN).vkey == made.vkey
    assert [each.name for each in path.parent.iterdir()] == ["log.key"]
    # What is secret is base64 and may hold a "+" of its own.
    assert path.read_text().split("+", 4)[-1].strip() not in repr(made)


def test_of_two_makers_at_once_one_key_wins(tmp_path: Path) -> None:
    path, found = tmp_path / "log.key", []
    threads = [
        threading.Thread(target=lambda: found.append(LogKey.load_or_create(path, ORIGIN).vkey))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    LogKey.load_or_create(path, ORIGIN)
    path.chmod(0o644)
    with pytest.raises(LogKeyUnusable, match="0600"):
        LogKey.load(path)


@pytest.mark.parametrize("text", ["", "hello", "PRIVATE+KEY+a+b", "PRIVATE+KEY+a+00000000+AAAA", "\xff"])
def test_a_damaged_key_file_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.key"
    path.write_text(text, encoding="latin-1")
    path.chmod(0o600)
    with pytest.raises(LogKeyUnusable) as refused:
        LogKey.load(path)
    assert not text or text not in str(refused.value)


def test_a_key_of_another_log_is_refused(tmp_path: Path) -> None:
    LogKey.load_or_create(tmp_path / "log.key", ORIGIN)
    with pytest.raises(LogKeyUnusable, match="named"):
        LogKey.load_or_create(tmp_path / "log.key", "other.example.org")
