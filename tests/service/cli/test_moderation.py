"""`bank`, `calibrate` and `recheck` as people type them."""

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from detector.models import Decision
from service import wiring


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=io.StringIO())
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_a_bank_is_filled_listed_and_emptied(house: Path, tmp_path: Path) -> None:
    file = tmp_path / "scam.txt"
    file.write_text("Send two hundred coins to this address today and get four hundred back")
    code, out = run("bank", "add", "deny", str(file), "--json")
    entry = json.loads(out)
    assert (code, entry["bank"], entry["label"]) == (0, "deny", "scam.txt")
    assert run("bank", "add", "allow", "--text", "thanks!", "--label", "thanks")[0] == 0
    listed = [json.loads(line) for line in run("bank", "list", "--json")[1].splitlines()]
    assert [one["label"] for one in listed] == ["thanks", "scam.txt"]
    assert "thanks" in run("bank", "list", "allow")[1]
    assert run("bank", "remove", entry["id"])[0] == 0
    assert run("bank", "remove", entry["id"])[0] == 2


@pytest.mark.parametrize(
    "arguments", [("add", "deny"), ("add", "deny", "nowhere.txt"), ("remove", "nonsense")]
)
def test_a_bank_called_wrongly_is_usage(house: Path, arguments: tuple[str, ...]) -> None:
    assert run("bank", *arguments)[0] == 2


def decided(*pairs: tuple[float, bool]) -> None:
    for distance, same in pairs:
        first, second = sorted((uuid.uuid4().hex * 2, uuid.uuid4().hex * 2))
        values: dict[str, Any] = {"medium": "image", "decided_by": "mod", "distances": {"pdq/1": distance}}
        Decision.objects.create(first_sha256=first, second_sha256=second, same=same, **values)


def test_a_dry_run_shows_what_would_move_and_only_apply_moves_it(house: Path) -> None:
    decided((10, True), (20, True), (30, True), (40, False), (50, False))
    code, out = run("calibrate", "--dry-run", "--json")
    shown = json.loads(out)
    assert (code, shown["decisions"], shown["thresholds"]) == (0, 5, {"pdq/1": 39.0})
    assert len(shown["changes"]) == 2
    assert not wiring.calibration_file().exists()
    assert "39" in run("calibrate")[1]
    assert run("calibrate", "--apply")[0] == 0
    assert json.loads(wiring.calibration_file().read_text())["digest"] == shown["digest"]
    assert json.loads(run("calibrate", "--json")[1])["now"] == shown["digest"]
    assert run("calibrate", "--reset")[0] == 0
    assert not wiring.calibration_file().exists()


def test_a_verdict_that_is_not_kept_cannot_be_made_again(house: Path) -> None:
    assert run("recheck", str(uuid.uuid4()))[0] == 3
    assert run("recheck", "nonsense")[0] == 3


def test_a_verdict_made_again_is_equal_or_says_what_differs(house: Path) -> None:
    from service import pipeline
    from service.intake import incoming_text

    with incoming_text("You have won a free holiday worth 900 pounds, call now to claim your prize") as asset:
        report = pipeline.screen(asset, tenant="t")
    assert report.id is not None
    assert run("recheck", report.id)[0] == 0
    assert (
        run("bank", "add", "deny", "--text", "You have won a free holiday worth 900 pounds, call now")[0] == 0
    )
    code, out = run("recheck", report.id, "--json")
    shown = json.loads(out)
    assert (code, shown["equal"]) == (1, False)
    assert "bank" in [one["what"] for one in shown["differs"]]
    assert "DIFFERS" in run("recheck", report.id)[1]
