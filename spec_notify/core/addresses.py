"""Where a message may go: an explicit table of addresses, and the form of a receiver's URL.

The ranges are IANA's special-purpose registries (RFC 6890 and its updates) and the metadata
services of the large clouds. Python's own `is_global` lets several of them pass.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import msgspec


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A special range; `private` says whether `allow_private` opens it."""

    network: str
    name: str
    private: bool = False


# The first match answers, so a metadata service stands before the private range it lives in.
RANGES = (
    Range(network="100.100.100.200/32", name="a cloud metadata service"),
    Range(network="168.63.129.16/32", name="a cloud metadata service"),
    Range(network="192.0.0.192/32", name="a cloud metadata service"),
    Range(network="169.254.0.0/16", name="link-local, where cloud metadata lives"),
    Range(network="0.0.0.0/8", name="unspecified"),
    Range(network="10.0.0.0/8", name="a private network", private=True),
    Range(network="100.64.0.0/10", name="a carrier's shared network", private=True),
    Range(network="127.0.0.0/8", name="loopback", private=True),
    Range(network="172.16.0.0/12", name="a private network", private=True),
    Range(network="192.0.0.0/24", name="kept for protocols"),
    Range(network="192.0.2.0/24", name="kept for documentation"),
    Range(network="192.31.196.0/24", name="kept for AS112"),
    Range(network="192.52.193.0/24", name="kept for multicast tunnels"),
    Range(network="192.88.99.0/24", name="a retired 6to4 relay"),
    Range(network="192.168.0.0/16", name="a private network", private=True),
    Range(network="192.175.48.0/24", name="kept for AS112"),
    Range(network="198.18.0.0/15", name="kept for benchmarks"),
    Range(network="198.51.100.0/24", name="kept for documentation"),
    Range(network="203.0.113.0/24", name="kept for documentation"),
    Range(network="224.0.0.0/4", name="multicast"),
    Range(network="240.0.0.0/4", name="reserved"),
    Range(network="::1/128", name="loopback", private=True),
    Range(network="::/128", name="unspecified"),
    Range(network="100::/64", name="kept for discarding"),
    Range(network="100:0:0:1::/64", name="a dummy prefix"),
    Range(network="2001::/23", name="kept for protocols"),
    Range(network="2001:db8::/32", name="kept for documentation"),
    Range(network="2620:4f:8000::/48", name="kept for AS112"),
    Range(network="3fff::/20", name="kept for documentation"),
    Range(network="5f00::/16", name="kept for segment routing"),
    Range(network="fd00:ec2::/32", name="a cloud metadata service"),
    Range(network="fd20:ce::/32", name="a cloud metadata service"),
    Range(network="fd00:42::42/128", name="a cloud metadata service"),
    Range(network="fc00::/7", name="a private network", private=True),
    Range(network="fe80::/10", name="link-local"),
    Range(network="fec0::/10", name="site-local, retired"),
    Range(network="ff00::/8", name="multicast"),
)
_TABLE = tuple((ip_network(each.network), each) for each in RANGES)
_GLOBAL = IPv6Network("2000::/3")

# (prefix, its name, how far the embedded IPv4 address stands from the right, whether inverted)
_EMBEDDING = tuple(
    (IPv6Network(prefix), name, shift, flipped)
    for prefix, name, shift, flipped in (
        ("::ffff:0:0/96", "IPv4-mapped", 0, False),
        ("::ffff:0:0:0/96", "IPv4-translated", 0, False),
        ("64:ff9b::/96", "NAT64", 0, False),
        ("64:ff9b:1::/48", "local NAT64", 0, False),
        ("2002::/16", "6to4", 80, False),
        ("2001::/32", "Teredo", 0, True),
        ("::/96", "IPv4-compatible", 0, False),
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)


def judge_address(ip: str, *, allow_private: bool) -> str | None:
    """Answer why an address must not be dialled, naming the range and any fix; None if it may.

    What is no plain IPv4 or IPv6 address (a name, a zone, `127.1`) is refused. An IPv6 address
    that hides an IPv4 one is refused whatever it hides.
    """
    if "%" in ip:
        return "an address with a zone belongs to one link: use a routable address"
    try:
        address = ip_address(ip)
    except ValueError:
        return "this is no IP address"
    if isinstance(address, IPv6Address) and (hidden := _hidden(address)):
        return hidden
    return _ruled_out(address, allow_private=allow_private)


def _ruled_out(address: IPv4Address | IPv6Address, *, allow_private: bool) -> str | None:
    for network, known in _TABLE:
        if address in network:
            return None if known.private and allow_private else _why(address, known)
    if isinstance(address, IPv6Address) and address not in _GLOBAL:
        return f"{address} is outside the global range {_GLOBAL}; no setting allows it"
    return None


def _why(address: IPv4Address | IPv6Address, known: Range) -> str:
    fix = "set allow_private = true to allow it" if known.private else "no setting allows it"
    return f"{address} is {known.name} ({known.network}); {fix}"


def _hidden(address: IPv6Address) -> str | None:
    """Answer why an address that carries an IPv4 address is refused; None if it carries none."""
    bits = int(address)
    if bits <= 1:
        return None  # `::` and `::1` are words of IPv6 itself
    found = next((each for each in _EMBEDDING if address in each[0]), None)
    if found is not None:
        _, name, shift, flipped = found
        bits = (bits >> shift) ^ (0xFFFFFFFF if flipped else 0)
    elif (bits >> 32) & 0xFFFFFFFF in _ISATAP:
        name = "ISATAP"
    else:
        return None
    inner = IPv4Address(bits & 0xFFFFFFFF)
    judged = _ruled_out(inner, allow_private=False)
    inside = judged.split(";")[0] if judged else str(inner)
    return f"{address} hides an IPv4 address ({name}: {inside}); write the IPv4 address itself"


_AUTHORITY = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?"
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LONGEST_NAME = 253
_LAST_PORT = 65_535


WEB = ("https", "http")

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}"
_MAILBOX = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}")
_LONGEST_MAILBOX = 254


