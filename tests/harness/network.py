"""Close the network: a test reaches this machine and nothing else.

An audit hook sees every connection and look-up that Python makes, whatever
library asked for it. It cannot be taken off again, which is the point.
"""

import ipaddress
import socket
import sys
from typing import Any


class NetworkIsClosedError(RuntimeError):
    """A test tried to reach another machine."""


def close() -> None:
    """Refuse every connection and name look-up beyond loopback from now on."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        connection, address = arguments
        if connection.family in {socket.AF_INET, socket.AF_INET6}:
            _require_local(address[0])
    elif event == "socket.getaddrinfo":
        _require_local(arguments[0])


def _require_local(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost", socket.gethostname()}:
        return
    try:
        if ipaddress.ip_address(str(name)).is_loopback:
            return
    except ValueError:
        pass
    message = f"A test tried to reach {name}."
    raise NetworkIsClosedError(message)
