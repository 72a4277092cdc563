"""Benign floods: what very many people say or show by themselves, told from counts and plainness.

"Happy birthday!" and a club's badge come from hundreds of people, once each. So does spam from bought
accounts, therefore counts alone excuse nothing: what is excused is also short and plain, with no number to
call, no address to follow and nothing to pay. An allow bank says the rest.
"""

import re
from dataclasses import dataclass

from provenance.assets.asset import Medium

LEAST_AUTHORS = 50
LEAST_SHARE = 0.8
"""Of the items, how many have an author of their own: a flood has a voice each."""
LONGEST = 80
"""Characters of a plain text."""
PLAINEST_PICTURE = 70
"""PDQ quality, 0 to 100: how much structure a picture has; logos and cards are under it, photographs
seldom."""
_ASKS = re.compile(r"\d|://|www\.|\w\.\w|[@#$€£%]", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Crowd:
    """A campaign's counts."""

    size: int
    sources: int
    authors: int

    @property
    def is_large(self) -> bool:
        """Whether very many different people are in it, hardly any of them twice."""
        return self.authors >= LEAST_AUTHORS and self.authors >= LEAST_SHARE * self.size


def is_benign(medium: str, text: str, quality: int) -> bool:
    """Whether one member is plain enough to be excused: `text` as excerpted, `quality` of its fingerprint."""
    if medium == Medium.TEXT:
        return bool(text) and len(text) <= LONGEST and not _ASKS.search(text)
    return medium == Medium.IMAGE and quality < PLAINEST_PICTURE
