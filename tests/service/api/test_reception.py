"""Slow senders: they keep nobody else from being answered."""

import io
import json
import threading

import pytest

from service.api.reception import IN_MEMORY, Reception


def echo(environ, start_response):
    read = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("X-Thread", threading.current_thread().name)])
    return [str(len(read)).encode()]


def ask(application, stream=None, length=0, **more):
    """Status, headers, body and the thread that began the answer."""
    begun = []

    def start_response(status, headers):
        begun.append((int(status.split()[0]), dict(headers), threading.current_thread()))

    environ = {"CONTENT_LENGTH": str(length) if length else "", "wsgi.input": stream or io.BytesIO(), **more}
    answer = application(environ, start_response)
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return (*begun[0][:2], body, begun[0][2])


class Slow:
    """A sender that stops after its first byte until it is told to go on."""

    def __init__(self):
        self.goes_on = threading.Event()
        self.sent = 0

    def read(self, size):
        if self.sent:
            assert self.goes_on.wait(20)
        self.sent += 1
        return b"x"


def test_slow_senders_keep_nobody_else_waiting():
    reception, senders, answers = Reception(echo, 1), [Slow() for _ in range(5)], []
    threads = [
        threading.Thread(target=lambda sender=sender: answers.append(ask(reception, sender, 3)[2]))
        for sender in senders
    ]
    for thread in threads:
        thread.start()
    assert ask(reception)[2] == b"0"
    assert ask(reception, io.BytesIO(b"quick"), 5)[2] == b"5"
    for sender in senders:
        sender.goes_on.set()
    for thread in threads:
        thread.join(20)
    assert answers == [b"3"] * 5


def test_the_application_runs_in_its_own_threads_and_the_answer_begins_on_the_servers():
    reception = Reception(echo, 1)
    _, headers, _, began = ask(reception)
    assert headers["X-Thread"].startswith("request")
    assert began is threading.current_thread()


@pytest.mark.parametrize("size", [1, IN_MEMORY, IN_MEMORY + 1])
def test_a_body_arrives_whole_and_leaves_no_file(size, tmp_path):
    status, _, body, _ = ask(Reception(echo, 1, lambda: tmp_path), io.BytesIO(b"x" * (size + 9)), size)
    assert (status, body) == (200, str(size).encode())
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_breaks_off_never_reaches_the_application(tmp_path):
    def never(environ, start_response):
        raise AssertionError("half a body is no request")

    status, _, body, _ = ask(Reception(never, 1, lambda: tmp_path), io.BytesIO(b"xxx"), 10)
    assert (status, json.loads(body)["code"]) == (400, "upload_interrupted")


def test_a_body_that_is_here_already_is_not_taken_in_again(tmp_path):
    stream = io.BytesIO(b"xxx")
    seen = []

    def application(environ, start_response):
        seen.append(environ["wsgi.input"])
        return echo(environ, start_response)

    ask(Reception(application, 1, lambda: tmp_path), stream, 3, **{"assay.body_is_here": True})
    assert seen == [stream]


def test_what_the_application_raises_reaches_the_server():
    def broken(environ, start_response):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        ask(Reception(broken, 1), io.BytesIO(b"x"), 1)
