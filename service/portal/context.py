"""What every page says of the installation itself: which of its guarantees are only for trying things out."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing a reader should know before believing this installation: a short name and a sentence."""

    label: str
    sentence: str


def _notices() -> tuple[Notice, ...]:
    config = settings.CONFIG
    found: list[Notice] = []
    if not config.chain_rpc_url:
        found.append(
            Notice(
                "Local chain: no independent trust",
                "Anchors are written to a chain that runs on this machine. They show how anchoring works, "
                "but nobody outside can rely on their time.",
            )
        )
    if not config.signer_url:
        found.append(
            Notice(
                "Development certificate",
                "Files are signed with a certificate that this installation made for itself. "
                "Other tools will call its issuer unknown.",
            )
        )
    return tuple(found)


def notices(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `installation_notices`, empty on an installation with nothing to warn of."""
    return {"installation_notices": _notices()}
