"""Whether there is a way out, asked where there is one and where there is none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from spec_notify.disk.network import has_route

ALONE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--net"]
"""A network of our own, without so much as a loopback that is up."""
ASK = """
from spec_notify.disk.network import has_route
print(has_route(), has_route("192.0.2.1"), has_route("2001:db8::1"), has_route("127.0.0.1"))
"""


def alone(code: str) -> str:
    """Run Python code on a machine without any route, and answer what it prints."""
    if subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        assert not (os.environ.get("CI") == "true" and os.geteuid() == 0), "root in CI may unshare"
        pytest.skip("this user may not have a network of its own (unshare --net)")
    words = [*ALONE, sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_the_loopback_is_always_a_route() -> None:
    assert has_route("127.0.0.1")


def test_without_a_network_nothing_leads_out() -> None:
    assert alone(ASK).split()[:3] == ["False", "False", "False"]
