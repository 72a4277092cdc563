"""Time stamps from the first authority that answers, against real RFC 3161 responders on loopback."""

import io
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from PIL import Image

from provenance import sdk
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import KeyMaterialInvalid, SignerUnavailable
from provenance.inspection.inspection import Credential, SigningTime
from provenance.inspection.reader import Inspector
from provenance.keys.signer import raw_signature
from provenance.manifests.definition import definition
from provenance.manifests.manifest import Declaration, SourceType
from provenance.manifests.signing import REST_SECONDS, Signing
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from tests.pki import Authority, Signer
from tests.pki_servers import LoopbackServer, Stamping, TimeStampAuthority

pytestmark = pytest.mark.network
HUMAN = Declaration(SourceType.HUMAN, "A photograph")
NOBODY = "http://127.0.0.1:1/"


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Saying(LoopbackServer):
    """A server that says the same whatever it is asked."""

    def __init__(self, content: bytes, content_type: str = "application/timestamp-reply") -> None:
        super().__init__()
        self.content, self.content_type = content, content_type

    def reply(self, body: bytes) -> tuple[int, str, bytes] | None:
        return 200, self.content_type, self.content


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create("Die Zeitung")


@pytest.fixture(scope="module")
def clockmakers() -> Authority:
    """Whoever certifies the time-stamping authorities."""
    return Authority.create("Clockmakers")


@pytest.fixture(scope="module")
def key(authority: Authority) -> Signer:
    return authority.issue()


@pytest.fixture
def tsas(clockmakers: Authority, tmp_path: Path) -> Iterator[tuple[TimeStampAuthority, TimeStampAuthority]]:
    with ExitStack() as running:
        folders = tmp_path / "first", tmp_path / "second"
        for folder in folders:
            folder.mkdir()
        first, second = (running.enter_context(TimeStampAuthority(clockmakers, folder)) for folder in folders)
        yield first, second


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "picture.jpg"
    Image.linear_gradient("L").save(path)
    return path


@pytest.fixture
def sign(picture: Path) -> Callable[[Any], bytes]:
    """Signs the picture with a context and returns the store."""
    asset = from_path(picture, Limits())
    text = json.dumps(definition(HUMAN, asset.medium, asset.media_type, edits=False))
    content = picture.read_bytes()

    def call(context: Any) -> bytes:
        builder = sdk.load().Builder(text, context=context)
        return bytes(builder.sign("image/jpeg", io.BytesIO(content), io.BytesIO()))

    return call


def test_a_stamp_is_the_reported_time_where_its_authority_is_in_a_list(
    authority: Authority,
    clockmakers: Authority,
    key: Signer,
    tsas: tuple[TimeStampAuthority, TimeStampAuthority],
    picture: Path,
    tmp_path: Path,
) -> None:
    signers = parse_pem("signers", ListKind.MANIFEST, authority.root_pem)
    clocks = parse_pem("clocks", ListKind.TSA, clockmakers.root_pem)
    with Inspector(TrustStore((signers, clocks))) as inspector, Inspector(TrustStore((signers,))) as doubter:
        writer = ManifestWriter(key.claim_signer(tsas[0].url), inspector)
        made = from_path(
            writer.sign(from_path(picture, Limits()), HUMAN, tmp_path, "x").signed_path, Limits()
        )
        found, doubted = inspector.inspect(made), doubter.inspect(made)
    assert (found.credential, found.time) == (Credential.TRUSTED, SigningTime.TIMESTAMPED)
    assert (doubted.credential, doubted.time) == (Credential.TRUSTED, SigningTime.CLAIMED)
    assert len(tsas[0].asked) == 1


@pytest.mark.parametrize("state", [Stamping.DOWN, Stamping.ERROR, Stamping.GARBAGE])
def test_the_next_authority_is_asked_where_the_first_one_fails(
    state: Stamping,
    key: Signer,
    tsas: tuple[TimeStampAuthority, TimeStampAuthority],
    sign: Callable[[Any], bytes],
) -> None:
    first, second = tsas
    first.state = state
    assert Signing(key.claim_signer(first.url, second.url)).run(sign)
    assert (len(first.asked), len(second.asked)) == (1, 1)


@pytest.mark.parametrize("kind", ["html", "another nonce", "another digest", "a broken signature"])
def test_a_stamp_that_does_not_hold_is_passed_over(
    kind: str,
    key: Signer,
    tsas: tuple[TimeStampAuthority, TimeStampAuthority],
    sign: Callable[[Any], bytes],
    tmp_path: Path,
) -> None:
    wrong, good = tsas
    with Saying(b"<html>Please log in</html>", "text/html") as portal:
        if kind == "html":
            assert Signing(key.claim_signer(portal.url, good.url)).run(sign)
            assert (len(portal.asked), len(good.asked)) == (1, 1)
            return
        Signing(key.claim_signer(wrong.url)).run(sign)
        query = wrong.asked[0][1]
        if kind == "another digest":
            query = _query(tmp_path)
        portal.content, portal.content_type = wrong._stamp(query), "application/timestamp-reply"
        if kind == "a broken signature":
            _spoil(wrong)
            assert Signing(key.claim_signer(wrong.url, good.url)).run(sign)
            assert (len(wrong.asked), len(good.asked)) == (2, 1)
            return
        assert Signing(key.claim_signer(portal.url, good.url)).run(sign)
        assert (len(portal.asked), len(good.asked)) == (1, 1)


