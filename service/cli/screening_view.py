"""What `screen` shows people: each group with its members and why they belong together."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from detector.screening import ScreenResult
from detector.similarity import Match
from service.cli.safe import safe
from service.cli.screening import Screened

_STYLES = {"flag": "bold red", "review": "bold yellow", "accept": "bold green"}
_LONGEST = 40


def show(console: Console, found: Sequence[Screened], *, against: bool) -> None:
    """Print the groups, or the items that resemble a reference, and how many are alone."""
    alike = _matched(console, found) if against else _groups(console, found)
    for each in found:
        if each.result.unread is not None:
            _line(console, f"not read: {each.result.item}: {each.result.unread.sentence}")
    kind = "resemble a reference" if against else "are in a group"
    unread = sum(each.result.unread is not None and not _has_reason(each.result) for each in found)
    counts = [f"{alike} {kind}", f"{len(found) - alike - unread} alone"]
    if unread:
        counts.append(f"{unread} could not be read")
    _line(console, f"{len(found)} {'item' if len(found) == 1 else 'items'}: {', '.join(counts)}.")


def _groups(console: Console, found: Sequence[Screened]) -> int:
    groups: dict[str, list[Screened]] = {}
    for each in found:
        if each.result.campaign is not None:
            groups.setdefault(each.result.campaign, []).append(each)
    for name, members in sorted(groups.items(), key=lambda group: -len(group[1])):
        verdict = members[0].verdict
        action = verdict.action.value
        heading = Text.assemble((action.upper(), _STYLES[action]), f"  {len(members)} alike ({safe(name)})")
        console.print(heading)
        for member in members[:_LONGEST]:
            _line(console, f"    {member.result.item}  {_why(member.result)}")
        if len(members) > _LONGEST:
            _line(console, f"    and {len(members) - _LONGEST} more")
    # Too short or too plain to make a group, and yet equal to something: said, since it was found.
    pairs = [each for each in found if each.result.campaign is None and _has_reason(each.result)]
    for each in pairs:
        _line(console, f"  {each.result.item}  {_alone(each.result)}")
    return sum(map(len, groups.values())) + len(pairs)


def _matched(console: Console, found: Iterable[Screened]) -> int:
    alike = 0
    for each in found:
        if not each.result.matches:
            continue
        alike += 1
        action = each.verdict.action.value
        console.print(Text.assemble((action.upper(), _STYLES[action]), f"  {safe(each.result.item)}"))
        for match in each.result.matches[:3]:
            _line(console, f"    like {match.item}: {match.why}")
    return alike


def _has_reason(result: ScreenResult) -> bool:
    return bool(result.matches) or result.found_from is not None


def _why(result: ScreenResult) -> str:
    """Why an item is in its group: by what it found, or by what found it."""
    if result.found_from is not None:
        return _from(result.found_from)
    return result.matches[0].why if result.matches else ""


def _alone(result: ScreenResult) -> str:
    if result.found_from is not None:
        return _from(result.found_from)
    return f"resembles {result.matches[0].item}: {result.matches[0].why}"


def _from(match: Match) -> str:
    """The other one's own words: “this picture” in them is the other."""
    return f"found from {match.item}: {match.why}"


def _line(console: Console, words: str) -> None:
    console.print(Text(safe(words)), soft_wrap=True)
