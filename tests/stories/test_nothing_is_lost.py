"""kill -9 on any child or on the supervisor: every accepted submission ends attested exactly once.

The whole of it, 50 kills during 500 attestations, is run by hand: `python -m tests.endurance.kill_run`.
"""

from typing import Any

import pytest

from tests.endurance.kill_run import ROLES, run

pytestmark = [pytest.mark.network, pytest.mark.slow]
SUBMISSIONS = 15
KILLS = 4


@pytest.mark.timeout(600)
def test_every_accepted_submission_ends_attested_once_however_often_processes_are_killed(
    instance: Any,
) -> None:
    roles = (*ROLES, "supervisor")
    outcome = run(instance, kills=KILLS, attestations=SUBMISSIONS, seed=20261123, roles=roles)
    assert outcome.flawless, (outcome, instance.log.read_text()[-4000:])
    assert outcome.kills == dict.fromkeys(roles, 1)
