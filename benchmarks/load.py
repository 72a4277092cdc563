"""A small loopback load generator: keep-alive HTTP/1.1 over plain sockets, in a process of its own.

`python -m benchmarks.load PORT SECONDS CONNECTIONS PATH…` prints `{"requests", "seconds", "errors"}`.
Python needs about as much processor for a request as the server does, so on few cores the figure is a floor.
"""

import json
import socket
import sys
import threading
import time
from itertools import cycle


class _Client(threading.Thread):
    def __init__(self, port: int, until: float, paths: list[str], first: int) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self.errors = 0
        self._port, self._until = port, until
        requests = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for path in paths]
        self._requests = requests[first % len(requests) :] + requests[: first % len(requests)]

    def run(self) -> None:
        """Ask until time is up; a broken connection is an error and the end of this client."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting = b""
            for request in cycle(self._requests):
                if time.perf_counter() >= self._until:
                    return
                connection.sendall(request)
                status, waiting = _answer(connection, waiting)
                if status == 200:
                    self.done += 1
                else:
                    self.errors += 1
                    if status == 0:
                        return


def _answer(connection: socket.socket, waiting: bytes) -> tuple[int, bytes]:
    """The status of the next answer, and the bytes that came after it; status 0 when the server hung up."""
    while (end := waiting.find(b"\r\n\r\n")) < 0:
        more = connection.recv(65536)
        if not more:
            return 0, b""
        waiting += more
    head = waiting[:end].lower()
    length, mark = 0, head.find(b"content-length:")
    if mark >= 0:
        length = int(head[mark + 15 :].split(b"\r\n", 1)[0])
    while len(waiting) < end + 4 + length:
        more = connection.recv(65536)
        if not more:
            return 0, b""
        waiting += more
    return int(head[9:12]), waiting[end + 4 + length :]


def main(arguments: list[str]) -> None:
    """Generate the load and print what came of it."""
    port, seconds, connections, paths = (
        int(arguments[0]),
        float(arguments[1]),
        int(arguments[2]),
        arguments[3:],
    )
    begun = time.perf_counter()
    clients = [_Client(port, begun + seconds, paths, number) for number in range(connections)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    took = time.perf_counter() - begun
    done, errors = sum(c.done for c in clients), sum(c.errors for c in clients)
    print(json.dumps({"requests": done, "seconds": took, "errors": errors}))


if __name__ == "__main__":
    main(sys.argv[1:])
