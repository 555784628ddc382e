"""Which addresses a flow may make this step reach: those of the public internet, and private ones where allowed.

Whoever writes or maps a flow chooses the addresses. Without this policy the step would fetch for them what only it can
reach: other services of the platform, the cloud's metadata with its passwords.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

ALLOW_PRIVATE_URLS = "CHATGPT_ALLOW_PRIVATE_URLS"
"""The variable by which whoever runs the component allows private addresses. No flow can set it."""

Resolve = Callable[[str, int], Iterable[str]]
"""Returns the addresses of a name, for a port; raises OSError if it has none."""

Address = IPv4Address | IPv6Address

_METADATA = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # AWS, Azure, Google, DigitalOcean, Oracle
            "169.254.170.2",  # AWS ECS, passwords of a task
            "fd00:ec2::254",  # AWS over IPv6
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure's own, at an address that looks public
            "192.0.0.192",  # Oracle's older one
        ),
    )
)
_THIS_NETWORK = IPv4Network("0.0.0.0/8")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAME = re.compile(r"(^|\.)(localhost|local|internal|intranet|lan|corp|home|svc|home\.arpa)$")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")


def look_up(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def refusal_reason(address: str, *, allow_private: bool = False) -> str | None:
    """Return what is wrong with an address, in words that follow "which is"; None if it may be reached."""
    ip = ip_address(address.partition("%")[0])
    never = _explain_never(ip)
    if never is not None:
        return f"{never} and is never reached"
    private = next((name for inside in (ip, *_embedded_addresses(ip)) if (name := _explain_private(inside))), None)
    if private is None or allow_private:
        return None
    return f"{private}; whoever runs this component can allow such with {ALLOW_PRIVATE_URLS}=true"


def looks_public(host: str) -> bool:
    """Return whether a host can be one of the public internet, going by its name alone."""
    plain = host.strip("[]").rstrip(".").lower()
    try:
        return refusal_reason(plain) is None
    except ValueError:  # no address, so a name
        label = plain.rpartition(".")[2]
        return "." in plain and not _LOCAL_NAME.search(plain) and not _NUMBER.fullmatch(label)


def _explain_never(ip: Address) -> str | None:
    """Return why an attachment is never fetched from there, None if it may be."""
    for inside in (ip, *_embedded_addresses(ip)):
        if inside in _METADATA:
            return "an address of the cloud's own services"
        if inside.is_unspecified or (isinstance(inside, IPv4Address) and inside in _THIS_NETWORK):
            return "not an address of a server"
        if inside.is_link_local:
            return "a link-local address"
        if inside.is_multicast:
            return "an address of many servers"
        if inside.is_reserved and not inside.is_loopback and not _embedded_addresses(inside):
            return "a reserved address"
    return None


def _explain_private(ip: Address) -> str | None:
    if ip.is_loopback:
        return "this machine's own address"
    if _embedded_addresses(ip):  # the address inside says it
        return None
    if not ip.is_global or (isinstance(ip, IPv6Address) and ip.is_site_local):
        return "a private address"
    return None


def _embedded_addresses(ip: Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address leads to, by whatever way of carrying one in the other."""
    if isinstance(ip, IPv4Address):
        return ()
    carried = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        carried.append(IPv4Address(int(ip) & 0xFFFF_FFFF))
    return tuple(address for address in carried if address is not None)
