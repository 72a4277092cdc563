"""Recordings that carry no manifest: it lies beside them, and not a byte of them changes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.inspection import Credential, History, Origin
from provenance.inspection.reader import Inspector
from provenance.manifests import formats
from provenance.manifests.manifest import Declaration, SourceType
from provenance.manifests.writer import ManifestWriter

Make = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        ("ogg", "vorbis"),
        ("webm", "libvpx"),
        ("mkv", "ffv1"),
        ("avi", "mpeg4"),
        ("aiff", "pcm_s16be"),
        ("aac", "aac"),
        ("ts", "mpeg2video"),
    ],
)
def test_a_recording_is_signed_beside_its_bytes_and_guarded_against_change(
    encoded: Make,
    suffix: str,
    codec: str,
    writer: ManifestWriter,
    inspector: Inspector,
    human: Declaration,
    tmp_path: Path,
) -> None:
    source = encoded(suffix, codec)
    made = writer.sign(from_path(source, Limits()), human, tmp_path, "out")
    assert not made.embedded
    assert made.signed_path == tmp_path / f"out.{suffix}"
    assert made.signed_path.read_bytes() == source.read_bytes()
    signed = from_path(made.signed_path, Limits())
    found = inspector.inspect(signed, made.store_path)
    assert (found.credential, found.origin) == (Credential.TRUSTED, Origin.HUMAN)
    assert inspector.inspect(signed).credential is Credential.NONE

    content = bytearray(source.read_bytes())
    content[len(content) * 2 // 3] ^= 1
    (tmp_path / "changed").write_bytes(content)
    changed = replace(signed, path=tmp_path / "changed")
    assert inspector.inspect(changed, made.store_path).credential is Credential.INVALID


def test_what_follows_the_first_riff_of_a_long_avi_stays_in_it(
    encoded: Make, writer: ManifestWriter, human: Declaration, tmp_path: Path
) -> None:
    source = encoded("avi", "mpeg4")
    more = b"AVIXLIST\x10\0\0\0movi00dc\x04\0\0\0more"
    source.write_bytes(source.read_bytes() + b"RIFF" + len(more).to_bytes(4, "little") + more)
    made = writer.sign(from_path(source, Limits()), human, tmp_path, "out")
    assert made.signed_path.read_bytes() == source.read_bytes()


def test_credentials_that_somebody_else_put_into_an_avi_are_read_and_kept(
    encoded: Make,
    writer: ManifestWriter,
    inspector: Inspector,
    human: Declaration,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = from_path(encoded("avi", "mpeg4"), Limits())
    with monkeypatch.context() as theirs:
        theirs.setattr(formats, "EMBEDDABLE", formats.EMBEDDABLE | {source.media_type})
        foreign = writer.sign(source, human, tmp_path, "theirs")
    assert foreign.embedded
    signed = from_path(foreign.signed_path, Limits())
    assert inspector.inspect(signed).credential is Credential.TRUSTED

    made = writer.sign(signed, Declaration(SourceType.AI_EDITED, "edited"), tmp_path, "ours")
    found = inspector.inspect(from_path(made.signed_path, Limits()), made.store_path)
    assert not made.embedded
    assert (found.credential, found.history) == (Credential.TRUSTED, History.INTACT)
    assert found.origin is Origin.AI_EDITED


def test_a_recording_without_credentials_may_be_a_parent(
    encoded: Make,
    jpeg: Path,
    writer: ManifestWriter,
    inspector: Inspector,
    tmp_path: Path,
) -> None:
    still = Declaration(SourceType.COMPOSITE, "a still", (encoded("mkv", "ffv1"),))
    made = writer.sign(from_path(jpeg, Limits()), still, tmp_path, "out")
    assert inspector.inspect(from_path(made.signed_path, Limits())).credential is Credential.TRUSTED
