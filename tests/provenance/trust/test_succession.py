"""A list goes forward: what is older, or says nothing any more, does not take the place of a later one."""

from datetime import UTC, datetime, timedelta

import pytest

from provenance.errors import TrustListInvalid
from provenance.trust.succession import Issue, check_succession

DAY = datetime(2026, 8, 5, tzinfo=UTC)
LATER, EARLIER = DAY + timedelta(days=1), DAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("known", "offered"),
    [
        (Issue(None, None), Issue(None, None)),
        (Issue(None, None), Issue(1, DAY)),
        (Issue(1, DAY), Issue(2, DAY)),
        (Issue(1, DAY), Issue(2, None)),
        (Issue(1, DAY), Issue(1, LATER)),
        (Issue(None, DAY), Issue(None, LATER)),
        (Issue(1, DAY), Issue(None, LATER)),
    ],
)
def test_a_later_list_may_follow(known: Issue, offered: Issue) -> None:
    check_succession(known, offered)


@pytest.mark.parametrize(
    ("known", "offered", "code"),
    [
        (Issue(2, DAY), Issue(1, LATER), "trust_list_rollback"),
        (Issue(2, DAY), Issue(2, EARLIER), "trust_list_rollback"),
        (Issue(None, DAY), Issue(9, EARLIER), "trust_list_rollback"),
        (Issue(2, DAY), Issue(None, None), "trust_list_rollback"),
        (Issue(2, None), Issue(None, LATER), "trust_list_rollback"),
        (Issue(2, DAY), Issue(2, DAY), "trust_list_conflict"),
        (Issue(2, DAY), Issue(2, None), "trust_list_conflict"),
    ],
)
def test_any_other_list_may_not(known: Issue, offered: Issue, code: str) -> None:
    with pytest.raises(TrustListInvalid) as caught:
        check_succession(known, offered)
    assert caught.value.code == code
