"""Where an act comes from, as values: flows and the trail never see a request."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.http import HttpRequest

_USER_AGENT_MOST = 300
#: How much of an address is shown to people and counted as one place.
_SHOWN_PREFIX = {4: 24, 6: 48}
#: One household or office commonly holds a /64 of IPv6.
_COUNTED_PREFIX = {4: 32, 6: 64}


@dataclass(frozen=True, slots=True)
class Origin:
    """Client address, its coarse network, the browser's name and the request's id."""

    address: str
    network: str
    user_agent: str
    request_id: str

    @property
    def counted(self) -> str:
        """What a limit counts as one origin: an IPv4 address or an IPv6 /64."""
        return _network(self.address, _COUNTED_PREFIX)


def origin_of(request: HttpRequest) -> Origin:
    """Return the origin of a request, as the trusted proxies left it."""
    address = request.META.get("REMOTE_ADDR", "")
    agent = request.headers.get("User-Agent", "")
    return Origin(
        address=address,
        network=_network(address, _SHOWN_PREFIX),
        user_agent="".join(c for c in agent if c.isprintable())[:_USER_AGENT_MOST],
        request_id=getattr(request, "request_id", ""),
    )


#: The program itself: housekeeping and commands.
SYSTEM = Origin(address="", network="", user_agent="", request_id="")


def _network(address: str, prefixes: dict[int, int]) -> str:
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if ip.is_loopback:
        return str(ip)
    return str(ip_network(f"{ip}/{prefixes[ip.version]}", strict=False))
