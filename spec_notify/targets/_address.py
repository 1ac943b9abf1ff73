"""Addresses made from a subscription's URL, every other byte of which stays as it was written."""

from __future__ import annotations

import re

from spec_notify.core.message import Secret

_PATH = re.compile(r"[^?#]*")


def beneath(url: Secret, path: str) -> Secret:
    """Answer the URL with `path` under its own path; `path` begins with a slash."""
    known = url.reveal()
    end = _end_of_path(known)
    return Secret(known[:end].rstrip("/") + path + known[end:])


def asking(url: Secret, key: str, value: str) -> Secret:
    """Answer the URL with one more pair in its query, unless it says something of that key."""
    known, mark, fragment = url.reveal().partition("#")
    query = known[_end_of_path(known) :]
    if any(pair.partition("=")[0] == key for pair in query[1:].split("&")):
        return url
    # An empty query, or one that ends in `&`, needs no separator.
    between = "?" if not query else "" if query == "?" or query.endswith("&") else "&"
    return Secret(f"{known}{between}{key}={value}{mark}{fragment}")


def _end_of_path(url: str) -> int:
    found = _PATH.match(url)
    return found.end() if found else 0
