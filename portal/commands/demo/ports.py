"""A free port at 127.0.0.1, kept for the website from the choice until the end."""

import contextlib
import http.client
import socket
from collections.abc import Iterator

from portal.errors import NotReadyError

HOST = "127.0.0.1"
FIRST, LAST = 8000, 8099


def address(port: int) -> str:
    return f"http://{HOST}:{port}"


@contextlib.contextmanager
def take(wanted: int | None) -> Iterator[int]:
    """Give the wanted port, or 8000, or the next free one, bound but not listened on.

    The website's server shares its port with any other of the same account that asks (SO_REUSEPORT), so
    it would not notice that the port is in use. Whoever holds it like this is noticed.

    Raises:
        NotReadyError: the wanted port is in use, or every port is.
    """
    held = None
    for port in (wanted,) if wanted is not None else (*range(FIRST, LAST + 1), 0):
        held = _hold(port)
        if held is not None:
            break
    if held is None:
        which = f"Port {wanted} is" if wanted is not None else "All ports are"
        raise NotReadyError(f"{which} in use at {HOST}. Give another one with --port, or leave it out.")
    with held:
        yield held.getsockname()[1]


def _hold(port: int) -> socket.socket | None:
    with socket.socket() as probe:
        # What was closed a moment ago is no reason to move on; what listens still is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return None
        port = probe.getsockname()[1]
    held = socket.socket()
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((HOST, port))
    except OSError:  # somebody was faster
        held.close()
        return None
    return held


def is_ready(port: int) -> bool:
    """Whether a portal answers there and says that it can serve."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
