"""The feeds a config names: a new one is a function here and its name in one line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.snapshot import Notice, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from spec_notify.ports import Feed
    from spec_notify.wiring import Wiring

_NOT_YET = "not looked at yet: `spec-notify scan` or `watch` takes it as the baseline"


def feeds(wiring: Wiring) -> tuple[Feed, ...]:
    """Answer the feeds of the config in force, each once; none while it is off."""
    if not wiring.config.enabled:
        return ()
    found = [feed for make in _MAKERS for feed in make(wiring)]
    return tuple({feed.name: feed for feed in found}.values())


def place(wiring: Wiring, stated: str) -> Path:
    """Answer the path a source names: absolute, below home (`~/`), or in the repository."""
    if stated == "~" or stated.startswith("~/"):
        return Path(wiring.env.get("HOME", "/")) / stated[2:]
    return wiring.root / stated


def stands(wiring: Wiring, *, read: bool) -> Iterator[tuple[Feed, Snapshot, tuple[Notice, ...]]]:
    """Answer each feed, as it is remembered, and what a user should know of it.

    What cannot be read now is found where it may be `read`, which takes as long as a first look.
    Nothing is kept, and none is read over the network.
    """
    from spec_notify.pipeline.feeding import read_feed
    from spec_notify.ports import Unreadable

    known = wiring.remembered()
    for feed in wiring.feeds:
        before = known.get(feed.name)
        stood = before.snapshot if before else Snapshot(document=feed.name, format="none")
        said = [] if before else [Notice(code="unseen", message=_NOT_YET)]
        fed = None if feed.remote or not read else read_feed(feed, before)
        if isinstance(fed, Unreadable):
            said.append(Notice(code="unreadable", message=f"cannot be read now: {fed.why}"))
        elif fed is not None:
            words = (f"{each.place}: cannot be read now: {each.why}" for each in fed.unread)
            said += [Notice(code="unreadable", message=each) for each in words]
            said += fed.snapshot.notices
        yield feed, stood, tuple(said)


def _conductor(wiring: Wiring) -> Iterator[Feed]:
    from spec_notify.disk.run_folders import RunFolders
    from spec_notify.wiring import now

    roots = wiring.config.conductor_roots if wiring.config.conductor_enabled else ()
    for root in roots:
        yield RunFolders(place(wiring, root), clock=now)


def _runs(wiring: Wiring) -> Iterator[Feed]:
    from spec_notify.pipeline.runs_feed import RunsFeed
    from spec_notify.wiring import now
    from spec_notify.wiring.runs_server import asker, runs_base

    config = wiring.config
    base = runs_base(wiring) if config.runs_enabled and config.run_ids else None
    if base is not None:
        ask = asker(wiring, base, deadline=_LONGEST_ASK)
        yield RunsFeed(base, config.run_ids, ask=ask, interval=config.runs_poll, clock=now)


def _teams(wiring: Wiring) -> Iterator[Feed]:
    from spec_notify.disk.team_files import TeamFiles, split
    from spec_notify.wiring import now

    for stated in wiring.config.team_paths if wiring.config.teams_enabled else ():
        whole = place(wiring, stated)
        # What lies in the repository is told by its path there.
        inside = whole == wiring.root / stated and not stated.startswith("/")
        root, glob = (wiring.root, stated) if inside else split(whole)
        yield TeamFiles(root, glob, clock=now)


_LONGEST_ASK = 5_000
"""Milliseconds: the first look waits for an answer."""
_MAKERS: tuple[Callable[[Wiring], Iterable[Feed]], ...] = (_conductor, _runs, _teams)
