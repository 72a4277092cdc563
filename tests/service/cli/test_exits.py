"""Exit codes that scripts rely on."""

from typing import Any

from service.cli.exits import Exit, of_outcome, worst
from service.policy import Outcome


def test_the_codes_of_verify_are_those_of_the_design() -> None:
    assert [of_outcome(Outcome(o)).value for o in ("verified", "refused", "unchecked")] == [0, 1, 3]
    assert Exit.USAGE == 2


def test_of_several_a_refusal_counts_most() -> None:
    assert worst([Exit.DONE, Exit.REFUSED, Exit.UNCHECKED]) is Exit.REFUSED
    assert worst([Exit.DONE, Exit.UNCHECKED]) is Exit.UNCHECKED
    assert worst([]) is Exit.DONE


def test_a_verb_that_is_none_is_wrong_usage(assay: Any) -> None:
    run = assay("atest", "photo.jpg")
    assert (run.code, run.out) == (2, "")
    assert run.err == "assay: There is no verb 'atest'; `./assay help` lists them.\n"
