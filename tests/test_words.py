"""The command line before any parser sees it."""

from __future__ import annotations

import pytest

from spec_notify.words import Words, arrange

CASES = [
    ([], Words(None, [])),
    (["--test"], Words("test", [])),
    (["--test", "SPEC-1", "--subscription", "x"], Words("test", ["SPEC-1", "--subscription", "x"])),
    (["SPEC-1", "--test"], Words("test", ["SPEC-1"])),
    (["--list", "--failed", "--json"], Words("list", ["--failed"], json=True)),
    (["--json", "list"], Words("list", [], json=True)),
    (["--replay", "evt_1", "evt_2"], Words("replay", ["evt_1", "evt_2"])),
    (["--replay=evt_1"], Words("replay", ["evt_1"])),
    (["--repo", "a b", "scan", "-q"], Words("scan", [], repo="a b", quiet=True)),
    (["scan", "--repo=x", "--config", "c.toml"], Words("scan", [], repo="x", config="c.toml")),
    (["hook", "post-commit", "--", "--json"], Words("hook", ["post-commit", "--", "--json"])),
    (["run", "--", "--repo", "x"], Words("run", ["--", "--repo", "x"])),
    (["--version"], Words(None, [], root=["--version"])),
    (["--help", "list"], Words("list", [], root=["--help"])),
    (["scan", "--repo"], Words("scan", [], repo="")),
    (["--log-format", "json", "scan"], Words("scan", [], log_format="json")),
    (["scan", "--log-format=text"], Words("scan", [], log_format="text")),
    (["scan", "--log-format"], Words("scan", [], log_format="")),
    (["run", "--", "--log-format", "x"], Words("run", ["--", "--log-format", "x"])),
]


@pytest.mark.parametrize(("argv", "arranged"), CASES, ids=lambda value: repr(value)[:40])
def test_options_that_may_stand_anywhere_do(argv: list[str], arranged: Words) -> None:
    assert arrange(argv) == arranged
