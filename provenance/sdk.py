"""The only file that imports the C2PA SDK: its version floor, our settings' schema, and contexts.

A Context is dead after fork and may be shared between threads: build one per process.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from provenance.errors import ProvenanceError

MINIMUM_VERSION = (0, 91, 1)
"""Two validation bypasses are published for versions below it."""

# C2PA 2.4 section 14.5.1.1: without an explicit list the SDK takes emailProtection alone.
EXTENDED_KEY_USAGES = (
    "1.3.6.1.4.1.62558.2.1",  # c2pa-kp-claimSigning
    "1.3.6.1.5.5.7.3.4",  # id-kp-emailProtection
    "1.3.6.1.5.5.7.3.36",  # id-kp-documentSigning
)

# The SDK ignores a key that it does not know, so a typing error would switch a protection off in silence.
_KNOWN: dict[str, type] = {
    "version": int,
    "verify.verify_after_reading": bool,
    "verify.verify_after_sign": bool,
    "verify.verify_trust": bool,
    "verify.verify_timestamp_trust": bool,
    "verify.ocsp_fetch": bool,
    "verify.remote_manifest_fetch": bool,
    "verify.skip_ingredient_conflict_resolution": bool,
    "verify.strict_v1_validation": bool,
    "core.allowed_network_hosts": list,
    "core.max_decompressed_manifest_size": int,
    "trust.trust_config": str,
    "trust.anchors": list,
    "builder.thumbnail.enabled": bool,
}
_KNOWN_ANCHOR = frozenset({"trust_anchors", "trust_uri", "trust_kind", "allowed_list"})


def check_version(found: str | None = None) -> str:
    """The SDK's version. Raises ProvenanceError `sdk_too_old` below the floor, else `sdk_missing`."""
    if found is None:
        try:
            import c2pa
        except (ImportError, OSError) as error:
            raise ProvenanceError("The C2PA SDK cannot be loaded.", code="sdk_missing") from error
        found = str(c2pa.sdk_version())
    numbers = tuple(int(part) for part in found.split("-")[0].split(".")[:3])
    if numbers < MINIMUM_VERSION:
        floor = ".".join(map(str, MINIMUM_VERSION))
        raise ProvenanceError(f"The C2PA SDK {found} is older than {floor}.", code="sdk_too_old")
    return found


def check_settings(settings: Mapping[str, Any]) -> None:
    """Raises ProvenanceError `unknown_setting` for a key or a value's type that our schema does not hold."""
    for key, value in _flatten(settings):
        expected = _KNOWN.get(key)
        if expected is None or not isinstance(value, expected):
            raise ProvenanceError(f"The C2PA setting {key} is unknown or ill-typed.", code="unknown_setting")
    for anchor in settings.get("trust", {}).get("anchors", ()):
        if set(anchor) - _KNOWN_ANCHOR:
            raise ProvenanceError("A C2PA trust anchor has an unknown key.", code="unknown_setting")


def base_settings(anchors: Iterable[Mapping[str, str]], *, verify_after_sign: bool) -> dict[str, Any]:
    """Settings with the network off and no thumbnail; `anchors` are the SDK's own trust anchor objects."""
    return {
        "version": 1,
        "verify": {
            "verify_after_sign": verify_after_sign,
            "verify_trust": True,
            "verify_timestamp_trust": True,
            "ocsp_fetch": False,
            "remote_manifest_fetch": False,
        },
        "core": {"allowed_network_hosts": []},
        "trust": {"trust_config": "\n".join(EXTENDED_KEY_USAGES), "anchors": [dict(a) for a in anchors]},
        "builder": {"thumbnail": {"enabled": False}},
    }


def context(settings: Mapping[str, Any], signer: Any = None) -> Any:
    """A c2pa Context of checked settings; `signer`, a c2pa Signer, is consumed."""
    import c2pa

    check_version()
    check_settings(settings)
    return c2pa.Context(c2pa.Settings.from_json(json.dumps(settings)), signer)


def load() -> Any:
    """The c2pa module, for Reader, Builder, Signer and C2paError. Raises ProvenanceError `sdk_missing`."""
    check_version()
    import c2pa

    return c2pa


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
