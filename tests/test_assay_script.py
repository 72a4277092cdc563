"""`./assay`: set-up happens once, goes on after an interruption, and gets out of the way."""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SH = shutil.which("dash") or "/bin/sh"

MANAGE = """
import os, sys
print("verb", *sys.argv[1:], "in", os.getcwd())
print("fd9", os.path.exists("/proc/self/fd/9"), "locked", "ASSAY_SETUP_LOCKED" in os.environ)
sys.exit(int(os.environ.get("EXIT", "0")))
"""
NPM = """#!/bin/sh
case $1 in
    --version) echo 11.0.0 ;;
    ci)
        echo "$PWD: $*" >>"$NPM_CALLS"
        mkdir -p node_modules
        echo '{}' >node_modules/.package-lock.json
        exit "${NPM_EXIT:-0}"
        ;;
esac
"""


class Checkout:
    """A checkout in miniature, in a folder with a space in its name, with its own npm."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.root = base / "a checkout"
        self.root.mkdir(parents=True)
        shutil.copy(ROOT / "assay", self.root)
        for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
            (self.root / name).write_text("# nothing\n")
        (self.root / "package-lock.json").write_text("{}\n")
        (self.root / "manage.py").write_text(MANAGE)
        tools = base / "tools"
        tools.mkdir()
        (tools / "npm").write_text(NPM)
        (tools / "npm").chmod(0o755)
        self.environment = {
            "PATH": f"{tools}:/usr/bin:/bin",
            "ASSAY_PYTHON": sys.executable,
            "NPM_CALLS": str(base / "npm-calls"),
            "PIP_NO_INDEX": "1",
            "HOME": str(base),
        }

    def start(self, *arguments: str, script: Path | None = None, cwd: Path | None = None, **more: str):
        return subprocess.Popen(
            [SH, str(script or self.root / "assay"), *arguments],
            cwd=cwd or self.base,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **more) -> tuple[int, str, str]:
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def npm_calls(self) -> list[str]:
        path = self.base / "npm-calls"
        return path.read_text().splitlines() if path.exists() else []

    def stamp(self, name: str) -> Path:
        return self.root / ".venv" / f".assay-{name}"


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> Checkout:
    """A checkout after its first run: making a virtual environment takes seconds, so tests share it."""
    checkout = Checkout(tmp_path_factory.mktemp("assay"))
    code, out, err = checkout.run("up", "--port", "8123")
    assert code == 0, err
    assert f"verb up --port 8123 in {checkout.base}" in out
    assert "making the virtual environment" in err
    assert err.rstrip().endswith("assay: set-up done")
    assert len(checkout.npm_calls()) == 1
    return checkout


def test_help_needs_no_set_up(tmp_path):
    checkout = Checkout(tmp_path)
    for arguments in ((), ("help",), ("--help",)):
        code, out, _ = checkout.run(*arguments)
        assert code == 0
        for verb in ("up", "demo", "test", "attest", "verify", "screen", "apikey", "fsck", "doctor", "bench"):
            assert f"./assay {verb}" in out
    assert not (checkout.root / ".venv").exists()


def test_a_second_run_sets_nothing_up_and_costs_milliseconds(ready):
    calls = len(ready.npm_calls())
    ready.run("up")
    best = 1.0
    for _ in range(5):
        began = time.perf_counter()
        code, _, err = ready.run("up")
        best = min(best, time.perf_counter() - began)
        assert (code, err) == (0, "")
    assert len(ready.npm_calls()) == calls
    assert best < 0.5  # most of it is the start of Python, which the verb needs anyway


def test_a_verbs_exit_status_is_the_scripts(ready):
    assert ready.run("verify", "x.jpg", EXIT="3")[0] == 3


def test_it_works_through_links_and_from_any_folder(ready, tmp_path):
    (tmp_path / "first").symlink_to(ready.root / "assay")
    (tmp_path / "second link").symlink_to("first")
    code, out, err = ready.run("verify", "my file.jpg", script=tmp_path / "second link", cwd=tmp_path)
    assert (code, err) == (0, "")
    assert f"verb verify my file.jpg in {tmp_path}" in out


def test_it_works_when_found_on_the_path_or_called_by_its_bare_name(ready):
    code, out, _ = ready.run("verify", script=Path("assay"), cwd=ready.root)
    assert code == 0
    assert f"in {ready.root}" in out


def test_changed_requirements_are_installed_again(ready):
    requirements = ready.root / "requirements.txt"
    before = ready.stamp("runtime").read_text()
    requirements.write_text("# changed\n")
    code, _, err = ready.run("verify")
    assert code == 0
    assert "installing Python packages" in err
    assert ready.stamp("runtime").read_text() != before
    assert ready.run("verify")[2] == ""


def test_a_failed_download_leaves_no_stamp_and_is_taken_up_again(ready):
    requirements = ready.root / "requirements.txt"
    requirements.write_text("no-such-package-anywhere==1\n")
    code, out, err = ready.run("verify")
    assert code == 1
    assert "verb" not in out
    assert "pip could not install requirements.txt; run the same command again" in err
    requirements.write_text("# mended\n")
    assert ready.run("verify")[0] == 0


def test_a_broken_npm_install_is_named_and_tried_again(ready):
    lock = ready.root / "package-lock.json"
    lock.write_text('{"changed": 1}\n')
    code, _, err = ready.run("up", NPM_EXIT="7")
    assert code == 1
    assert "npm could not install the packages of package-lock.json" in err
    calls = len(ready.npm_calls())
    assert ready.run("up")[0] == 0
    assert len(ready.npm_calls()) == calls + 1


def test_verify_needs_no_npm(ready):
    calls = len(ready.npm_calls())
    shutil.rmtree(ready.root / "node_modules")
    assert ready.run("verify")[0] == 0
    assert len(ready.npm_calls()) == calls
    assert ready.run("up")[0] == 0
    assert len(ready.npm_calls()) == calls + 1


def test_two_runs_at_once_set_up_once_and_both_go_on(ready):
    (ready.root / "package-lock.json").write_text('{"changed": 2}\n')
    (ready.root / "requirements.txt").write_text("# for two\n")
    calls = len(ready.npm_calls())
    runs = [ready.start("up") for _ in range(3)]
    ended = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert len(ready.npm_calls()) == calls + 1
    assert sum("installing Python packages" in err for _, err in ended) == 1
    for out, _ in ended:
        assert "fd9 False locked False" in out  # a server started by the first must not hold up the next


def test_a_virtual_environment_without_pip_is_made_again(ready):
    for found in (ready.root / ".venv").glob("lib/python3*/site-packages/pip*"):
        shutil.rmtree(found)
    ready.stamp("runtime").unlink()
    code, _, err = ready.run("verify")
    assert code == 0, err
    assert "making the virtual environment" in err


def test_an_incomplete_checkout_is_named(tmp_path):
    checkout = Checkout(tmp_path)
    (checkout.root / "manage.py").unlink()
    code, _, err = checkout.run("up")
    assert code == 1
    assert "manage.py is missing: this is not a complete checkout." in err


def test_a_python_that_is_too_old_is_not_taken(tmp_path):
    checkout = Checkout(tmp_path)
    tools = tmp_path / "tools"
    for name in ("python3", "python"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    for name in ("readlink", "cksum", "sh", "cat", "mkdir", "uname"):
        (tools / name).symlink_to(shutil.which(name))
    code, _, err = checkout.run("up", PATH=str(tools), ASSAY_PYTHON="")
    assert code == 1
    assert err.startswith("assay: Python 3.11 or newer is needed and none was found on PATH;")


def test_the_script_is_executable_and_names_every_part_it_needs():
    assert stat.S_IMODE((ROOT / "assay").stat().st_mode) & 0o111
    for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt", "package-lock.json"):
        assert (ROOT / name).is_file()


def test_every_requirement_is_pinned_and_constrained():
    constraints = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    }
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if line and not line.startswith(("#", "-")):
                name, _, version = line.partition("==")
                assert version, f"{file}: {line} is not pinned"
                assert name.split("[")[0].lower().replace("_", "-") in constraints, (
                    f"{line} is not constrained"
                )
    assert not [name for name in constraints if name.startswith(("nvidia", "triton", "cuda"))]


def test_torch_is_pinned_without_a_build_so_that_each_machine_takes_its_own():
    lines = [
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("torch==")
    ]
    assert len(lines) == 1
    assert "+" not in lines[0]


def test_the_script_passes_a_strict_shell():
    subprocess.run([SH, "-n", str(ROOT / "assay")], check=True, env={"PATH": os.environ["PATH"]})
