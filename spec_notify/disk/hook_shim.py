"""The few lines of sh that git runs, and the gate that lets them end without starting Python.

Architecture, "Two entry speeds". POSIX sh: a hook runs under whatever /bin/sh is.
"""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from string import Template
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.globs import pathspecs
from spec_notify.core.redaction import safe_text

from .atomic import open_folder, replace_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMES = ("post-commit", "post-merge", "post-rewrite", "post-checkout")
CHAINED = ".spec-notify-chained"
"""What follows the name of a hook that was there before ours."""

_SHEBANG = "#!/bin/sh\n"
_BEGIN, _END = "# >>> spec-notify >>>", "# <<< spec-notify <<<"
_BLOCK = re.compile(rf"^{_BEGIN}.*?^{_END}\n?", re.DOTALL | re.MULTILINE)
_TEXT = Template(rf"""{_BEGIN} `spec-notify hooks install` wrote this; `hooks uninstall` undoes it
python=$python
state=$state
mode=$mode
hook=$hook

# Nothing watched differs between the commit last looked at and HEAD.
unchanged() {{
    gate=$$state/gate/$$own
    [ -f "$$gate" ] || return 1
    set --
    {{
        IFS= read -r commit
        while IFS= read -r path; do set -- "$$@" "$$path"; done
    }} <"$$gate"
    case $$commit in '' | *[!0-9a-f]*) return 1 ;; esac
    [ $$# -gt 0 ] || return 1
    GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL='' \
        git diff-tree -r --quiet "$$commit" HEAD -- "$$@" 2>/dev/null
}}

start() {{
    [ -x "$$python" ] && exec "$$python" -I -m spec_notify hook "$$@"
    command -v spec-notify >/dev/null 2>&1 && exec spec-notify hook "$$@"
    exit 0
}}

say() {{
    if [ "$${{SPEC_NOTIFY_LOG_FORMAT-}}" = json ]; then
        printf '{{"at":"%s","level":"warning","event":"hook","message":"%s"}}\n' \
            "$$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" "$$(printf %s "$$1" | sed 's/["\\]/\\&/g')"
    else
        printf 'spec-notify: %s\n' "$$1"
    fi
}}

look() {{
    [ "$${{SPEC_NOTIFY_ENABLED-}}" = 0 ] && return
    own=$${{GIT_DIR:-$$(git rev-parse --git-dir)}}
    own=$${{own##*/}}
    # A look that nobody listened to left a word; in sync mode it speaks for itself.
    if [ "$$mode" != sync ] && [ -f "$$state/notice/$$own" ]; then
        IFS= read -r line <"$$state/notice/$$own" && say "$$line" >&2
    fi
    # A checkout of single files leaves HEAD where it was.
    if [ "$$hook:$${{3-}}" != post-checkout:0 ]; then
        unchanged && return
    fi
    if [ "$$mode" = sync ]; then
        (start "$$hook" --sync "$$@") </dev/null
    else
        # Whoever reads git's output, or gave git a lock to hold, must not wait for us.
        (trap '' HUP; start "$$hook" "$$@") </dev/null >/dev/null 2>&1 \
            3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    fi
}}

# The hook that was here before runs first, and its exit code stands.
before=$${{0%/*}}/$$hook{CHAINED}
code=0
[ ! -x "$$before" ] || "$$before" "$$@" || code=$$?
look "$$@"
[ "$$code" = 0 ] || (exit "$$code")
{_END}
""")


class Shim(msgspec.Struct, frozen=True, kw_only=True):
    """What our part of a hook file was written with."""

    hook: str
    python: str
    state: str
    mode: str

    def block(self) -> str:
        """Answer our part of the file: it runs through, whatever stands after it."""
        facts = {name: shlex.quote(value) for name, value in msgspec.structs.asdict(self).items()}
        return _TEXT.substitute(facts)

    def file(self) -> str:
        """Answer a hook file that is ours alone."""
        return _SHEBANG + self.block()

    def line(self) -> str:
        """Answer a line of sh that does the same, slower, in a hook file of somebody else's."""
        sync = " --sync" if self.mode == "sync" else ""
        words = f"{shlex.quote(self.python)} -I -m spec_notify hook"
        return f'{words} "${{0##*/}}"{sync} "$@" </dev/null || true'

    def strays(self, wanted: Shim) -> str | None:
        """Answer how it differs from one that would be written now; an empty `mode` is any."""
        facts = (
            ("it runs", self.python, wanted.python),
            ("its mode is", self.mode, wanted.mode or self.mode),
            ("its state is", self.state, wanted.state),
        )
        found = [f"{what} {is_}, not {now}" for what, is_, now in facts if is_ != now]
        return ", ".join(found) or None


def shim_in(text: str) -> Shim | None:
    """Read our part back out of a hook file; None when it has none, or none we can read."""
    found = _BLOCK.search(text)
    if found is None:
        return None
    lexer = shlex.shlex(found[0].partition("\n")[2], posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    with suppress(ValueError, TypeError):
        settings = [next(lexer, "").partition("=") for _ in Shim.__struct_fields__]
        return Shim(**{name: value for name, _, value in settings})
    return None


def is_ours(text: str) -> bool:
    """Say whether a hook file holds a part of ours, of this version or another."""
    return _BLOCK.search(text) is not None


def without(text: str) -> str:
    """Answer a hook file without our part; empty when nothing else was in it."""
    rest = _BLOCK.sub("", text)
    return "" if rest.strip() in ("", _SHEBANG.strip()) else rest


def renewed(text: str, shim: Shim) -> str:
    """Answer a hook file with our part as it is written now, the rest as it was."""
    return _BLOCK.sub(lambda _: shim.block(), text, count=1)


def write_gate(state: Path, name: str, commit: str, paths: Sequence[str]) -> None:
    """Tell the shim that everything under these patterns was looked at as of a commit.

    `name` is `Git.gate_name`. What cannot be written down leaves no gate: then every hook starts
    Python. Raises OSError.
    """
    if any("\n" in path for path in paths):
        drop_gates(state)
        return
    _put(state, "gate", name, "".join(f"{line}\n" for line in (commit, *pathspecs(paths))))


def drop_gates(state: Path, *, missing: Sequence[str] = ()) -> None:
    """Take away the gates that do not cover all these patterns; all gates when none is stated."""
    wanted = {*pathspecs(missing)}
    for gate in (state / "gate").glob("*"):
        with suppress(OSError):
            covered = {*gate.read_text("utf-8", "surrogateescape").split("\n")[1:]}
            if not wanted or not wanted <= covered:
                gate.unlink()


def leave_notice(state: Path, name: str, text: str | None) -> None:
    """Have the shim say this line before every look of a checkout; None takes it back.

    `name` is `Git.gate_name`. Raises OSError.
    """
    if text is None:
        (state / "notice" / name).unlink(missing_ok=True)
    else:
        _put(state, "notice", name, f"{safe_text(text)}\n")


def _put(state: Path, kind: str, name: str, text: str) -> None:
    folder = open_folder(state, [kind], create=True)
    try:
        replace_atomically(folder, name, text.encode("utf-8", "surrogateescape"), mode=0o600)
    finally:
        os.close(folder)
