"""Every command in a repository in which everything means harm: before it is trusted, and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.load.warm import Warm

from .canaries import Canary, files, found, random
from .hostile import build, every, missing, stands
from .test_terminals import STEERING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.shop import Shop

# 70 is a bug of ours, and a signal is worse.
ANSWERS = {0, 1, 2, 3, 4, 69, 75, 78}


class Visitor:
    """Somebody who has cloned the repository and tries every command."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self.shop = shop
        self.mark, self.outside = build(shop, folder)
        self.shop.env |= {"AWS_SECRET_ACCESS_KEY": random("cloud account").hex()}
        self._log = folder / "said.log"
        self.warm = Warm(self._log)

    def run(self, line: str) -> None:
        """Run a command; hold it to its exit code, its manners and its silence."""
        known = self._log.stat().st_size
        pid = self.warm.fork(line.split(), self.shop.root, self.shop.env, limit=60)
        code = self.warm.wait(pid)
        said = self._log.read_bytes()[known:].decode("utf-8", "surrogateescape")
        assert code in ANSWERS, (line, code, said)
        assert "Traceback" not in said, (line, said)
        assert set(said) & STEERING <= {"\n"}, (line, said)
        assert not self.mark.exists(), (line, self.mark.read_text())
        assert [each.name for each in self.outside.iterdir()] == ["precious"], line


@pytest.fixture
def visitor(shop: Shop, tmp_path: Path) -> Iterator[Visitor]:
    visitor = Visitor(shop, tmp_path)
    yield visitor
    visitor.warm.close()


def test_every_command_has_a_run() -> None:
    assert missing() == set(), "tests/security/hostile.py: say how these are run there"


def test_before_it_is_trusted_nothing_is_sent_run_or_written(
    visitor: Visitor, tmp_path: Path
) -> None:
    shop, before = visitor.shop, stands(visitor.shop.root)
    for line in every(shop):
        visitor.run(line)

    assert shop.receiver.connections == 0
    after = stands(shop.root)
    # What `init` and `hooks install` were asked for by name.
    asked = {path for path in after if "/.git/" in path or path.endswith("/config.toml")}
    assert {path: after[path] for path in after.keys() - asked} == {
        path: before[path] for path in before.keys() - asked
    }
    canary = Canary("cloud account", random("cloud account").hex().encode())
    kept = [*files(shop.state), ("said.log", (tmp_path / "said.log").read_bytes())]
    assert found([canary], kept) == []


def test_once_it_is_trusted_it_sends_where_it_says_and_does_nothing_else(
    visitor: Visitor,
) -> None:
    shop = visitor.shop
    visitor.run("trust --allow-private")
    (shop.root / "openspec/changes/a/tasks.md").write_text("- [x] 1.1 o\n- [x] 1.2 p\n")
    before = stands(shop.root)
    for line in every(shop):
        visitor.run(line)

    assert {each.path for each in shop.receiver.requests} == {"/theirs"}
    after = stands(shop.root)
    changed = {path for path in after.keys() | before.keys() if after.get(path) != before.get(path)}
    assert {path for path in changed if "/.git/" not in path} == set()
