"""Is this address free to listen on?"""

import errno
import socket

from service.supervisor.refusal import Refusal


def require_free(host: str, port: int) -> None:
    """Raises Refusal with one sentence when nothing can listen on `host`:`port`.

    Granian listens with SO_REUSEPORT, so a second one would quietly share the first one's port: ask first.
    """
    if not 0 < port < 65536:
        raise Refusal(f"{port} is no port number: use one between 1 and 65535.")
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Refusal(f"{host} port {port} is no address to listen on: {error}.") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Refusal(f"Port {port} on {host} is in use: choose another one with --port.") from error
            if error.errno == errno.EACCES:
                raise Refusal(
                    f"Port {port} on {host} may not be used by this account: use --port 8000."
                ) from error
            raise Refusal(f"Nothing can listen on {host} port {port}: {error.strerror}.") from error


def ephemeral(host: str = "127.0.0.1") -> int:
    """A TCP port of `host` that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port
