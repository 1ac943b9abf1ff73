"""Names of feeds: sources outside the repository's documents, remembered like documents.

A feed's name can be no path inside a repository, so nothing ever takes one for a file.
"""

from __future__ import annotations

import hashlib
import re

_MARK = "://"
_UNPLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 40
_DIGITS = 8


def feed_name(kind: str, label: str, identity: str) -> str:
    """Answer what a feed is called, as `conductor://runs~1a2b3c4d`; the same for the same identity.

    `identity` is what makes it this one (a real path, a URL) and is not shown: names stand in
    evidence and in lists, where no absolute path and no URL may be.
    """
    digest = hashlib.sha256(f"{kind} {identity}".encode("utf-8", "surrogatepass")).hexdigest()
    plain = _UNPLAIN.sub("-", label).strip("-.")[:_LONGEST]
    return f"{kind}{_MARK}{plain}~{digest[:_DIGITS]}"


def is_feed(document: str) -> bool:
    """Say whether a remembered document is a feed. No path has an empty part, and a name has."""
    return _MARK in document
