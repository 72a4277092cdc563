"""Lists and their differences, as people read them in a terminal."""

from typing import Any

from service.cli.safe import safe

_MAX_NOTES = 5


def lines(described: dict[str, Any]) -> list[str]:
    """One version of a list, from `service.cli.trust.described`; the digest whole, for it is compared."""
    since, until = (str(described[key] or "")[:10] for key in ("in_force_since", "in_force_until"))
    facts = [holds(described), f"in force since {since}" if not until else f"was in force {since} to {until}"]
    if described["issued"]:
        facts.append(f"issued {described['issued'][:10]}")
    if described.get("next_update"):
        overdue = ", overdue" if described["overdue"] else ""
        facts.append(f"next update by {described['next_update'][:10]}{overdue}")
    return [
        " · ".join(filter(None, (described["name"], described["kind"], safe(described["version"])))),
        f"    {' · '.join(facts)}",
        f"    sha256 {described['sha256']}",
        f"    from {safe(described['source']) or 'nowhere said'}",
    ]


def holds(described: dict[str, Any]) -> str:
    """How much the list holds, in words."""
    if "products" in described:
        return f"{described['products']} products"
    expired = len(described["expired"])
    return f"{len(described['authorities'])} authorities" + (f", {expired} expired" if expired else "")


def warnings(described: dict[str, Any]) -> list[str]:
    """What the operator should know of a list in force, a sentence each."""
    name, found = safe(described["name"]), []
    if described.get("overdue"):
        day = described["next_update"][:10]
        found.append(f"{name}: its publisher meant to update it by {day}. Look for a newer version.")
    for subject in described.get("expired", [])[:_MAX_NOTES]:
        found.append(f"{name}: {safe(subject)} has expired and vouches for nobody.")
    notes = described.get("left_out", [])
    found += [f"{name}: {safe(note)}" for note in notes[:_MAX_NOTES]]
    if len(notes) > _MAX_NOTES:
        found.append(f"{name}: {len(notes) - _MAX_NOTES} more certificates are left out; --json names them.")
    return found


def difference_lines(changes: dict[str, Any]) -> list[str]:
    """A line for each change, `+`, `-` or `~`, with the whole key, and one for the sum."""
    lines = [
        f"{sign} {safe(entry['label'])}\n  {safe(entry['key'])}"
        for sign, what in (("+", "added"), ("-", "removed"), ("~", "changed"))
        for entry in changes[what]
    ]
    return [*lines, summary(changes)]


def summary(changes: dict[str, Any]) -> str:
    """How much changes, in one line."""
    parts = [f"{len(changes[what])} {what}" for what in ("added", "removed", "changed") if changes[what]]
    return ", ".join([*parts, f"{changes['kept']} unchanged"])
