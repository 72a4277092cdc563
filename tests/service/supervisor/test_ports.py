"""Is the port free?"""

import socket

import pytest

from service.supervisor import ports
from service.supervisor.refusal import Refusal

pytestmark = pytest.mark.network


def test_a_free_port_passes():
    ports.require_free("127.0.0.1", ports.ephemeral())


def test_a_port_in_use_is_refused_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(
            Refusal, match=f"Port {port} on 127.0.0.1 is in use: choose another one with --port."
        ):
            ports.require_free("127.0.0.1", port)


def test_a_port_shared_through_reuseport_is_refused_too():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        with pytest.raises(Refusal, match="is in use"):
            ports.require_free("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("port", [-1, 0, 70000])
def test_a_number_that_is_no_port_is_refused(port):
    with pytest.raises(Refusal, match="is no port number"):
        ports.require_free("127.0.0.1", port)


def test_a_host_that_is_not_here_is_refused():
    with pytest.raises(Refusal, match=r"no address to listen on|Nothing can listen on 192.0.2.1"):
        ports.require_free("192.0.2.1", 8000)
