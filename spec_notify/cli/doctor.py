"""`spec-notify doctor`: what could keep a message from leaving, each fault with its fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from spec_notify.core.errors import ConfigError, SpecNotifyError
from spec_notify.core.subscription import hears_of_documents

from .output import plural, say
from .session import session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.core.snapshot import Snapshot
    from spec_notify.wiring import Wiring

_MARKS = {"ok": "ok   ", "warn": "warn ", "fault": "FAULT"}


class Finding(NamedTuple):
    """One thing looked at: `ok`, `warn` or `fault`, what was found, and the fix."""

    level: str
    about: str
    found: str
    fix: str = ""


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
    yield from _documents(wiring)
    yield from _feeds(wiring)
    yield from _evidence(wiring)
    if wiring.has_spool:
        yield from _spool(wiring)
    yield from _moved(wiring)


def _enabled(wiring: Wiring) -> Finding:
    if not wiring.config.enabled:
        return Finding("fault", "config", wiring.loaded.off_because)
    read = ", ".join(f"{file.path} ({file.state})" for file in wiring.loaded.files)
    return Finding("ok", "config", read or "enabled")


def _subscriptions(wiring: Wiring) -> Iterator[Finding]:
    for name, route in wiring.routes().items():
        if route.unready is None:
            yield Finding("ok", "subscription", f"{name} is ready")
        elif route.unready == "disabled":
            yield Finding("warn", "subscription", f"{name}: {route.why}")
        else:
            fault = f"{name}: {route.unready.replace('_', ' ')}: {route.why}"
            yield Finding("fault", "subscription", fault)
    for problem in wiring.config.problems:
        yield Finding("warn", "config", str(problem))


def _git(wiring: Wiring) -> Finding:
    checkout = wiring.git.checkout() if wiring.git else None
    if checkout is None:
        return Finding(
            "warn",
            "git",
            f"{wiring.root} is no git repository; changes are seen by `watch` and `scan` only",
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
    return Finding("ok", "git", f"{where} at {(checkout.head or 'no commit yet')[:12]}")


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
        yield Finding("warn", "documents", notice.message)
    reading = wiring.reading()
    for path, why in {**reading.deferred, **reading.unreadable}.items():
        yield Finding("warn", "document", f"{path}: not looked at: {why}")
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
                "ok", "document", f"{path}: {len(snapshot.tasks)} tasks, read as {snapshot.format}"
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

    for name, snapshot, notices in stands(wiring):
        found = f"{name}: {plural(len(snapshot.tasks), 'entry')}"
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


def _moved(wiring: Wiring) -> Iterator[Finding]:
    """Tell of what checkouts left to deliver that were moved or removed: each has its own spool."""
    import shlex

    from spec_notify.disk.abandoned import abandoned

    own = shlex.quote(str(wiring.state))
    for root, state in abandoned(wiring.state.parent):
        left = _open_in(state)
        if left:
            told = f"{plural(left, 'delivery')} of {root}, which is not there any more, "
            fix = f"mv {own} {own}.unused && mv {shlex.quote(str(state))} {own}"
            yield Finding(
                "warn",
                "moved",
                f"{told}{'waits' if left == 1 else 'wait'} in its own spool",
                f"if that is this one: `{fix}`, with no watcher running; else put it back, or "
                f"remove {state}",
            )


def _open_in(state: Path) -> int:
    from spec_notify.core.delivery import State
    from spec_notify.spool.sqlite import SqliteSpool

    try:
        spool = SqliteSpool.peek(state / "spool.db")
    except SpecNotifyError:
        return 0
    if spool is None:
        return 0
    try:
        counts = spool.counts()
        return counts[State.PENDING] + counts[State.IN_FLIGHT] + counts[State.PARKED]
    finally:
        spool.close()


def _breakers(wiring: Wiring) -> Iterator[Finding]:
    from spec_notify.pipeline.holding import open_breakers, spell_breaker
    from spec_notify.wiring import now

    if not wiring.config.enabled:
        return
    for each in open_breakers(wiring.spool, wiring.routes(), now()):
        found = f"{each['endpoint']} ({', '.join(each['subscriptions'])}): {spell_breaker(each)}"
        fix = "`spec-notify doctor --reach` says what it answers; a replay tries it at once"
        yield Finding("warn", "breaker", found, fix)


def _spool(wiring: Wiring) -> Iterator[Finding]:
    from spec_notify.core.delivery import State

    try:
        counts = wiring.spool.counts()
        seen = len(wiring.spool.acknowledged())
        documents = wiring.spool.documents()
    except SpecNotifyError as error:
        yield Finding("fault", "spool", str(error))
        return
    told = "  ".join(f"{state} {count}" for state, count in counts.items())
    stuck = counts[State.DEAD] - seen + counts[State.PARKED]
    yield Finding(
        "warn" if stuck else "ok",
        "spool",
        told,
        "`spec-notify --list --failed` says why" if stuck else "",
    )
    yield from _breakers(wiring)
    for kept in sorted(wiring.state.glob("spool.db.corrupt-*[0-9]")):
        yield Finding(
            "warn",
            "spool",
            f"a damaged spool was kept as {kept}; what was pending in it was not sent",
            "mend what damaged it, then remove the file",
        )
    for path, each in documents.items():
        if each.held:
            yield Finding(
                "warn",
                "held",
                f"{path}: {plural(each.held, 'event')} wait for a human: {each.held_why}",
                f"`spec-notify accept {path}` sends them, --discard lets them go",
            )
    for warning in wiring.take_warnings():
        yield Finding("warn", "spool", warning)
