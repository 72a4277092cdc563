from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.errors import ProofInvalid
from attest.log.checkpoint import Checkpoint, open_checkpoint
from attest.log.cosignature import CosignerKey, WitnessKey, cosigned_at
from attest.log.keys import LogKey, LogKeyUnusable
from attest.log.note import Note, Signature, VerifierKey

LOG = LogKey("log.example.org/assay", bytes(range(32)))
WITNESS = CosignerKey("witness.example.org/w1", bytes(32))
NOTE = Note.parse(Checkpoint(LOG.vkey.name, 3, bytes(32)).signed(LOG))

# The example of C2SP tlog-cosignature.
PUBLIC = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501


def with_line(signature: Signature) -> Note:
    return Note(NOTE.text, (*NOTE.signatures, signature))


def test_the_specification_example_reads_as_it_says() -> None:
    line = Note.parse(PUBLIC).signatures[1]
    assert (line.name, line.key_hash.hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert (len(line.value), cosigned_at(line)) == (72, 1679315147)


@given(st.integers(0, 2**63 - 1))
def test_a_cosignature_verifies_with_its_time_and_not_with_another(time: int) -> None:
    signature = WITNESS.cosign(NOTE.text, time)
    assert cosigned_at(signature) == time
    assert WITNESS.vkey.line_of(with_line(signature)) == signature
    moved = (time ^ 1).to_bytes(8, "big") + signature.value[8:]
    assert not WITNESS.vkey.verify(NOTE.text, moved)
    assert not WITNESS.vkey.verify(NOTE.text + "x\n", signature.value)


def test_a_time_of_more_than_63_bits_is_neither_made_nor_read() -> None:
    with pytest.raises(ValueError, match="63 bits"):
        WITNESS.cosign(NOTE.text, 2**63)
    assert not WITNESS.vkey.verify(NOTE.text, b"\xff" * 72)
    assert not WITNESS.vkey.verify(NOTE.text, b"")


def test_a_note_without_the_witness_has_no_line_and_a_broken_line_is_refused() -> None:
    assert WITNESS.vkey.line_of(NOTE) is None
    broken = Signature(WITNESS.vkey.name, WITNESS.vkey.hash, bytes(72))
    with pytest.raises(ProofInvalid) as refused:
        WITNESS.vkey.line_of(with_line(broken))
    assert refused.value.code == "witness_signature_invalid"
    with pytest.raises(ProofInvalid) as refused:
        with_line(broken).verified_by([LOG.vkey, WITNESS.vkey])
    assert refused.value.code == "witness_signature_invalid"


def test_the_logs_own_verifier_ignores_a_witness_and_can_be_given_its_key() -> None:
    cosigned = with_line(WITNESS.cosign(NOTE.text, 7))
    assert open_checkpoint(str(cosigned), LOG.vkey).size == 3
    assert set(cosigned.verified_by([LOG.vkey, WITNESS.vkey])) == {LOG.vkey, WITNESS.vkey}


def test_a_log_key_is_no_witness_key_and_the_other_way_round() -> None:
    assert WitnessKey.parse(str(WITNESS.vkey)) == WITNESS.vkey
    assert WITNESS.vkey.hash != VerifierKey(WITNESS.vkey.name, WITNESS.vkey.public_key).hash
    with pytest.raises(ProofInvalid) as refused:
        WitnessKey.parse(str(LOG.vkey))
    assert refused.value.code == "witness_key_malformed"
    with pytest.raises(ProofInvalid) as refused:
        VerifierKey.parse(str(WITNESS.vkey))
    assert refused.value.code == "log_key_malformed"


def test_a_witness_key_file_is_not_taken_for_a_log_key(tmp_path: Path) -> None:
    made = CosignerKey.load_or_create(tmp_path / "key", "witness.example.org/w1")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert CosignerKey.load(tmp_path / "key").vkey == made.vkey
    with pytest.raises(LogKeyUnusable):
        LogKey.load(tmp_path / "key")
