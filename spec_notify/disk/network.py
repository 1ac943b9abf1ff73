"""Whether this machine has a way out: asked of its routing table, without sending anything."""

from __future__ import annotations

import errno
import socket

_ANYWHERE = ("192.0.2.1", "2001:db8::1")
"""Addresses of nobody (RFC 5737, RFC 3849): what leads there leads anywhere."""
_DISCARD = 9
_NO_WAY = (
    *(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN),
    # No address to send from, or no IPv6 at all.
    *(errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT),
)


def has_route(address: str | None = None) -> bool:
    """Say whether a route leads to an address, or, for None, to the world at all.

    Connecting a datagram socket looks the route up and sends nothing. What cannot be asked
    counts as a route: then a failure is the destination's, as it is everywhere else.
    """
    return any(_leads_to(each) for each in ([address] if address else _ANYWHERE))


def _leads_to(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, _DISCARD))
    except OSError as error:
        return error.errno not in _NO_WAY
    return True
