"""`spec-notify doctor`: what could keep a message from leaving, each fault with its fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.errors import ConfigError
from spec_notify.core.instant import rfc3339
from spec_notify.core.listing import remedy
from spec_notify.core.subscription import hears_of_documents

from .finding import Finding
from .machine import clock, events, room
from .output import plural, say
from .queue_findings import moved, spool
from .session import session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.core.snapshot import Snapshot
    from spec_notify.wiring import Wiring

_NOT_READ = "make it a plain file or folder of the repository, or leave it out of `paths`"
_LATER = "mend or finish what is in the way: a later look finds its changes"
_TURN_ON = "`spec-notify init` writes a config, `trust` believes the one that is there"
_MARKS = {"ok": "ok   ", "warn": "warn ", "fault": "FAULT"}


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    reach: Annotated[
        bool,
        typer.Option(
            "--reach", help="Also try name, TLS and clock of each receiver: a HEAD, or a greeting."
        ),
    ] = False,
) -> int:
    """Look everything over; exit 1 when there is a fault, 78 when it is in the config."""
    here = session(context)
    try:
        findings = list(_look_over(here.wiring()))
        if reach:
            from .reach import reached

            findings += [Finding(*each) for each in reached(here.wiring())]
    except ConfigError as error:
        findings = [Finding("fault", "config", str(p), p.fix) for p in error.problems]
    faults = [each for each in findings if each.level == "fault"]
    shown = [each._asdict() for each in findings]
    if not here.answer("doctor", ok=not faults, findings=shown):
        for each in findings:
            say(f"{_MARKS[each.level]} {each.about}: {each.found}")
            if each.fix:
                say(f"      {each.fix}")
    if any(each.about in {"config", "subscription"} for each in faults):
        return 78
    return 1 if faults else 0


def _look_over(wiring: Wiring) -> Iterator[Finding]:
    yield _enabled(wiring)
    yield from _subscriptions(wiring)
    yield _git(wiring)
    yield from _hooks(wiring)
    yield _watcher(wiring)
    yield events(wiring)
    yield clock(wiring)
    yield from _documents(wiring)
    yield from _feeds(wiring)
    yield from _evidence(wiring)
    if wiring.has_spool:
        yield from spool(wiring)
    yield from room(wiring)
    yield from moved(wiring)


def _enabled(wiring: Wiring) -> Finding:
    if not wiring.config.enabled:
        off = wiring.loaded.off_because
        return Finding("fault", "config", off, "" if "`" in off else _TURN_ON)
    read = ", ".join(f"{file.path} ({file.state})" for file in wiring.loaded.files)
    return Finding("ok", "config", read or "enabled")


def _subscriptions(wiring: Wiring) -> Iterator[Finding]:
    for name, route in wiring.routes().items():
        if route.unready is None:
            yield Finding("ok", "subscription", f"{name} is ready")
            yield from _rotation(name, route.subscription.previous_secret_until)
        elif route.unready == "disabled":
            yield Finding("warn", "subscription", f"{name}: {route.why}", "`enabled = true` in it")
        else:
            fault = f"{name}: {route.unready.replace('_', ' ')}: {route.why}"
            yield Finding("fault", "subscription", fault, remedy(route.unready))
    for problem in wiring.config.problems:
        yield Finding("warn", "config", str(problem), problem.fix)


def _rotation(name: str, until: int | None) -> Iterator[Finding]:
    from spec_notify.wiring import now

    if until is None:
        return
    at = rfc3339(until)
    if now() < until:
        yield Finding("ok", "subscription", f"{name}: its previous secret signs too until {at}")
    else:
        fix = "take previous_secret_env and previous_secret_until out, and unset the variable"
        yield Finding("warn", "subscription", f"{name}: its previous secret ended at {at}", fix)


def _git(wiring: Wiring) -> Finding:
    checkout = wiring.git.checkout() if wiring.git else None
    if checkout is None:
        return Finding(
            "warn",
            "git",
            f"{wiring.root} is no git repository; changes are seen by `watch` and `scan` only",
            "`git init`, or leave it so",
        )
    if wiring.git is not None and wiring.git.is_bare:
        from spec_notify.wiring import BARE

        return Finding("warn", "git", BARE, "watch a clone that has one")
    if checkout.busy:
        fix = "finish or abort it; a stale lock can be removed by hand"
        return Finding(
            "warn", "git", f"in the middle of a {checkout.busy}: nothing is looked at", fix
        )
    where = f"on {checkout.branch}" if checkout.branch else "on a detached HEAD"
    return Finding(
        "ok", "git", f"{where} at {checkout.head[:12] if checkout.head else 'no commit yet'}"
    )


def _hooks(wiring: Wiring) -> Iterator[Finding]:
    from .hooks import standing

    if wiring.git is None:
        return
    report = standing(wiring, wiring.git)
    level = "ok" if report.ok else "warn"
    fix = "" if report.ok else "`spec-notify hooks install` looks at every commit and merge"
    for line in report.lines():
        yield Finding(level, "hooks", line, fix)
        fix = ""
    failed = wiring.state / "hook.error"
    if failed.exists():
        why = failed.read_text(encoding="utf-8").strip()
        yield Finding("fault", "hooks", f"the last look failed: {why}", "mend it; then `scan`")


def _watcher(wiring: Wiring) -> Finding:
    pid = wiring.watching.pid()
    if pid:
        return Finding("ok", "watcher", f"process {pid}")
    return Finding("ok", "watcher", "none; hooks and `scan` look, and deliver what is due")


def _needs_documents(wiring: Wiring) -> bool:
    """Say whether anything is amiss without one: who tells of workflows alone has none."""
    subscriptions = wiring.config.subscriptions
    return not subscriptions or any(map(hears_of_documents, subscriptions))


def _documents(wiring: Wiring) -> Iterator[Finding]:
    for notice in wiring.workspace.listing(wiring.config.paths).notices:
        yield Finding("warn", "documents", notice.message, _NOT_READ)
    reading = wiring.reading()
    for path, why in {**reading.deferred, **reading.unreadable}.items():
        yield Finding("warn", "document", f"{path}: not looked at: {why}", _LATER)
    from spec_notify.pipeline.trees import is_tree

    snapshots = wiring.snapshots()
    yield from (_tree(path, each) for path, each in snapshots if is_tree(path))
    snapshots = [(path, each) for path, each in snapshots if not is_tree(path)]
    if not snapshots and not wiring.feeds and _needs_documents(wiring):
        fix = "name yours in `[sources.spec] paths`"
        yield Finding("fault", "documents", "no document is watched here", fix)
    for path, snapshot in snapshots:
        if snapshot.tasks:
            yield Finding(
                "ok",
                "document",
                f"{path}: {plural(len(snapshot.tasks), 'task')}, read as {snapshot.format}",
            )
        else:
            yield Finding(
                "warn",
                "document",
                f"{path}: NO TASK FOUND in it",
                "a table needs a Status column, a list needs checkboxes",
            )


def _feeds(wiring: Wiring) -> Iterator[Finding]:
    from spec_notify.wiring.feeds import stands

    for feed, snapshot, notices in stands(wiring, read=True):
        where = f" in {feed.place}" if feed.place else ""
        found = f"{feed.name}: {plural(len(snapshot.tasks), 'entry')}{where}"
        if not notices:
            yield Finding("ok", "feed", found)
        for notice in notices:
            yield Finding("warn", "feed", f"{found}; {notice.message}")


def _tree(path: str, snapshot: Snapshot) -> Finding:
    found = f"{path}: {plural(len(snapshot.tasks), 'outcome')}, read as {snapshot.format}"
    if not snapshot.notices:
        return Finding("ok", "tree", found)
    skipped = f"{len(snapshot.notices)} skipped, first {snapshot.notices[0].message}"
    fix = "mend or remove them; they are news once they are whole"
    return Finding("warn", "tree", f"{found}; {skipped}", fix)


def _evidence(wiring: Wiring) -> Iterator[Finding]:
    folder = wiring.evidence_folder
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        yield Finding(
            "fault",
            "evidence",
            f"{wiring.evidence_root} is no folder of its own",
            "evidence is kept in the spool until it is one",
        )
