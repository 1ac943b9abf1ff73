"""Ids of ours where only a plain word may stand: a header, a file's name, a query."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def plain_id(id_: str) -> str:
    """Answer an id of ours as it is; any other text as 32 hex characters that stand for it."""
    if _PLAIN.fullmatch(id_):
        return id_
    return hashlib.sha256(id_.encode("utf-8", "surrogatepass")).hexdigest()[:32]