def is_mailbox(text: str) -> bool:
    """Say whether a text is one plain mail address: ASCII, unquoted (RFC 5321, Dot-string)."""
    return len(text) <= _LONGEST_MAILBOX and _MAILBOX.fullmatch(text) is not None


def check_url(url: str, *, allow_private: bool, schemes: tuple[str, ...] = WEB) -> str | None:
    """Answer what is wrong with a receiver's URL and how to mend it; None when it may be used.

    Never repeats the URL: it may be a secret. A name is judged by its form only; what it
    resolves to is judged when it is dialled.
    """
    return malformed(url, schemes) or off_limits(url, allow_private=allow_private)


def malformed(url: str, schemes: tuple[str, ...] = WEB) -> str | None:
    """Answer why a text is no plain URL of these schemes; None when it is one."""
    if not url:
        return f"the URL is empty: write {schemes[0]}:// and a host"
    if any(not "!" <= character <= "~" for character in url):
        return (
            "the URL holds a space, a control character or a letter beyond ASCII: "
            "percent-encode it, and write a host in its xn-- form"
        )
    if "\\" in url:
        return "the URL holds a backslash: use / instead"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the URL's host cannot be read: check its brackets"
    if parts.scheme not in schemes:
        return f"the URL does not start with {schemes[0]}://"
    if "@" in parts.netloc:
        return "the URL holds a user name or password: remove it, a signature proves the sender"
    return _bad_authority(parts)


def _bad_authority(parts: SplitResult) -> str | None:
    if not parts.netloc:
        return f"the URL has no host: write {parts.scheme}:// and a host"
    found = _AUTHORITY.fullmatch(parts.netloc)
    if found is None:
        return "the URL's host or port cannot be read: write host or host:port"
    if found["port"] is not None and not 1 <= int(found["port"]) <= _LAST_PORT:
        return "the URL's port is not between 1 and 65535"
    return _bad_six(found["six"]) if found["six"] else _bad_name(found["name"])


def _bad_six(host: str) -> str | None:
    try:
        IPv6Address(host)
    except ValueError:
        return "the URL's brackets hold no IPv6 address: write names and IPv4 without brackets"
    return None


def _bad_name(host: str) -> str | None:
    labels = host.split(".")
    if len(host) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        return "the URL's host is no host name: look for extra dots, hyphens or a label too long"
    # A resolver reads `127.1`, `0x7f000001` and `2130706433` as an IPv4 address: we do not.
    if _NUMBER.fullmatch(labels[-1]) and _literal(host) is None:
        return "the URL writes an IPv4 address oddly: use four decimal numbers"
    return None


def off_limits(url: str, *, allow_private: bool) -> str | None:
    """Answer why a well-formed URL must not be called; None when its host may be looked up."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_private:
        return (
            "plain http:// can be read and changed on its way: use https://, "
            "or set allow_private = true for a receiver on your own network"
        )
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        host = "127.0.0.1"
    literal = _literal(host)
    return judge_address(literal, allow_private=allow_private) if literal else None


def _literal(host: str) -> str | None:
    try:
        return str(ip_address(host))
    except ValueError:
        return None
