"""The whole service behind the real server: uploads with and without a length."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIMIT = 2_000_000
MAKE_KEY = """
import django; django.setup()
from service import accounts
from service.models import Account
account = Account.objects.create_user("ada", password="long enough 1")
print(accounts.create_key(account, "test", ["attest"])[1])
"""


def _port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def served(tmp_path):
    """A fresh installation: its port and a key's Authorization header."""
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "ASSAY_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "service.settings.embedded",
        "MAX_UPLOAD_BYTES": str(LIMIT),
        "PYTHONPATH": str(ROOT),
    }

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    run("manage.py", "migrate", "--verbosity", "0")
    secret = run("-c", MAKE_KEY)
    port = _port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--no-ws"]
    log = (tmp_path / "server.log").open("wb")
    server = subprocess.Popen(
        [*command, "--port", str(port), "service.wsgi:application"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None, (tmp_path / "server.log").read_text()
                assert time.monotonic() < deadline, "the server does not listen"
                time.sleep(0.2)
        yield port, {"Authorization": f"Bearer {secret}"}
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _form(size):
    head = (
        '--b\r\nContent-Disposition: form-data; name="source_type"\r\n\r\nhuman\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    )
    return head.encode() + b"\x9d" * size + b"\r\n--b--\r\n"


def _post(port, headers, body, chunked):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {**headers, "Content-Type": "multipart/form-data; boundary=b"}
    blocks = (body[at : at + 60_000] for at in range(0, len(body), 60_000)) if chunked else body
    try:
        connection.request("POST", "/api/v1/attestations", blocks, headers, encode_chunked=chunked)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.network
def test_an_upload_of_exactly_the_limit_passes_and_one_byte_more_does_not(served, tmp_path):
    port, headers = served
    for chunked in (True, False):
        status, body = _post(port, headers, _form(LIMIT), chunked)
        assert (status, body.get("state")) == (202, "received")
        status, body = _post(port, headers, _form(LIMIT + 1), chunked)
        assert (status, body["code"]) == (413, "too_large")
    assert list((tmp_path / "incoming").iterdir()) == []
    assert "Traceback" not in (tmp_path / "server.log").read_text()
