"""A connected socket for a library that brings its own protocol, dialled as carefully as any."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import httpcore


class Line(httpcore.AsyncNetworkStream):
    """A connected socket, as the guarded dialer hands it on."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected


async def connect(address: str, port: int) -> Line:
    """Connect to an IP address as it stands; nothing is looked up. Raises OSError, ValueError."""
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004 - IPv6
    connecting = socket.socket(family, socket.SOCK_STREAM)
    connecting.settimeout(0)
    try:
        await asyncio.get_running_loop().sock_connect(connecting, (address, port))
    except BaseException:
        connecting.close()
        raise
    return Line(connecting)
