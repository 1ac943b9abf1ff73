"""What git, our only child, gets to see: no secret in its words nor in its environment."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from .canaries import Canary, files, found, random, signing, token

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.shop import Shop

SPY = """#!/bin/sh
for word in "$@"; do printf '%s\\n' "$word"; done >"$(mktemp {seen}/words.XXXXXXXX)"
env >"$(mktemp {seen}/env.XXXXXXXX)"
exec {git} "$@"
"""


def test_git_is_told_no_secret(shop: Shop, tmp_path: Path) -> None:
    git = shutil.which("git")
    seen, tools = tmp_path / "seen", tmp_path / "tools"
    for folder in (seen, tools):
        folder.mkdir()
    (tools / "git").write_text(SPY.format(seen=seen, git=git))
    (tools / "git").chmod(0o755)
    secret, canaries = signing("child")
    known = token("child's url")
    canaries.append(Canary("url", known.encode()))
    canaries.append(Canary("somebody else's", random("somebody").hex().encode()))
    env = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "SPEC_NOTIFY_SHOP_SECRET": secret,
        "SPEC_NOTIFY_SHOP_URL": f"http://127.0.0.1:1/{known}",
        "AWS_SECRET_ACCESS_KEY": random("somebody").hex(),
    }
    shop.board(T1="Done", T2="Done")
    for command in ("scan", "doctor", "deliver --drain 0s", "list", "history", "hooks install"):
        shop.run(*command.split(), **env)

    kept = [*files(seen)]
    assert {name.split("/")[-1].split(".")[0] for name, _ in kept} == {"words", "env"}
    assert found(canaries, kept) == []
