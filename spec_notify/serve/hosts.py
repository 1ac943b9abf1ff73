"""Which names a request may call this server by: a page of somebody else's must not reach it.

A name that an attacker points at this machine (DNS rebinding) is none of these.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

_HOST = re.compile(
    r"(?:\[(?P<six>[0-9a-fA-F:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::\d{1,5})?"
)


class Hosts:
    """The names in force: `local` lets in loopback alone, else any address; `names` besides."""

    def __init__(self, *, local: bool, names: tuple[str, ...] = ()) -> None:
        self._local = local
        self._names = frozenset(map(_plain, names)) | {"localhost"}

    def allow(self, header: str) -> bool:
        """Say whether a Host header names this server; its port may be a tunnel's."""
        found = _HOST.fullmatch(header)
        if found is None:
            return False
        name = _plain(found["six"] or found["name"])
        address = _address(name)
        if address is None or name in self._names:
            return name in self._names
        return is_loopback(address) or not self._local


def is_loopback(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address never leaves this machine."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
