"""What every page says of the installation itself: which of its guarantees are only for trying things out."""

import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from service.portal.access import may_review


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing a reader should know before believing this installation: a short name and a sentence."""

    label: str
    sentence: str


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or "localhost"
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _notices() -> tuple[Notice, ...]:
    config = settings.CONFIG
    found: list[Notice] = []
    if _is_this_machine(config.chain_rpc_url):
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
