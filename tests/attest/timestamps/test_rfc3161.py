import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from attest.errors import AttestError
from attest.outside import OutsideUnavailable
from attest.timestamps.imprint import stamped_digest
from attest.timestamps.rfc3161 import TimestampInvalid, check, stamp
from tests.pki import Authority, pem
from tests.pki_servers import Stamping, TimeStampAuthority

pytestmark = pytest.mark.network

TEXT = b"log.example.org/assay\n3\nMsKnxjk4YDqFT3MyEJ5fbqegURw2FVKitJifdtsV83o=\n"
DIGEST = sha256(TEXT).digest()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture
def tsa(authority: Authority, tmp_path: Path) -> Iterator[TimeStampAuthority]:
    with TimeStampAuthority(authority, tmp_path) as made:
        yield made


def test_a_real_authority_stamps_and_the_token_holds_up_to_its_root(
    tsa: TimeStampAuthority, authority: Authority
) -> None:
    token = stamp(tsa.url, TEXT)
    assert abs(token.time - datetime.now(UTC)) < timedelta(minutes=1)
    assert check(token.data, DIGEST) == check(token.data, DIGEST, [authority.root]) == token.time
    assert stamped_digest("rfc3161", token.data) == DIGEST


def test_openssl_accepts_what_was_kept(tsa: TimeStampAuthority, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "token.der").write_bytes(stamp(tsa.url, TEXT).data)
    (tmp_path / "text").write_bytes(TEXT)
    (tmp_path / "root.pem").write_bytes(pem(authority.root))
    command = ["openssl", "ts", "-verify", "-data", "text", "-in", "token.der", "-token_in"]
    done = subprocess.run(
        [*command, "-CAfile", "root.pem"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Verification: OK" in done.stdout, done.stderr


def test_a_token_of_something_else_or_under_another_root_is_refused(tsa: TimeStampAuthority) -> None:
    token = stamp(tsa.url, TEXT).data
    with pytest.raises(TimestampInvalid, match="something else"):
        check(token, sha256(b"other").digest())
    with pytest.raises(TimestampInvalid, match="signature"):
        check(token, DIGEST, [Authority.create("Somebody else").root])


def test_no_changed_token_passes(tsa: TimeStampAuthority, authority: Authority) -> None:
    token = stamp(tsa.url, TEXT).data
    passed = 0
    for at in range(0, len(token), 7):
        changed = token[:at] + bytes([token[at] ^ 1]) + token[at + 1 :]
        try:
            # What is left are bytes that nothing signs; the time and the digest must be the same.
            assert check(changed, DIGEST, [authority.root]) == check(token, DIGEST)
            passed += 1
        except AttestError:
            continue
    assert passed < len(token) / 7 / 4


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (Stamping.DOWN, OutsideUnavailable),
        (Stamping.ERROR, OutsideUnavailable),
        (Stamping.GARBAGE, TimestampInvalid),
    ],
)
def test_an_authority_in_trouble_is_said(
    tsa: TimeStampAuthority, state: Stamping, error: type[Exception]
) -> None:
    tsa.state = state
    with pytest.raises(error):
        stamp(tsa.url, TEXT)


def test_an_answer_to_another_request_is_refused(
    tsa: TimeStampAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tsa.reply
    kept: list[tuple[int, str, bytes]] = []

    def replay(body: bytes) -> tuple[int, str, bytes] | None:
        if not kept:
            found = first(body)
            assert found is not None
            kept.append(found)
        return kept[0]

    monkeypatch.setattr(tsa, "reply", replay)
    stamp(tsa.url, TEXT)
    with pytest.raises(TimestampInvalid, match="another request"):
        stamp(tsa.url, TEXT)


@pytest.mark.parametrize("noise", [b"", b"x", b"\x30\x00", b"\x30\x80" * 100, bytes(70_000)])
def test_noise_is_no_time_stamp(noise: bytes) -> None:
    with pytest.raises(TimestampInvalid):
        check(noise, DIGEST)
