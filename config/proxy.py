"""Forwarded headers: believed from configured proxies, dropped from anybody else.

Owns what ``REMOTE_ADDR`` and ``wsgi.url_scheme`` mean to the rest of the program.
The client is the rightmost hop that is not itself a trusted proxy, so that a
header a visitor makes up never counts.
"""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: The entry of GATEHOUSE_TRUSTED_PROXIES for a proxy that comes by Unix socket.
UNIX_SOCKET = "unix"
_FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)


class TrustedProxies:
    """A WSGI layer that settles who the client is before anybody asks."""

    def __init__(self, application: "WSGIApplication", trusted: Iterable[str]) -> None:
        """Wrap ``application``; ``trusted`` are addresses, networks or "unix"."""
        self._application = application
        entries = list(trusted)
        self._unix = UNIX_SOCKET in entries
        self._networks = [
            ip_network(entry, strict=False) for entry in entries if entry != UNIX_SOCKET
        ]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Rewrite the environment, then answer."""
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR", "")
        scheme = environ.get("HTTP_X_FORWARDED_PROTO", "")
        if self._is_trusted(environ.get("REMOTE_ADDR", "")):
            environ["REMOTE_ADDR"] = self._client(
                forwarded_for, environ.get("REMOTE_ADDR", "")
            )
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
        for name in _FORWARDED:
            environ.pop(name, None)
        return self._application(environ, start_response)

    def _is_trusted(self, address: str) -> bool:
        if not address:
            return self._unix
        try:
            return any(ip_address(address) in network for network in self._networks)
        except ValueError:
            return False

    def _client(self, forwarded_for: str, peer: str) -> str:
        hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
        for hop in reversed(hops):
            try:
                ip_address(hop)
            except ValueError:
                return peer
            if not self._is_trusted(hop):
                return hop
        return hops[0] if hops else peer
