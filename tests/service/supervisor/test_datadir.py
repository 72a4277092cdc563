"""The data folder: private, held by one supervisor."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from service.supervisor import datadir
from service.supervisor.refusal import Refusal

ROOT = Path(__file__).resolve().parents[3]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_and_its_parts_are_private_whatever_the_umask(tmp_path):
    old = os.umask(0)
    try:
        datadir.make(tmp_path / "data")
    finally:
        os.umask(old)
    assert mode(tmp_path / "data") == 0o700
    assert {mode(part) for part in (tmp_path / "data").iterdir()} == {0o700}


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match="cannot be used"):
        datadir.make(tmp_path / "file" / "data")


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    datadir.make(tmp_path)
    key = datadir.ensure_secret_key(tmp_path)
    assert len(key) >= 64
    assert datadir.ensure_secret_key(tmp_path) == key
    assert mode(tmp_path / "secrets" / "django_secret_key") == 0o600


def test_a_held_folder_is_refused_with_the_holders_pid(tmp_path):
    datadir.make(tmp_path)
    code = (
        "import sys, pathlib; from service.supervisor import datadir\n"
        "with datadir.locked(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(
                Refusal, match=rf"Another Assay is running on the data folder .* \(pid {holder.pid}\)"
            ),
            datadir.locked(tmp_path),
        ):
            pass
        holder.kill()
        holder.wait()
    with datadir.locked(tmp_path):  # a killed holder leaves nothing in the way
        assert (tmp_path / "run" / "supervisor.pid").read_text() == f"{os.getpid()}\n"


def test_other_verbs_find_the_run_while_it_lasts(tmp_path):
    running = tmp_path / ".assay" / "running.json"
    with datadir.noted(running, {"data_dir": "/d"}):
        assert json.loads(running.read_text()) == {"pid": os.getpid(), "data_dir": "/d"}
    assert not running.exists()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "key"
    datadir.write_private(target, "old")
    with pytest.raises(UnicodeEncodeError):
        datadir.write_private(target, "\ud800")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert target.read_text() == "old"
