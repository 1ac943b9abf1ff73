"""`spec-notify explain --file FILE`: how a file is read: reader, words, every task, and why.

`spec-notify explain ID` is told in `explain_id`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import typer

from spec_notify.core.errors import UsageError
from spec_notify.core.plain import shown
from spec_notify.core.spec_id import SpecId, resolve
from spec_notify.ports import Text, Unreadable
from spec_notify.sources.explaining import BUILT_IN, SeenTask

from .output import plural, say
from .session import Session, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.disk.workspace import Folder
    from spec_notify.ports import Workspace
    from spec_notify.wiring import Wiring

_USAGE = (
    "`explain` shows how a file is read: spec-notify explain --file FILE; "
    "or why a delivery stands where it does: spec-notify explain ID (evt_ or dlv_)"
)


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    # What follows is refused in our own words.
    app.command("explain", context_settings={"allow_extra_args": True})(explain)


def explain(
    context: typer.Context,
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="An event or delivery: evt_ or dlv_.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="Explain how this file is read.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="REV", help="As it stood in this commit.")
    ] = None,
) -> int:
    """Show why a delivery stands where it does, or with `--file` how a file is read.

    With an ID: the event, the filters that let it pass, every attempt with its verdict and the
    wait it led to, and what happens next; exit 1 for an id nobody knows here. With a file: which
    reader and why, the words of a status, and every task; that needs no repository, config or
    trust, though a config that is in force is applied.
    """
    if id is not None and file is None and not context.args:
        return _explain_id(session(context), id, at)
    if id is not None or file is None or context.args:
        raise UsageError(_USAGE)
    here = session(context)
    wiring = here.wiring()
    place = _Place.of(wiring, file, at)
    facts = _facts(wiring, place)
    if not here.answer("explain", document=place.shown, at=place.commit, **facts):
        _print(place.shown, facts)
    return 0


def _explain_id(here: Session, id: str, at: str | None) -> int:
    from .explain_id import explain_id

    if at is not None or not id.startswith(("evt_", "dlv_")):
        raise UsageError(_USAGE)
    return explain_id(here, id)


class _Place(NamedTuple):
    """Where a file stands: its path below `base`, and how what stands there is read."""

    shown: str
    path: str
    base: Path
    commit: str | None
    text: Text

    @classmethod
    def of(cls, wiring: Wiring, file: str, at: str | None) -> _Place:
        """Find and read a file. Raises UsageError for what is not there or cannot be read."""
        path, base = _below(wiring, file)
        inside = base == wiring.root
        commit = wiring.git.resolve(at) if wiring.git and at is not None and inside else None
        if at is not None and commit is None:
            raise UsageError(
                f"--at {at}: there is no such commit in a repository that holds {file}"
            )
        text = _text(wiring, base / path, path, commit)
        if not isinstance(text, Text):
            raise UsageError(f"{file}: {text.why if text else f'there is none in {at}'}")
        shown = path if inside else file
        return cls(shown=shown, path=path, base=base, commit=commit, text=text)


def _below(wiring: Wiring, file: str) -> tuple[str, Path]:
    """Answer a path and the folder it is below: the repository, or the root of all files."""
    if wiring.git is not None and wiring.git.is_bare:
        return file, wiring.root
    whole = Path(file).absolute()
    whole = whole.parent.resolve() / whole.name
    base = wiring.root if whole.is_relative_to(wiring.root) else Path(whole.anchor)
    return whole.relative_to(base).as_posix(), base


def _text(wiring: Wiring, file: Path, path: str, commit: str | None) -> Text | Unreadable | None:
    if wiring.git is not None and commit is not None:
        return wiring.git.read(commit, path)
    from spec_notify.disk.workspace import read_file

    return read_file(str(file))


def _facts(wiring: Wiring, place: _Place) -> dict[str, Any]:
    """Answer what `explain --json` shows, without its schema, document and commit."""
    from spec_notify.pipeline.rules import Rules

    rules = Rules(wiring.config)
    text = _with_neighbours(wiring, place, rules.beside(place.path))
    found = rules.explain(place.path, text)
    folders = _tree(wiring, place).folders("docs")
    default = wiring.config.spec_id
    return {
        "format": found.snapshot.format,
        "chosenBy": found.because,
        "why": found.why,
        "refused": rules.refusal(place.path, text),
        "dialect": found.dialect,
        "marks": found.marks,
        "statuses": [msgspec.structs.asdict(each) for each in found.words],
        "tasks": [
            _task(
                each, resolve(each.task, document=place.path, directories=folders, default=default)
            )
            for each in found.tasks
        ],
        "tables": [msgspec.structs.asdict(each) for each in found.tables],
        "boxesLeftOut": list(found.boxes),
        "notices": [
            {"code": each.code, "line": each.line, "message": each.message}
            for each in found.snapshot.notices
        ],
    }


def _with_neighbours(wiring: Wiring, place: _Place, names: Sequence[str]) -> Text:
    read = _folder(place).read
    if wiring.git is not None and place.commit is not None:
        read = partial(wiring.git.read, place.commit)
    found = {name: read(name) for name in names}
    beside = {name: each.text for name, each in found.items() if isinstance(each, Text)}
    return msgspec.structs.replace(place.text, beside=beside)


def _tree(wiring: Wiring, place: _Place) -> Workspace:
    """Answer where the document stands: the commit that was asked for, else its folder."""
    if wiring.git is not None and place.commit is not None:
        return wiring.git.as_of(place.commit)
    return _folder(place)


def _folder(place: _Place) -> Folder:
    from spec_notify.disk.workspace import Folder

    # What nobody named is read as a look reads it: no link, no pipe.
    return Folder(place.base)


def _task(seen: SeenTask, spec: SpecId) -> dict[str, Any]:
    task = seen.task
    return {
        "line": task.line,
        "id": task.id,
        "key": task.key,
        "title": task.title,
        "status": task.status.canonical,
        "statusText": task.status.raw,
        "readAs": task.status.text,
        "by": seen.by,
        "how": seen.how,
        "section": task.section,
        "owners": list(task.owners),
        "spec": {"id": spec.id, "matchedBy": spec.matched_by, "reason": spec.reason},
    }


def _print(document: str, facts: dict[str, Any]) -> None:
    say(f"{document}: {plural(len(facts['tasks']), 'task')}, format {facts['format']}")
    if facts["refused"]:
        say(f"  a look does not read it: {facts['refused']}")
    say(f"  chosen by {facts['chosenBy']}: {facts['why']}")
    if facts["dialect"]:
        marks = ", ".join(f"{mark} {status}" for mark, status in facts["marks"].items())
        say(f"  marks of boxes ({facts['dialect']}): {marks}; any other is Unknown")
    say(f"  words: {_words(facts['statuses'])}")
    for task in facts["tasks"]:
        _print_task(task)
    for table in facts["tables"]:
        if table["why"]:
            header = shown(" | ".join(table["header"]))
            say(f"line {table['line']}: no task table: {table['why']} ({header})")
    if facts["boxesLeftOut"]:
        lines = ", ".join(map(str, facts["boxesLeftOut"]))
        say(f"lines {lines}: boxes beside a task table are criteria: not read")
    for notice in facts["notices"]:
        say(f"line {notice['line'] or 1}: {notice['message']}")


def _words(words: list[dict[str, str]]) -> str:
    own = [
        f"“{each['word']}” {each['status']} ({each['origin']})"
        for each in words
        if each["origin"] != BUILT_IN
    ]
    return ", ".join(["those built in", *own])


def _print_task(task: dict[str, Any]) -> None:
    say(f"line {task['line']}: {task['id'] or task['key']}  {task['status']}  {task['title']}")
    say(f"  status: {_said(task)}")
    spec = task["spec"]
    say(
        f"  spec: {spec['id']} (by {spec['matchedBy']})"
        if spec["id"]
        else f"  no spec: {spec['reason']}"
    )
    about = [f"section: {task['section']}"] if task["section"] else []
    about += [f"owners: {', '.join(task['owners'])}"] if task["owners"] else []
    if about:
        say(f"  {'; '.join(about)}")


def _said(task: dict[str, Any]) -> str:
    raw = shown(task["statusText"])
    return f"{raw} -> {task['status']}: {task['how']}" if raw else task["how"]
