"""Endpoints that misbehave: each gives an error that a person understands, never a zero."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from attest.errors import ChainMismatch, ChainUnavailable, RegistryRefused
from attest.registry import contract
from attest.registry.client import RegistryClient
from attest.registry.rpc import RpcEndpoint, RpcRefusal

pytestmark = pytest.mark.network

Answer = Callable[[BaseHTTPRequestHandler, dict], None]
ADDRESS = "0x" + "11" * 20
LOG = "0x" + "22" * 32


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """A loopback HTTP server that answers every POST as the test says; gives its address."""
    servers: list[ThreadingHTTPServer] = []
    done = threading.Event()

    def started(answer: Answer) -> str:
        class Handler(BaseHTTPRequestHandler):
            stop = done

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer(self, body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v3/secret-api-key"

    yield started
    done.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def reply(status: int = 200, text: str = "", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, _: dict) -> None:
        raw = text.encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def result(value: object) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, request: dict) -> None:
        reply(text=json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": value}))(handler, request)

    return answer


def failure(url: str, timeout: float = 2.0) -> ChainUnavailable:
    endpoint = RpcEndpoint(url, timeout)
    with pytest.raises(ChainUnavailable) as caught:
        endpoint.call("eth_chainId")
    endpoint.close()
    assert "secret" not in str(caught.value), "the path of an RPC address may hold an API key"
    assert not caught.value.permanent
    return caught.value


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(text="<html>login</html>"), "not JSON"),
        (reply(502, "<html>bad gateway</html>"), "HTTP 502"),
        (reply(301, "", Location="http://127.0.0.1:1/"), "HTTP 301"),
        (reply(429, "slow down", Retry_After="17"), "for 17 s"),
        (reply(429, "slow down", Retry_After="<b>"), "hold back:"),
        (reply(text="[]"), "JSON-RPC"),
        (reply(text="null"), "JSON-RPC"),
        (reply(text='{"jsonrpc":"2.0","id":999,"result":"0x1"}'), "another question"),
        (reply(text='{"jsonrpc":"2.0","id":1}'), "neither"),
        (reply(text='{"jsonrpc":"2.0","id":1,"error":"no"}'), "without saying why"),
        (reply(500, '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"oops"}}'), "oops"),
        (reply(text="[" * 100_000), "not JSON"),
    ],
)
def test_an_answer_that_is_no_answer_is_an_error_with_a_sentence(serve, answer, words):
    assert words in str(failure(serve(answer)))


def test_an_error_object_keeps_its_code_and_data(serve):
    text = '{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"reverted","data":"0x1234"}}'
    error = failure(serve(reply(text=text)))
    assert isinstance(error, RpcRefusal)
    assert (error.rpc_code, error.data) == (3, "0x1234")


def test_an_endpoint_that_says_nothing_is_left_after_the_timeout(serve):
    url = serve(lambda handler, _: handler.stop.wait(10))
    assert "did not answer in 0.3 s" in str(failure(url, 0.3))


def test_an_answer_that_never_ends_is_cut_off(serve):
    def drip(handler: BaseHTTPRequestHandler, _: dict) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not handler.stop.wait(0.05):
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                return

    assert "did not finish in 0.5 s" in str(failure(serve(drip), 0.5))


def test_an_endpoint_that_is_not_there_is_unreachable():
    assert "cannot be reached" in str(failure("http://127.0.0.1:1/secret"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "http://",
        "127.0.0.1:8545",
        "http://127.0.0.1:8545:",
        "http://[",
    ],
)
def test_an_address_that_is_no_http_address_is_refused(url):
    with pytest.raises(ChainUnavailable):
        RpcEndpoint(url)


@pytest.mark.parametrize("value", [None, 1, "1", "0x", "0xzz", [], {}])
def test_a_chain_id_that_is_no_number_is_an_error_and_not_zero(serve, value):
    with RegistryClient(serve(result(value))) as client, pytest.raises(ChainUnavailable):
        _ = client.chain_id


def test_another_chain_than_the_one_wanted_is_refused_before_anything_is_read(serve):
    with RegistryClient(serve(result("0x1")), chain_id=31337) as client:
        with pytest.raises(ChainMismatch, match="serves chain 1, but chain 31337"):
            client.last(ADDRESS, LOG)
        with pytest.raises(ChainMismatch):
            client.send(b"\x02")


def test_an_address_without_code_is_a_mismatch_and_not_an_empty_log(client):
    for question in (
        lambda: client.last(ADDRESS, LOG),
        lambda: client.anchored_at(ADDRESS, LOG, 1, bytes(32)),
        lambda: client.require_registry(ADDRESS),
        lambda: client.is_revoked(ADDRESS, LOG, 0),
    ):
        with pytest.raises(ChainMismatch):
            question()


def test_another_contract_is_not_taken_for_a_registry(client):
    with pytest.raises(ChainMismatch, match="not an Assay registry"):
        client.require_registry(contract.DEPLOYER)


def test_a_revert_is_a_refusal_with_the_name_of_the_contracts_error(client, registry, key):
    with pytest.raises(RegistryRefused) as caught:
        client.estimate_gas(key.address, registry, contract.checkpoint_data(LOG, 1, bytes(32), []))
    assert caught.value.code == "registry_log_unknown"
    assert caught.value.permanent


def test_a_batch_is_answered_in_the_order_it_was_asked(serve):
    def backwards(handler: BaseHTTPRequestHandler, asked: dict | list) -> None:
        answers = [{"jsonrpc": "2.0", "id": each["id"], "result": each["params"][0]} for each in asked]
        reply(text=json.dumps(answers[::-1]))(handler, {})

    endpoint = RpcEndpoint(serve(backwards))
    assert endpoint.batch([("echo", (number,)) for number in range(9)]) == list(range(9))
    endpoint.close()


def test_a_batch_with_a_missing_answer_is_an_error(serve):
    endpoint = RpcEndpoint(serve(reply(text="[]")))
    with pytest.raises(ChainUnavailable):
        endpoint.batch([("echo", (1,))])
    endpoint.close()
