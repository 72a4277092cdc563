"""`assay up` as a person runs it: real children, real signals, a data folder of its own."""

import http.client
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from service.supervisor import ports

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.network, pytest.mark.slow]


def anvil_is_here() -> bool:
    return any(ROOT.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*"))


needs_anvil = pytest.mark.skipif(not anvil_is_here(), reason="no anvil: `./assay test` installs it with npm")


class Up:
    """One `manage.py up` on `data`."""

    def __init__(self, data: Path, port: int, *arguments: str, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
        self.port = port
        self.began = time.monotonic()
        self.log = data.with_suffix(".log").open("a+")
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "manage.py"),
                "up",
                "--port",
                str(port),
                "--data",
                str(data),
                *arguments,
            ],
            env={**clean, **environment},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def answer(self, path: str) -> tuple[int, str]:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asked.request("GET", path)
            answered = asked.getresponse()
            return answered.status, answered.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            asked.close()

    def until(self, path: str, seconds: float = 90) -> float:
        """Seconds from the start until `path` answers 200."""
        last = (0, "")
        while time.monotonic() - self.began < seconds:
            last = self.answer(path)
            if last[0] == 200:
                return time.monotonic() - self.began
            assert self.process.poll() is None, self.printed()
            time.sleep(0.05)
        raise AssertionError(f"{path} never answered 200 but {last}: {self.printed()}")

    def printed(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, text: str) -> psutil.Process:
        (found,) = [
            process
            for process in psutil.Process(self.process.pid).children()
            if text in " ".join(process.cmdline()) and "shim.py" not in " ".join(process.cmdline())
        ]
        return found

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("up") / "data"


@pytest.fixture(scope="module")
def port() -> int:
    return ports.ephemeral()


@pytest.fixture(scope="module")
def first(data, port):
    """The first run; the others follow on its data folder."""
    up = Up(data, port)
    yield up
    up.end()


def refusal(up: Up) -> str:
    assert up.process.wait(60) != 0
    lines = up.printed().splitlines()
    up.log.close()
    return lines[-1]


