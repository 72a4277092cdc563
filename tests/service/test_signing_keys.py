"""What a start rests on: a key that may sign now and a safe SDK; a key store that is away is no reason."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from provenance import sdk
from provenance.errors import KeyMaterialInvalid, ProvenanceError, SignerUnavailable
from provenance.keys import devpki
from provenance.keys.signer import pkcs8
from service import signing_keys, wiring
from service.api.errors import kind_of
from service.settings.env import Config
from service.supervisor import signer_check
from service.supervisor.refusal import Refusal
from tests.pki import Authority, KeyKind, Leaf, Part, new_key

PRESS = Authority.create("Press")
OVER = Leaf("Over", begins=timedelta(days=-90), ends=timedelta(days=-1))
AGEING = Leaf("Ageing", begins=timedelta(days=-80), ends=timedelta(days=5))


def config(*folders: Path, **more: Any) -> Config:
    urls = tuple(f"file:{folder}" for folder in folders)
    return replace(django_settings.CONFIG, signer_urls=urls, **more)


def test_one_valid_key_among_several_is_enough(tmp_path: Path) -> None:
    over, good = PRESS.issue(OVER).write(tmp_path / "over"), PRESS.issue().write(tmp_path / "good")
    ring = signing_keys.require_usable(config(over, good), tmp_path)
    assert ring.chosen().profile.subject == "Claim signer"


@pytest.mark.parametrize(
    ("leaf", "code"),
    [
        (OVER, "signer_profile_expired"),
        (Leaf(begins=timedelta(days=1)), "signer_profile_not_yet_valid"),
        (Leaf(without=frozenset({Part.EXTENDED_KEY_USAGE})), "signer_profile_no_purpose"),
    ],
)
def test_a_start_is_refused_with_what_the_certificate_lacks(tmp_path: Path, leaf: Leaf, code: str) -> None:
    wrong = config(PRESS.issue(leaf).write(tmp_path / "keys"))
    with pytest.raises(KeyMaterialInvalid) as caught:
        signing_keys.require_usable(wrong, tmp_path)
    assert caught.value.code == code
    with pytest.raises(Refusal, match="The signing key cannot be used"):
        signer_check.refuse_unusable(wrong)


def test_a_key_of_another_certificate_refuses_the_start(tmp_path: Path) -> None:
    folder = PRESS.issue().write(tmp_path / "keys")
    (folder / devpki.KEY_FILE).write_bytes(pkcs8(new_key(KeyKind.P256)))
    with pytest.raises(KeyMaterialInvalid) as caught:
        signing_keys.require_usable(config(folder), tmp_path)
    assert caught.value.code == "signer_key_mismatch"


def test_production_refuses_a_development_certificate_wherever_it_lies(tmp_path: Path) -> None:
    devpki.create(tmp_path / "keys")
    ours = config(tmp_path / "keys")
    signing_keys.require_usable(ours, tmp_path)
    with pytest.raises(KeyMaterialInvalid) as caught:
        signing_keys.require_usable(replace(ours, environment="production"), tmp_path)
    assert caught.value.code == "signer_development"


def test_an_sdk_below_the_floor_refuses_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "MINIMUM_VERSION", (999, 0, 0))
    with pytest.raises(ProvenanceError) as caught:
        signing_keys.require_usable(config(PRESS.issue().write(tmp_path / "keys")), tmp_path)
    assert caught.value.code == "sdk_too_old"


def test_a_setting_that_the_sdk_would_ignore_refuses_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sdk.base_settings
    monkeypatch.setattr(sdk, "base_settings", lambda *a, **k: real(*a, **k) | {"verfy": {"ocsp_fetch": True}})
    with pytest.raises(ProvenanceError) as caught:
        signing_keys.require_usable(config(PRESS.issue().write(tmp_path / "keys")), tmp_path)
    assert caught.value.code == "unknown_setting"


def test_the_check_before_up_runs_apart_and_tells_wrong_from_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNER_URL", f"file:{PRESS.issue().write(tmp_path / 'good')}")
    assert signer_check.require_signer(tmp_path) == ""
    monkeypatch.setenv("SIGNER_URL", f"file:{PRESS.issue(OVER).write(tmp_path / 'over')}")
    with pytest.raises(Refusal, match="expired on"):
        signer_check.require_signer(tmp_path)
    chain = tmp_path / "good" / "chain.pem"
    (tmp_path / "down.py").write_text("def sign(data):\n    raise ConnectionError('down')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SIGNER_URL", f"callback:down:sign?chain={chain}")
    assert "signer_callback_failed" in signer_check.require_signer(tmp_path)


def test_the_newer_keys_turn_brings_a_writer_of_its_own(house: Path, settings: Any, tmp_path: Path) -> None:
    old, new = PRESS.issue(AGEING).write(tmp_path / "old"), PRESS.issue().write(tmp_path / "new")
    settings.CONFIG = config(old)
    first = wiring.writer()
    assert wiring.writer() is first
    settings.CONFIG = config(old, new)
    wiring.keyring.cache_clear()
    assert wiring.signer().chain_pem == (new / "chain.pem").read_bytes()
    assert wiring.writer() is not first


def test_a_running_service_renews_its_development_certificate(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = wiring.signer()
    assert wiring.signer() is before
    from provenance.keys import profile

    monkeypatch.setattr(profile, "RENEW_WITHIN", timedelta(days=366))
    monkeypatch.setattr(devpki, "_LEAF_DAYS", 500)
    after = wiring.signer()
    assert after.chain_pem != before.chain_pem
    assert wiring.signer() is after


def test_reading_needs_no_key_that_may_sign(house: Path, settings: Any, tmp_path: Path) -> None:
    settings.CONFIG = config(PRESS.issue(OVER).write(tmp_path / "over"))
    wiring.inspector()
    with pytest.raises(KeyMaterialInvalid):
        wiring.writer()


def test_a_request_learns_that_nothing_can_be_signed(house: Path, settings: Any, tmp_path: Path) -> None:
    wiring.probe_signer()
    folder = PRESS.issue().write(tmp_path / "keys")
    down = f"callback:json:detect_encoding?chain={folder / 'chain.pem'}"
    settings.CONFIG = replace(django_settings.CONFIG, signer_urls=(down,))
    wiring.keyring.cache_clear()
    with pytest.raises(SignerUnavailable) as caught:
        wiring.probe_signer()
    assert kind_of(caught.value).status == 503
    settings.CONFIG = config(PRESS.issue(OVER).write(tmp_path / "over"))
    wiring.keyring.cache_clear()
    with pytest.raises(KeyMaterialInvalid) as over:
        wiring.probe_signer()
    assert kind_of(over.value).status == 503


def test_an_identity_goes_with_every_key_and_has_its_own_certificate(tmp_path: Path) -> None:
    keys = [PRESS.issue().write(tmp_path / name) for name in ("one", "two")]
    author = PRESS.issue(Leaf("Author", kind=KeyKind.P384)).write(tmp_path / "author")
    ring = signing_keys.keyring(config(*keys, identity_url=f"file:{author}"), tmp_path)
    for key in ring.keys:
        assert key.signer.identity is not None
        assert key.signer.identity.chain_pem == (author / "chain.pem").read_bytes()
        assert "PRIVATE" not in repr(key.signer)
