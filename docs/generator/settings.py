"""The config's keys: what each takes and its default from the code, its meaning from the example.

The annotated example config is the one place where a key's meaning is written down.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.config import Config, settings
from spec_notify.core.config.settings import Wrong
from spec_notify.core.config.tables import RETRY, ROOT, SECTIONS, SUBSCRIPTION, TERMS
from spec_notify.core.retry import schedule
from spec_notify.core.subscription import Subscription

from .tables import code, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.core.config.tables import Setting

EXAMPLE = Path(__file__).resolve().parents[1] / "example-config.toml"
_KEY = re.compile(r"(?:([a-z_]+) = |# ([a-z_]+) = [\"\[])")
_PLAIN = {
    settings.flag: "`true` or `false`",
    settings.text: "a text",
    settings.label: "a text of up to 64 characters",
    settings.link: "a URL",
    settings.moment: "a date, or an RFC 3339 instant",
    settings.rate: "a number and `/s`, `/m` or `/h`",
    settings.share: "a number from 0 to 1",
    settings.variable: "the name of an environment variable",
    settings.inside: "a path inside the repository",
    settings.place: "a path",
    settings.spec_id: "a SPEC id",
    settings.address: "an e-mail address",
    settings.forge: "`owner/name`",
    settings.base_url: "a URL without query",
    settings.run_id: "a run's id",
}
_LISTED = {
    settings.text: "texts",
    settings.inside: "paths inside the repository",
    settings.place: "paths",
    settings.address: "e-mail addresses",
    settings.run_id: "ids of runs",
}
_REQUIRED = {"name"}
_UNSAID = {
    ("subscriptions", "url"): "In the place of `url_env`, for a URL that is no secret.",
    ("subscriptions", "to"): "email: who gets the mail.",
    ("subscriptions", "from"): "email: who sends it.",
    ("subscriptions", "username"): "email: who logs in; the password is in `secret_env`.",
    ("subscriptions", "repository"): "github: `owner/name` of the repository to tell.",
    ("subscriptions", "folder"): "google-drive: the id of the folder to fill.",
    ("subscriptions", "path"): "file: the folder to fill, inside the repository.",
}
"""What the example cannot hold, because it stands there in another way."""
_ELSEWHERE = {"max_attempts": "schedule length + 1", "root": "`evidence` (see below)"}


def keys() -> str:
    """Answer every table of the config with its keys."""
    meanings = _meanings()
    subscription, plan = Subscription(name=""), schedule()
    parts = [("Top level", "", ROOT, Config())]
    parts += [("`[[subscriptions]]`", "subscriptions", SUBSCRIPTION, subscription)]
    own = "`[[subscriptions]]`, keys of single types"
    parts += [(own, "subscriptions", TERMS, subscription.terms)]
    parts += [("`[subscriptions.retry]`", "subscriptions.retry", RETRY, plan)]
    parts += [(f"`[{name}]`", name, known, Config()) for name, known in SECTIONS.items()]
    return "\n\n".join(
        f"### {title}\n\n{_keys(known, defaults, name, meanings)}"
        for title, name, known, defaults in parts
    )


def _keys(
    known: Mapping[str, Setting],
    defaults: object,
    name: str,
    meanings: Mapping[tuple[str, str], str],
) -> str:
    rows = (
        (code(key), _takes(each), _default(key, each, defaults), meanings[name, key])
        for key, each in known.items()
    )
    return table(("key", "takes", "default", "meaning"), rows)


def _takes(setting: Setting) -> str:
    """Say what a key takes, by what its reader says of a value that is none."""
    read = setting.read
    if read in _PLAIN:
        return _PLAIN[read]
    made_by = read.__qualname__.split(".")[0]
    if made_by == "each":
        return f"a list of {_LISTED[_inner(read)]}"
    if made_by == "choice":
        words = _wrong(read(None)).message.removeprefix("is none of ").split(", ")
        return "one of " + ", ".join(code(word) for word in words)
    if made_by == "whole":
        return _wrong(read(-1)).fix.removeprefix("Choose ")
    if made_by == "duration":
        return f"a duration, {_wrong(read('9999d')).fix.removeprefix('Choose ')}"
    if read is RETRY["schedule"].read:
        return "a schedule's name, or a list of durations"
    raise TypeError(f"nobody says what {read.__qualname__} takes")


def _inner(read: object) -> settings.Read:
    cells = {cell.cell_contents for cell in getattr(read, "__closure__", ())}
    return next(each for each in _LISTED if each in cells)


def _wrong(answer: object) -> Wrong:
    if not isinstance(answer, Wrong):
        raise TypeError(f"a reader took {answer!r}: find a worse value")
    return answer


def _default(key: str, setting: Setting, defaults: object) -> str:
    if key in _REQUIRED:
        return "required"
    if key in _ELSEWHERE:
        return _ELSEWHERE[key]
    value = setting.spell(getattr(defaults, setting.field))
    if value is None or value == []:
        return "none"
    return code(json.dumps(value, ensure_ascii=False))


def _meanings() -> dict[tuple[str, str], str]:
    """Answer (table, key) → the comment above the key's first line in the example."""
    found = dict(_UNSAID)
    name, said, comment = "", "", list[str]()
    for line in EXAMPLE.read_text("utf-8").splitlines():
        if header := re.fullmatch(r"\[+([a-z.]+)\]+", line):
            # What stands above a header speaks of the table, unless the table has one key.
            name, said, comment = header[1], "", []
        elif key := _KEY.match(line):
            # A line right under another key's is of its kind, and meant by the same comment.
            said = " ".join(comment) or said
            found.setdefault((name, key[1] or key[2]), said)
            comment = []
        elif line.startswith("# ") and not line.startswith("# ---"):
            comment.append(line[2:])
        elif not line.startswith((" ", "]")):
            said, comment = "", []
    return found
