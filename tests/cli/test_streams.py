"""A reader that leaves is no fault, and `-q` says nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.shop import Shop


@pytest.mark.parametrize("reader", ["true", "head -1", "head -c 1"])
@pytest.mark.parametrize("command", ["list", "list --json", "schema", "--help", "doctor"])
def test_a_reader_that_leaves_early_is_no_fault(shop: Shop, command: str, reader: str) -> None:
    line = f'"{sys.executable}" -m spec_notify {command} | {reader}; echo ${{PIPESTATUS[0]}} >&2'
    expected = {"0", "78"} if command == "doctor" else {"0"}

    done = subprocess.run(
        ["bash", "-c", line],
        cwd=shop.root,
        env=shop.env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr.strip() in expected


def test_a_reader_that_is_gone_before_the_first_byte_is_no_fault(shop: Shop) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "spec_notify", "schema"],
        cwd=shop.root,
        env=shop.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()

    assert (child.stderr.read(), child.wait()) == (b"", 0)
    child.stderr.close()


def test_quiet_leaves_stderr_empty(shop: Shop) -> None:
    shop.repository.write("SPEC.md", "# Only words\n")

    assert shop.run("accept", "-q", code=0).stderr == ""
    assert shop.run("--test", "-q", code=0).stderr == ""
    shop.arrivals(1)