@needs_anvil
class TestUp:
    """In order: the first run, what it made, what it refuses, kills, and the run after."""

    def test_the_first_run_becomes_ready(self, first):
        first.until("/healthz")
        first.until("/readyz")

    def test_it_says_where_it_is_and_shows_the_first_login_once(self, first, port, data):
        deadline = time.monotonic() + 30
        while (
            f"Assay answers at http://127.0.0.1:{port}/" not in first.printed()
            and time.monotonic() < deadline
        ):
            time.sleep(0.1)
        said = first.printed()
        assert f"Assay answers at http://127.0.0.1:{port}/" in said
        assert len(re.findall(r"first login, shown only this once: admin / \S{16,}", said)) == 1
        assert "no independent trust" in said
        assert str(data) in said

    def test_what_holds_a_secret_is_readable_by_its_owner_alone(self, first, data):
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        keys = [*(data / "secrets").iterdir(), *(data / "pki").glob("*.key")]
        assert {"django_secret_key", "log_key", "anchor_key"} <= {path.name for path in keys}
        assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}

    def test_no_secret_is_in_any_process_argument_or_log(self, first, data):
        login = re.search(r"this once: admin / (\S+)", first.printed())[1]
        secrets = [login, *(path.read_text().strip() for path in (data / "secrets").iterdir())]
        secrets += [line for secret in secrets for line in secret.split() if len(line) > 20]
        arguments = [
            " ".join(process.cmdline()) for process in [*first.children(), psutil.Process(first.process.pid)]
        ]
        logs = [path.read_text(errors="replace") for path in (data / "logs").iterdir()]
        assert len(arguments) >= 5
        for text in [*arguments, *logs]:
            assert not [secret for secret in secrets if secret in text]

    def test_only_loopback_is_listened_on(self, first):
        listening = [
            connection.laddr.ip
            for process in first.children()
            for connection in process.net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert set(listening) == {"127.0.0.1"}

    def test_a_second_up_on_the_same_folder_is_refused(self, first, data):
        said = refusal(Up(data, ports.ephemeral()))
        assert said == f"assay: Another Assay is running on the data folder {data} (pid {first.process.pid})."

    def test_a_port_in_use_is_refused(self, first, tmp_path, port):
        said = refusal(Up(tmp_path / "other", port))
        assert said == f"assay: Port {port} on 127.0.0.1 is in use: choose another one with --port."
        assert not (tmp_path / "other").exists()

    def test_a_missing_chain_binary_is_refused(self, tmp_path):
        said = refusal(Up(tmp_path / "other", ports.ephemeral(), ASSAY_ANVIL="/no/such/anvil"))
        assert said.startswith("assay: The embedded chain cannot be started:")

    def test_a_killed_web_process_is_started_again(self, first):
        first.child("service.supervisor.web").kill()
        time.sleep(0.3)
        first.until("/healthz", seconds=time.monotonic() - first.began + 30)

    def test_a_killed_chain_comes_back_with_its_blocks_on_the_same_port(self, first, data):
        before = first.child("anvil").cmdline()
        state = data / "chain" / "state.json"
        deadline = time.monotonic() + 60
        while not state.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert state.exists()
        first.child("anvil").kill()
        time.sleep(1.5)
        first.until("/readyz", seconds=time.monotonic() - first.began + 60)
        after = first.child("anvil").cmdline()
        assert after[: len(before)] == before
        assert after[-2:] == ["--load-state", str(state)]

    def test_other_verbs_find_the_run(self, first, data):
        code = "from service.settings import env; print(env.read().data_dir)"
        clean = {name: value for name, value in os.environ.items() if name != "ASSAY_DATA_DIR"}
        found = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == str(data)

    def test_sigkill_on_the_supervisor_ends_every_process(self, first):
        family = first.children()
        assert len(family) >= 5  # web and its worker, worker, chain, guardian
        first.process.kill()
        first.process.wait()
        _, alive = psutil.wait_procs(family, timeout=5)
        assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def test_the_next_run_is_up_in_seconds_and_drains_on_sigterm(self, first, data, port):
        again = Up(data, port)
        try:
            healthy, ready = again.until("/healthz"), again.until("/readyz")
            family = again.children()
            again.process.send_signal(signal.SIGTERM)
            assert again.process.wait(60) == 0, again.printed()
        finally:
            again.end()
        assert healthy < 5 * patience()
        assert ready < 15 * patience()
        _, alive = psutil.wait_procs(family, timeout=5)
        assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
        assert first.printed().count("shown only this once") == 1

    def test_nothing_says_that_it_runs_once_it_has_stopped(self, data):
        noted = ROOT / ".assay" / "running.json"
        assert not noted.exists() or json.loads(noted.read_text())["data_dir"] != str(data)


def patience() -> float:
    """How much longer things may take on a machine that is busy with something else right now."""
    return 1 + os.getloadavg()[0] / (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "ALLOWED_HOSTS must name this installation's host names in production."),
        (
            {"ALLOWED_HOSTS": "a.example"},
            "PUBLIC_URL must be this installation's https: address in production.",
        ),
        (
            {"ALLOWED_HOSTS": "a.example", "PUBLIC_URL": "https://a.example"},
            "SIGNER_URL must name your claim-signing key in production (docs/production.md).",
        ),
        (
            {
                "ALLOWED_HOSTS": "a.example",
                "PUBLIC_URL": "https://a.example",
                "SIGNER_URL": "file:///nowhere",
            },
            "CHAIN_RPC_URL must name a chain in production: the embedded one proves nothing to anybody else.",
        ),
    ],
)
def test_production_is_refused_without_its_settings(tmp_path, settings, sentence):
    up = Up(tmp_path / "data", ports.ephemeral(), ASSAY_ENV="production", **settings)
    assert refusal(up) == f"assay: {sentence}"
    assert not (tmp_path / "data").exists()


def test_production_is_refused_with_development_keys(tmp_path):
    from provenance.keys import devpki

    devpki.create(tmp_path / "pki")
    settings = {
        "ASSAY_ENV": "production",
        "ALLOWED_HOSTS": "a.example",
        "PUBLIC_URL": "https://a.example",
        "CHAIN_RPC_URL": "http://127.0.0.1:1",
        "SIGNER_URL": f"file:{tmp_path / 'pki'}",
    }
    said = refusal(Up(tmp_path / "data", ports.ephemeral(), **settings))
    assert said.endswith("is a development certificate: SIGNER_URL must name one that an authority issued.")
    assert not (tmp_path / "data").exists()


def test_an_open_address_without_named_hosts_is_refused(tmp_path):
    said = refusal(Up(tmp_path / "data", ports.ephemeral(), "--host", "0.0.0.0"))
    assert said.startswith("assay: ALLOWED_HOSTS must name what people will type")
