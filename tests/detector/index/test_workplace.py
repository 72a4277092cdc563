import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

from detector.index.workplace import Workplace


def test_folders_are_gone_with_the_workplace(tmp_path: Path) -> None:
    work = Workplace(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert work.folder() != work.folder()
    del work
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_away_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from detector.index.workplace import Workplace\n"
    script += "work = Workplace(Path(sys.argv[1])); print(work.folder(), flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    theirs = Path(child.stdout.readline().decode().strip())
    first = Workplace(tmp_path)
    first.folder()
    assert theirs.exists()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    second = Workplace(tmp_path)
    second.folder()
    assert not theirs.exists()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_workplace_that_somebody_removed_is_made_anew(tmp_path: Path) -> None:
    work = Workplace(tmp_path)
    folder = work.folder()
    folder.rmdir()
    (folder.parent / "in-use").unlink()
    folder.parent.rmdir()
    assert work.folder().is_dir()
