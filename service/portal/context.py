"""What every page says of the installation itself: which of its guarantees are only for trying things out."""

import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from attest.standing import chain_trust
from service.portal.access import may_review
from service.settings.env import ChainPlace


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing a reader should know before believing this installation: a short name and a sentence."""

    label: str
    sentence: str


def _is_local(place: ChainPlace) -> bool:
    """Whether that chain can be rewritten by whoever runs it, as far as can be told without asking it."""
    if place.chain_id is not None:
        return chain_trust(place.chain_id) == "none"
    host = urlsplit(place.rpc_urls[0]).hostname or "localhost"
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _notices() -> tuple[Notice, ...]:
    config = settings.CONFIG
    found: list[Notice] = []
    # Beside a public chain a local one takes nothing away; each anchor says for itself what it is worth.
    if all(map(_is_local, config.chains)):
        found.append(
            Notice(
                "Local chain: no independent trust",
                "Anchors are written to a chain that runs on this machine. They show how anchoring works, "
                "but nobody outside can rely on their time.",
            )
        )
    if not config.signer_urls:
        found.append(
            Notice(
                "Development certificate",
                "Files are signed with a certificate that this installation made for itself. "
                "Other tools will call its issuer unknown.",
            )
        )
    return tuple(found)


def notices(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `installation_notices` (empty where nothing is to warn of) and `may_review`."""
    return {"installation_notices": _notices(), "may_review": may_review(getattr(request, "user", None))}