def test_all_authorities_down_is_worth_a_retry_and_says_so(key: Signer, sign: Callable[[Any], bytes]) -> None:
    signing = Signing(key.claim_signer(NOBODY, "http://127.0.0.1:2/"))
    with pytest.raises(SignerUnavailable, match=r"^No time-stamping authority answers\.$") as caught:
        signing.run(sign)
    assert (caught.value.code, caught.value.permanent) == ("tsa_unavailable", False)


def test_a_failed_authority_rests_and_is_asked_again_afterwards(
    key: Signer, tsas: tuple[TimeStampAuthority, TimeStampAuthority], sign: Callable[[Any], bytes]
) -> None:
    first, second = tsas
    clock = Clock()
    signing = Signing(key.claim_signer(first.url, second.url), clock)
    first.state = Stamping.DOWN
    signing.run(sign)
    clock.now += REST_SECONDS - 1
    first.state = Stamping.UP
    signing.run(sign)
    assert (len(first.asked), len(second.asked)) == (1, 2)
    clock.now += 1
    signing.run(sign)
    assert (len(first.asked), len(second.asked)) == (2, 2)


def test_where_all_rest_only_the_one_that_rested_longest_is_asked(
    key: Signer, tsas: tuple[TimeStampAuthority, TimeStampAuthority], sign: Callable[[Any], bytes]
) -> None:
    first, second = tsas
    first.state = second.state = Stamping.DOWN
    clock = Clock()
    signing = Signing(key.claim_signer(first.url, second.url), clock)
    for expected in ((1, 1), (2, 1), (2, 2)):
        with pytest.raises(SignerUnavailable):
            signing.run(sign)
        assert (len(first.asked), len(second.asked)) == expected
        clock.now += 1
    first.state = Stamping.UP
    assert signing.run(sign)
    assert len(second.asked) == 2


def test_a_key_store_that_is_gone_is_never_mistaken_for_an_authority(
    key: Signer, tsas: tuple[TimeStampAuthority, TimeStampAuthority], sign: Callable[[Any], bytes]
) -> None:
    def gone(_data: bytes) -> bytes:
        raise SignerUnavailable("The HSM is gone.")

    with_key = key.claim_signer(tsas[0].url, tsas[1].url)
    signing = Signing(replace(with_key, private_key_pem=None, sign=gone))
    with pytest.raises(SignerUnavailable, match=r"The HSM is gone\.") as caught:
        signing.run(sign)
    assert caught.value.code == "signer_unavailable"
    assert (len(tsas[0].asked), len(tsas[1].asked)) == (0, 0)


def test_a_file_that_cannot_be_signed_is_not_mistaken_for_an_authority(
    key: Signer, tsas: tuple[TimeStampAuthority, TimeStampAuthority]
) -> None:
    def sign(context: Any) -> bytes:
        builder = c2pa.Builder("{}", context=context)
        return bytes(builder.sign("image/jpeg", io.BytesIO(b"no picture"), io.BytesIO()))

    c2pa = sdk.load()
    with pytest.raises(c2pa.C2paError):
        Signing(key.claim_signer(tsas[0].url, tsas[1].url)).run(sign)
    assert (tsas[0].asked, tsas[1].asked) == ([], [])


def test_a_key_outside_the_sdk_signs_once_for_each_authority_that_is_asked(
    key: Signer, tsas: tuple[TimeStampAuthority, TimeStampAuthority], sign: Callable[[Any], bytes]
) -> None:
    inside = key.claim_signer(NOBODY, tsas[0].url)
    private: Any = serialization.load_pem_private_key(inside.private_key_pem or b"", None)
    signed: list[bytes] = []

    def device(data: bytes) -> bytes:
        signed.append(data)
        return raw_signature(private, data)

    assert Signing(replace(inside, private_key_pem=None, sign=device)).run(sign)
    assert (len(signed), len(tsas[0].asked)) == (2, 1)


def test_threads_tell_their_failures_apart(
    key: Signer, tsas: tuple[TimeStampAuthority, TimeStampAuthority], sign: Callable[[Any], bytes]
) -> None:
    inside = key.claim_signer()
    private: Any = serialization.load_pem_private_key(inside.private_key_pem or b"", None)

    def device(data: bytes) -> bytes:
        if threading.current_thread().name == "unlucky":
            raise SignerUnavailable("No session was left.")
        return raw_signature(private, data)

    signing = Signing(replace(inside, private_key_pem=None, sign=device))
    caught: list[SignerUnavailable] = []

    def unlucky() -> None:
        for _ in range(20):
            try:
                signing.run(sign)
            except SignerUnavailable as error:
                caught.append(error)

    thread = threading.Thread(target=unlucky, name="unlucky")
    thread.start()
    for _ in range(20):
        assert signing.run(sign)
    thread.join()
    assert {str(error) for error in caught} == {"No session was left."}
    assert len(caught) == 20


def test_a_key_that_the_sdk_cannot_read_is_refused_at_once(key: Signer) -> None:
    with pytest.raises(KeyMaterialInvalid):
        Signing(replace(key.claim_signer(), private_key_pem=b"no key"))


def _query(folder: Path) -> bytes:
    """A question about other data."""
    (folder / "other").write_bytes(b"other data")
    made = subprocess.run(
        ["openssl", "ts", "-query", "-data", str(folder / "other"), "-sha256", "-cert"],
        check=True,
        capture_output=True,
    )
    return made.stdout


def _spoil(tsa: TimeStampAuthority) -> None:
    """From now on its signatures are wrong in their last bytes."""
    stamp = tsa._stamp

    def spoilt(query: bytes) -> bytes:
        content = bytearray(stamp(query))
        content[-1] ^= 1
        return bytes(content)

    tsa._stamp = spoilt  # type: ignore[method-assign]
