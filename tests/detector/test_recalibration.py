"""What moderators' decisions make of the thresholds, and how far they may go."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector import calibration
from detector.calibration import at_most, loosest, shipped
from detector.errors import CalibrationInvalid
from detector.recalibration import Judged, propose, write

PDQ = "pdq/1"


@pytest.fixture(autouse=True)
def shipped_again() -> Iterator[None]:
    yield
    calibration.use(None)


def judged(*pairs: tuple[float, bool], method: str = PDQ) -> list[Judged]:
    return [Judged(str(n), same, {method: distance}) for n, (distance, same) in enumerate(pairs)]


def test_a_threshold_moves_under_what_was_called_not_the_same(tmp_path: Path) -> None:
    decisions = judged((10, True), (20, True), (30, True), (40, False), (50, False))
    proposal = propose(decisions)
    assert [(m.method, m.then, m.against_now, m.against_then) for m in proposal.moves] == [(PDQ, 39, 2, 0)]
    assert [(c.id, c.matched_now, c.matched_then) for c in proposal.changes] == [
        ("3", True, False),
        ("4", True, False),
    ]
    before = calibration.digest()
    write(tmp_path / "own.json", proposal, len(decisions))
    calibration.use(tmp_path / "own.json")
    known = calibration.for_method(PDQ, 32)
    assert known is not None
    assert (known.threshold, calibration.digest()) == (39, proposal.digest)
    assert calibration.digest() != before
    again = propose(decisions)
    assert ([m.then for m in again.moves], again.changes, again.digest) == ([39], (), proposal.digest)


def test_few_decisions_move_nothing() -> None:
    proposal = propose(judged((40, False), (45, False)))
    assert (proposal.moves, proposal.thresholds) == ((), {})


@given(st.lists(st.tuples(st.integers(0, 128), st.booleans()), min_size=5, max_size=30))
def test_no_decision_makes_a_threshold_looser_than_was_measured(pairs: list[tuple[int, bool]]) -> None:
    proposal = propose(judged(*pairs))
    for move in proposal.moves:
        assert 0 <= move.then < loosest(shipped()[PDQ])
        assert move.against_then <= move.against_now


def test_where_all_is_well_nothing_moves() -> None:
    decisions = judged((10, True), (20, True), (60, False), (70, False), (90, False))
    assert propose(decisions).thresholds == {}


def test_a_proposal_of_nothing_takes_the_installations_own_thresholds_away(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text("{}")
    write(path, propose([]), 0)
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{}", '{"thresholds": {"pdq/1": 200}}', '{"thresholds": {"odd/1": 1}}'])
def test_thresholds_that_nobody_measured_are_refused(text: str, tmp_path: Path) -> None:
    before = calibration.digest()
    path = tmp_path / "own.json"
    path.write_text(text)
    with pytest.raises(CalibrationInvalid):
        calibration.use(path)
    assert calibration.digest() == before


@pytest.mark.parametrize(
    ("false", "queries", "least", "most"), [(0, 2259, 0.001, 0.0013), (5, 1000, 0.009, 0.011)]
)
def test_a_rate_is_stated_as_its_upper_end(false: int, queries: int, least: float, most: float) -> None:
    assert least < at_most(false, queries) < most
    assert at_most(0, 0) == 1.0


def test_every_shipped_threshold_says_how_it_was_measured() -> None:
    for method, known in shipped().items():
        if known.threshold == 0 and known.reach:
            continue  # it only proposes
        stated = calibration.stated(known)
        assert stated.rate is not None, method
        assert stated.index_size
        assert stated.set_on
