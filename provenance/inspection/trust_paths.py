"""Whether a signer's certificates lead to an authority of a list, for every list side by side.

The SDK names one list that anchors the signer. Ours says of each list in force whether it does, by RFC 5280
section 6.1 as far as C2PA 2.4 section 14.5 needs it: issued by, CA and path length, key usage, validity at
the time of signing, and a signer's extended key usage. Building a path costs signature checks, so paths are
remembered by chain and list.
"""

import datetime
from functools import lru_cache

from cryptography import x509

from provenance import sdk
from provenance.errors import TrustListInvalid
from provenance.inspection import chain as chains
from provenance.inspection.chain import Chain
from provenance.inspection.inspection import ListVerdict
from provenance.trust.certificates import from_pem
from provenance.trust.lists import ListKind, TrustList, TrustStore

TRUSTED, UNKNOWN = "trusted", "unknown"
_MAX_STEPS = 10
_SIGNER_USAGES = frozenset(sdk.EXTENDED_KEY_USAGES)

Path = tuple[x509.Certificate, ...]


def verdicts(chain: Chain | None, trust: TrustStore, moment: datetime.datetime) -> tuple[ListVerdict, ...]:
    """What each list of claim signers says of this chain as it stood at `moment`."""
    return tuple(
        ListVerdict(
            listed.name,
            listed.version,
            listed.sha256,
            TRUSTED if chain is not None and _vouches(chain, listed, moment) else UNKNOWN,
        )
        for listed in trust.lists
        if listed.kind is ListKind.MANIFEST
    )


def anchored(chain: Chain, trust: TrustStore) -> Path | None:
    """The way from the leaf to an authority of any list of claim signers, whatever the time."""
    lists = (listed for listed in trust.lists if listed.kind is ListKind.MANIFEST)
    return next((path for listed in lists if (path := path_to(chain, listed)) is not None), None)


def path_to(chain: Chain, listed: TrustList) -> Path | None:
    """The certificates from the leaf to an authority in the list, both included; None where none leads
    there.

    Validity periods are left to the caller: they depend on the time of signing.
    """
    return _path(chain.certificates, listed.pem)


def _vouches(chain: Chain, listed: TrustList, moment: datetime.datetime) -> bool:
    path = path_to(chain, listed)
    # The authority counts by being listed (RFC 5280 section 6.1.1 d); everything below it must have been in
    # force.
    return path is not None and all(chains.covers(certificate, moment) for certificate in path[:-1])


@lru_cache(maxsize=2048)
def _path(certificates: Path, pem: bytes) -> Path | None:
    leaf = certificates[0]
    if not chains.usages(leaf) & _SIGNER_USAGES:
        return None
    authorities = _authorities(pem)
    path = [leaf]
    others = list(certificates[1:])
    for _ in range(_MAX_STEPS):
        current = path[-1]
        for authority in authorities.get(current.issuer.public_bytes(), ()):
            if chains.issued_by(current, authority) and _may_issue(authority, len(path) - 1):
                return (*path, authority)
        issuer = next(
            (
                other
                for other in others
                if other.subject == current.issuer
                and _may_issue(other, len(path) - 1)
                and chains.issued_by(current, other)
            ),
            None,
        )
        if issuer is None:
            return None
        others.remove(issuer)
        path.append(issuer)
        if issuer in authorities.get(issuer.subject.public_bytes(), ()):
            return tuple(path)
    return None


def _may_issue(authority: x509.Certificate, below: int) -> bool:
    """Whether it is a CA that may have `below` further CAs under it (RFC 5280 section 4.2.1.9)."""
    try:
        extensions = authority.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        if not constraints.ca or (constraints.path_length is not None and below > constraints.path_length):
            return False
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound as missing:
        # A CA without a key usage may do everything; one without constraints is none.
        return missing.oid == x509.KeyUsage.oid
    except ValueError:
        return False


@lru_cache(maxsize=64)
def _authorities(pem: bytes) -> dict[bytes, tuple[x509.Certificate, ...]]:
    """The list's certificates by subject; a list that cannot be read vouches for nobody."""
    found: dict[bytes, tuple[x509.Certificate, ...]] = {}
    try:
        for certificate in from_pem(pem):
            name = certificate.subject.public_bytes()
            found[name] = (*found.get(name, ()), certificate)
    except TrustListInvalid:
        return {}
    return found
