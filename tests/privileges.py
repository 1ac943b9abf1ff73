"""Root may read everything: what is refused to ordinary users is tried without that privilege."""

from __future__ import annotations

import os
import subprocess
import sys

_CAPABILITIES = "-dac_override,-dac_read_search"


def run_as_ordinary_user(code: str, *arguments: str) -> str:
    """Run Python code where permissions count, and answer what it prints."""
    words = [sys.executable, "-c", code, *arguments]
    if os.geteuid() == 0:
        words = ["setpriv", "--bounding-set", _CAPABILITIES, *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()
