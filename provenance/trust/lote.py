"""Lists of trusted entities as C2PA publishes them: the JSON form of ETSI TS 119 602."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cryptography import x509

from provenance.errors import TrustListInvalid
from provenance.trust import fields
from provenance.trust.certificates import are_clocks, from_der
from provenance.trust.lists import ListKind, TrustList, make_list
from provenance.trust.naming import fit_name

_MAX_NUMBER = 2**63 - 1
_CLOCKS = re.compile(r"\btsa\b|\btime-?\s?stamp", re.IGNORECASE)
_SIGNERS = re.compile(r"\bc2pa trust list\b|\bclaim signing\b", re.IGNORECASE)
# C2PA says trusted; ETSI TS 119 602 leaves the words to the scheme, and its own schemes say granted.
_IN_FORCE = frozenset({"trusted", "granted"})


def parse_lote(
    document: Any, name: str | None = None, kind: ListKind | str | None = None, version: str = ""
) -> TrustList:
    """The list in a decoded LoTE document; `name` and `version` default to what it says of itself.

    Its kind is read from its own name, or from its certificates' usages; `kind` says it where the list does
    not, and is `manifest` where nobody does. Services out of force and unreadable certificates are left out.
    Raises TrustListInvalid for anything that is no such list, `trust_list_kind` where `kind` contradicts it.
    """
    outer = fields.obj(document, "document")
    lote = fields.obj(outer.get("LoTE", outer), "LoTE")
    about = fields.obj(lote.get("ListAndSchemeInformation"), "ListAndSchemeInformation")
    titles = [fields.text(fields.obj(each, "name"), "value") for each in fields.array(about, "SchemeName")]
    title = titles[0] if titles else ""
    found, left_out = _certificates(lote)
    said = _kind_said(title)
    if kind is not None and said is not None and kind != said:
        raise TrustListInvalid(f"The list says that it is of kind {said}.", code="trust_list_kind")
    chosen = kind or said or (ListKind.TSA if are_clocks(found) else ListKind.MANIFEST)
    sequence = fields.number(about, "LoTESequenceNumber", _MAX_NUMBER)
    issued = fields.moment(about, "ListIssueDateTime")
    own = ", ".join(
        part for part in (str(sequence or ""), issued.strftime("%Y-%m-%d") if issued else "") if part
    )
    made = make_list(name or fit_name(title), chosen, found, version or own, left_out=left_out)
    return replace(made, sequence=sequence, issued=issued, next_update=_next_update(about))


def _kind_said(title: str) -> ListKind | None:
    if _CLOCKS.search(title):
        return ListKind.TSA
    return ListKind.MANIFEST if _SIGNERS.search(title) else None


def _next_update(about: Mapping[str, Any]) -> Any:
    """C2PA writes a time, TS 119 602 an object that holds one, or null for a scheme that has closed."""
    inner = about.get("NextUpdate")
    return fields.moment(inner, "dateTime") if isinstance(inner, dict) else fields.moment(about, "NextUpdate")


def _certificates(lote: Mapping[str, Any]) -> tuple[list[x509.Certificate], list[str]]:
    found, left_out = [], []
    for service, status, encoded in _services(lote):
        if status and status.rstrip("/").rsplit("/", 1)[-1].lower() not in _IN_FORCE:
            left_out.append(f"{service}: its status is {status}, left out.")
            continue
        try:
            # Line breaks within base64 are lawful here; anything else that is not base64 is not.
            certificate = from_der(base64.b64decode("".join(encoded.split()), validate=True))
        except ValueError:
            certificate = None
        if certificate is None:
            left_out.append(f"{service}: its certificate cannot be read, left out.")
        else:
            found.append(certificate)
    return found, left_out


def _services(lote: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Each certificate with the name and the status of its service."""
    for entity in fields.array(lote, "TrustedEntitiesList"):
        for service in fields.array(fields.obj(entity, "entity"), "TrustedEntityServices"):
            inner = fields.obj(fields.obj(service, "service").get("ServiceInformation"), "ServiceInformation")
            names = [fields.text(fields.obj(n, "name"), "value") for n in fields.array(inner, "ServiceName")]
            identity = fields.obj(inner.get("ServiceDigitalIdentity"), "ServiceDigitalIdentity")
            for certificate in fields.array(identity, "X509Certificates"):
                encoded = fields.obj(certificate, "certificate").get("val")
                if not isinstance(encoded, str):
                    raise TrustListInvalid("A certificate of the list is no text.")
                name = fields.printable(names[0]) if names else "a service"
                yield name, fields.printable(fields.text(inner, "ServiceStatus")), encoded
