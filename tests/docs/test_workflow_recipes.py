"""The snippets of the page on workflows do what the page says, as they stand there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import open_shop
from tests.workflow.conftest import open_trusted

from .pages import ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.shop import Shop

__all__ = ["open_shop", "open_trusted"]

PAGE = "docs/how-to/workflows.md"


@pytest.fixture
def shop(open_trusted: Callable[..., Shop]) -> Shop:
    """Answer a shop with a Makefile, the command on its path, and the package importable."""
    shop = open_trusted()
    bin_ = str(Path(sys.executable).parent)
    shop.env |= {"PATH": f"{bin_}{os.pathsep}{shop.env['PATH']}", "PYTHONPATH": str(ROOT)}
    (shop.root / "Makefile").write_text("test:\n\t@echo tested\n")
    return shop


def play(shop: Shop, *words: str) -> str:
    done = subprocess.run(
        words, cwd=shop.root, env=shop.env, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def told(shop: Shop, count: int) -> dict[str, dict[str, object]]:
    found = (json.loads(each.body) for each in shop.arrivals(count))
    return {each["type"]: each["data"] for each in found}


def test_a_command_is_run_and_told(shop: Shop) -> None:
    run, _ = blocks(PAGE, "sh")

    assert play(shop, "sh", "-e", "-c", run) == "tested\n"
    found = told(shop, 3)
    assert found["workflow.completed"]["workflow"] == {"name": "nightly"}
    assert found["workflow.completed"]["exit_code"] == 0


def test_steps_of_a_script_are_told(shop: Shop) -> None:
    _, emit = blocks(PAGE, "sh")

    play(shop, "sh", "-e", "-c", emit)

    found = told(shop, 2)
    assert found["workflow.started"]["step_count"] == 2
    assert found["step.completed"]["image"] == "shop:1.4"


def test_a_pipeline_in_python_is_told_with_its_report(shop: Shop) -> None:
    pipeline, _ = blocks(PAGE, "python")

    play(shop, sys.executable, "-c", pipeline)

    report = told(shop, 4)["workflow.completed"]["report"]
    assert isinstance(report, dict)
    assert report["summary"] == {"total": 1, "passed": 1, "failed": 0, "skipped": 0}


@pytest.mark.parametrize("on", [True, False])
def test_an_event_of_one_s_own_is_logged_and_told_where_it_is_asked_for(
    shop: Shop, *, on: bool
) -> None:
    _, own = blocks(PAGE, "python")
    shop.env["SPEC_NOTIFY_ENABLED"] = "1" if on else "0"

    assert play(shop, sys.executable, "-c", own) == "['workflow.started']\n"
    assert len(shop.arrivals(1) if on else shop.receiver.requests) == on
