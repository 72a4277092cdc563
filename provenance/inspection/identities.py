"""CAWG identity assertions (cawg.io/identity, version 1.2): who else put their name to a manifest.

An identity stands beside the claim's signer. What is wrong with one never decides the credential: the
SDK's overall state drops from Trusted to Valid for an identity that no list vouches for, so that state is not
asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provenance.assets.label import label as clean
from provenance.inspection.inspection import NamedIdentity
from provenance.inspection.statuses import Status, concerns_identity

_LABEL = "cawg.identity"
_MAX_IDENTITIES = 20
_UNTRUSTED = frozenset(
    {
        "cawg.x509.credential.untrusted",
        "cawg.ica.untrusted_issuer",
        "cawg.ica.did_unavailable",
        "cawg.identity.sig_type.unknown",
        "cawg.ica.time_stamp.invalid",
    }
)
_TRUSTED = frozenset({"cawg.x509.credential.trusted", "cawg.identity.trusted"})


def named(
    manifest: Mapping[str, Any], found: Iterable[Status], succeeded: Iterable[Mapping[str, Any]]
) -> tuple[NamedIdentity, ...]:
    """The identities of one manifest; `found` are its failures and notes, `succeeded` its raw successes."""
    failures = [one for one in found if one.failed and concerns_identity(one.code, one.url)]
    successes = [
        (str(one.get("code")), str(one.get("url") or ""))
        for one in succeeded
        if concerns_identity(str(one.get("code")), str(one.get("url") or ""))
    ]
    return tuple(_identity(assertion, failures, successes) for assertion in _assertions(manifest))


def _assertions(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    count = 0
    for assertion in manifest.get("assertions") or ():
        name = str(assertion.get("label", ""))
        if (name == _LABEL or name.startswith(_LABEL + "__")) and count < _MAX_IDENTITIES:
            count += 1
            yield assertion


def _identity(
    assertion: Mapping[str, Any], failures: list[Status], successes: list[tuple[str, str]]
) -> NamedIdentity:
    place = f"/{assertion.get('label')}"
    data = assertion.get("data")
    data = data if isinstance(data, dict) else {}
    # A status without a place, or with another's, is held against each of them: none is trusted by accident.
    wrong = {one.code for one in failures if one.url.endswith(place) or f"/{_LABEL}" not in one.url}
    right = {code for code, url in successes if url.endswith(place)}
    if wrong - _UNTRUSTED - {"signingCredential.untrusted"}:
        status = "invalid"
    elif not wrong and right & (_TRUSTED | {"signingCredential.trusted"}):
        status = "trusted"
    else:
        status = "untrusted"
    return NamedIdentity(_name(data), _kind(data), status)


def _kind(data: Mapping[str, Any]) -> str:
    payload = data.get("signer_payload")
    kind = payload.get("sig_type") if isinstance(payload, dict) else data.get("sig_type")
    return clean(str(kind)) if kind else "unknown"


def _name(data: Mapping[str, Any]) -> str:
    """The certificate's name, or the first verified name of an aggregator's list."""
    info = data.get("signature_info")
    if isinstance(info, dict):
        names = [info.get("common_name"), info.get("issuer")]
        shown = [clean(str(name).replace("/", "∕")) for name in names if name]
        if shown:
            return ", ".join(dict.fromkeys(shown))
    for key in ("verifiedIdentities", "verified_identities"):
        for one in _listed(data.get(key)):
            if isinstance(one, dict) and (one.get("name") or one.get("username")):
                return clean(str(one.get("name") or one.get("username")).replace("/", "∕"))
    return "unnamed"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
