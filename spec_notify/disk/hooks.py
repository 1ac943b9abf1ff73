"""Our part in a repository's git hooks: put in, taken out, and looked at.

Contract, section 8. A hook that was there before is kept next to ours, runs first, and comes back
byte for byte; a folder of hooks that other repositories share is never written to.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .atomic import open_folder, replace_atomically
from .git_process import GitError
from .hook_report import (
    ABSENT,
    BLOCKED,
    FOREIGN,
    INSTALLED,
    NESTED,
    OUTDATED,
    Hook,
)
from .hook_report import Report as Report  # noqa: PLC0414 - what this room answers
from .hook_shim import CHAINED, NAMES, Shim, drop_gates, is_ours, renewed, shim_in, without
from .hook_shim import leave_notice as leave_notice  # noqa: PLC0414 - the other end of the same shim
from .hook_shim import write_gate as write_gate  # noqa: PLC0414 - as above

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .git import Git

_LEGACY = ".legacy"
"""What pre-commit calls the hook it found and runs."""
_STAY = "install it where it stays (`uv tool install spec-notify` or `pipx install spec-notify`)"
_PASSING = re.compile(r"/(?:archive|environments|builds)-v\d+/|/pipx/\.cache/")
"""Where `uvx` and `pipx run` put environments that are thrown away."""


def install(
    git: Git,
    *,
    python: str,
    state: Path,
    paths: Sequence[str],
    mode: str,
    temporary: Sequence[Path] | None = None,
) -> Report:
    """Put our part into the repository's hooks; doing it again changes nothing.

    The shim looks for gates in `state`; those that do not cover `paths` are taken away. Refused,
    with the fix, for an interpreter that will be gone before the repository is (in one of the
    `temporary` folders: the system's when not stated) and for a folder of hooks that is not the
    repository's own.
    """
    folders = _temporary_folders() if temporary is None else temporary
    passing = [folder for folder in folders if not git.root.is_relative_to(folder)]
    if why := _unfit(python, passing):
        return Report(ok=False, problem=f"{python} {why}", fix=f"{_STAY}, then run this again")
    drop_gates(state, missing=paths)
    shim = Shim(hook="", python=python, state=str(state), mode=mode)
    return _with_folder(git, lambda folder: _install(git, folder, shim))


def uninstall(git: Git) -> Report:
    """Take our part out; a hook that was there before stands as it stood."""
    return _with_folder(git, _uninstall)


def status(git: Git, wanted: Shim | None = None) -> Report:
    """Say what is installed, whether it can run, and whether it is what is `wanted` now."""
    return _with_folder(git, lambda folder: _status(folder, wanted))


def _with_folder(git: Git, work: Callable[[Path], Report]) -> Report:
    try:
        return work(git.hooks_folder())
    except GitError as error:
        return Report(ok=False, problem=f"git cannot say where its hooks are: {error}")
    except OSError as error:
        where = error.filename or "the hooks folder"
        return Report(ok=False, problem=f"{where}: {error.strerror}")


def _install(git: Git, folder: Path, shim: Shim) -> Report:
    if problem := _not_its_own(git, folder):
        where = f"add this line to each of {', '.join(NAMES)} of that tool or folder"
        return Report(ok=False, folder=str(folder), problem=problem, fix=f"{where}: {shim.line()}")
    folder.mkdir(parents=True, exist_ok=True)
    hooks = tuple(_put(folder, msgspec.structs.replace(shim, hook=name)) for name in NAMES)
    return Report(
        ok=_all_run(hooks), folder=str(folder), hooks=hooks, note=_in_the_tree(git, folder)
    )


def _put(folder: Path, shim: Shim) -> Hook:
    path, before = folder / shim.hook, folder / f"{shim.hook}{CHAINED}"
    text, legacy = _text(path), _text(folder / f"{shim.hook}{_LEGACY}")
    if text is None:
        _write(path, shim.file())
    elif is_ours(text):
        _write(path, renewed(text, shim))
    elif legacy is not None and is_ours(legacy):
        _write(folder / f"{shim.hook}{_LEGACY}", renewed(legacy, shim))
        return Hook(name=shim.hook, state=NESTED, chained=_stands(before))
    elif _stands(before):
        note = f"it is not ours, and {before.name} is taken: move one of them away"
        return Hook(name=shim.hook, state=BLOCKED, note=note)
    else:
        _chain(path, before, shim.file())
    return Hook(name=shim.hook, state=INSTALLED, chained=_stands(before))


def _chain(path: Path, before: Path, text: str) -> None:
    # A second name first: at no moment is there a commit without the hook that was here.
    try:
        os.link(path, before, follow_symlinks=False)
    except OSError:
        import shutil

        shutil.copy2(path, before, follow_symlinks=False)
    try:
        _write(path, text)
    except OSError:
        before.unlink()
        raise


def _uninstall(folder: Path) -> Report:
    hooks = tuple(_take_out(folder, name) for name in NAMES)
    ok = all(each.state in (ABSENT, FOREIGN) for each in hooks)
    return Report(ok=ok, folder=str(folder), hooks=hooks)


def _take_out(folder: Path, name: str) -> Hook:
    before = folder / f"{name}{CHAINED}"
    for path in (folder / name, folder / f"{name}{_LEGACY}"):
        text = _text(path)
        if text is None or not is_ours(text):
            continue
        rest = without(text)
        if rest and _stands(before):
            note = f"lines were added to it: put them into {before.name}, then run this again"
            return Hook(name=name, state=BLOCKED, chained=True, note=note)
        if rest:
            _write(path, rest)
        elif _stands(before):
            before.replace(path)
        else:
            path.unlink()
    return Hook(name=name, state=FOREIGN if _stands(folder / name) else ABSENT)


def _status(folder: Path, wanted: Shim | None) -> Report:
    hooks = tuple(_found(folder, name, wanted) for name in NAMES)
    return Report(ok=_all_run(hooks), folder=str(folder), hooks=hooks)


def _found(folder: Path, name: str, wanted: Shim | None) -> Hook:
    text, legacy = _text(folder / name), _text(folder / f"{name}{_LEGACY}")
    chained = _stands(folder / f"{name}{CHAINED}")
    if text is None:
        return Hook(name=name, state=ABSENT)
    if is_ours(text):
        return _ours(folder / name, text, wanted, INSTALLED, chained=chained)
    if legacy is not None and is_ours(legacy):
        return _ours(folder / f"{name}{_LEGACY}", legacy, wanted, NESTED, chained=chained)
    return Hook(name=name, state=FOREIGN)


def _ours(path: Path, text: str, wanted: Shim | None, state: str, *, chained: bool) -> Hook:
    why = _unlike(path, text, wanted)
    note = f"{why}: run `spec-notify hooks install`" if why else None
    name = path.name.removesuffix(_LEGACY)
    return Hook(name=name, state=OUTDATED if note else state, chained=chained, note=note)


def _unlike(path: Path, text: str, wanted: Shim | None) -> str | None:
    shim = shim_in(text)
    if shim is None or renewed(text, shim) != text:
        return "written by another version"
    if not os.access(shim.python, os.X_OK):
        return f"{shim.python} is gone"
    if not os.access(path, os.X_OK):
        return "it is not executable, so git does not run it"
    return shim.strays(wanted) if wanted is not None else None


def _all_run(hooks: Sequence[Hook]) -> bool:
    return all(each.state in (INSTALLED, NESTED) for each in hooks)


def _not_its_own(git: Git, folder: Path) -> str | None:
    if ".husky" in folder.parts:
        return f"{folder} is husky's: it would be overwritten"
    places = [git.common_dir, git.root]
    places += [git.common_dir.parent] if git.common_dir.name == ".git" else []
    if any(folder.resolve().is_relative_to(place) for place in places):
        return None
    return f"{folder} lies outside the repository: other repositories may share these hooks"


def _in_the_tree(git: Git, folder: Path) -> str | None:
    if folder.resolve().is_relative_to(git.common_dir):
        return None
    return f"{folder} is in the working tree: do not commit these files, they are this machine's"


def _unfit(python: str, temporary: Sequence[Path]) -> str | None:
    path = Path(python)
    if not path.is_absolute():
        return "is no absolute path"
    if _PASSING.search(python) or any(path.is_relative_to(folder) for folder in temporary):
        return "belongs to an environment that will be thrown away: hooks would stop working"
    return None if os.access(path, os.X_OK) else "cannot be run"


def _temporary_folders() -> list[Path]:
    import tempfile

    folders = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - refused, not used
    return [*folders, *(folder.resolve() for folder in folders)]


def _text(path: Path) -> str | None:
    # A link is never ours: what it leads to may serve other repositories.
    if path.is_symlink():
        return ""
    with suppress(FileNotFoundError):
        return path.read_bytes().decode("utf-8", "surrogateescape")
    return None


def _write(path: Path, text: str) -> None:
    body = text.encode("utf-8", "surrogateescape")
    if os.access(path, os.X_OK) and path.read_bytes() == body:
        return
    mode = path.stat().st_mode & 0o777 if path.exists() and not path.is_symlink() else 0
    folder = open_folder(path.parent, [], create=False)
    try:
        replace_atomically(folder, path.name, body, mode=mode | 0o755)
    finally:
        os.close(folder)


def _stands(path: Path) -> bool:
    return path.is_symlink() or path.exists()
