"""One config file's text into a `Reading`: every mistake at once, with line, key and fix.

Contract, section 6. No problem's text ever repeats a value of the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.config import Config, Kind, Problem, Reading
from spec_notify.core.config.findings import Findings
from spec_notify.core.config.runs_source import check_runs
from spec_notify.core.config.settings import Wrong
from spec_notify.core.config.subscriptions import read_subscriptions
from spec_notify.core.config.tables import ROOT, SECTIONS, STATUSES
from spec_notify.core.config.toml_text import Flaw, read_toml

if TYPE_CHECKING:
    from spec_notify.core.subscription import Subscription

_TABLES = ("subscriptions", "statuses", *dict.fromkeys(name.split(".")[0] for name in SECTIONS))
_OWN_TABLE = ("tool", "spec-notify")


def parse(text: str, *, origin: str, kind: Kind, allow_private: bool = False) -> Reading:
    """Answer what a config text says, or everything that is wrong with it. Raises nothing.

    `origin` names the file in problems. In a file that came with the repository, names of
    variables are bound to SPEC_NOTIFY_*, and `allow_private` counts only when the user allowed it
    (`allow_private`). Of a pyproject.toml only `[tool.spec-notify]` is looked at.
    """
    table = read_toml(text)
    if isinstance(table, Flaw):
        return Reading(config=None, problems=(_not_toml(table, origin),))
    own = own_table(table) if kind is Kind.PYPROJECT else table
    prefix = _OWN_TABLE if kind is Kind.PYPROJECT else ()
    return _read(
        own, Findings(origin, text, prefix), origin=origin, kind=kind, allow_private=allow_private
    )


def own_table(pyproject: dict[str, object]) -> object:
    """Answer the `[tool.spec-notify]` of a pyproject.toml; an empty one when it has none."""
    tool = pyproject.get("tool")
    return tool.get("spec-notify", {}) if isinstance(tool, dict) else {}


def _read(
    raw: object, findings: Findings, *, origin: str, kind: Kind, allow_private: bool
) -> Reading:
    fields = findings.table(raw, ROOT, (), tables=_TABLES)
    table = raw if isinstance(raw, dict) else {}
    stated = {*ROOT, "subscriptions", "statuses"} & {*table}
    _check_groups(table, findings)
    for name, settings in SECTIONS.items():
        section = _section(table, name)
        if section is not None:
            fields |= findings.table(section, settings, tuple(name.split(".")))
            stated.add(name)
    if "sources.runs" in stated:
        raw_runs = _section(table, "sources.runs")
        check_runs(raw_runs, fields, findings, kind=kind, allow_private=allow_private)
    if "statuses" in table:
        fields["statuses"] = _statuses(table["statuses"], findings)
    subscriptions: tuple[Subscription, ...] = ()
    if "subscriptions" in table:
        subscriptions = read_subscriptions(
            table["subscriptions"], findings, kind=kind, allow_private=allow_private
        )
    if findings.mistakes:
        return Reading(config=None, problems=findings.problems)
    config = msgspec.structs.replace(
        Config(subscriptions=subscriptions, origin=origin, kind=kind, problems=findings.problems),
        **fields,
    )
    # Who says how a document is read wants it read.
    paths = tuple(dict.fromkeys((*config.paths, *config.status_by_section)))
    config = msgspec.structs.replace(config, paths=paths)
    return Reading(config=config, problems=findings.problems, stated=frozenset(stated))


def _section(table: dict[str, object], name: str) -> object:
    """Answer the raw table of a section, or None when it is not written."""
    outer, _, inner = name.partition(".")
    found = table.get(outer)
    if not inner:
        return found
    return found.get(inner) if isinstance(found, dict) else None


def _check_groups(table: dict[str, object], findings: Findings) -> None:
    """Report what is wrong in a table of sections, as [sources], once for all of them."""
    groups = dict.fromkeys(name.partition(".")[0] for name in SECTIONS if "." in name)
    for outer in groups:
        if outer in table:
            known = [each.partition(".")[2] for each in SECTIONS if each.startswith(f"{outer}.")]
            findings.table(table[outer], {}, (outer,), tables=known)


def _statuses(raw: object, findings: Findings) -> dict[str, str]:
    statuses: dict[str, str] = {}
    for spelling, value in findings.entries(raw, ("statuses",)).items():
        read = STATUSES(value)
        if isinstance(read, Wrong):
            findings.report(("statuses", spelling), read.message, read.fix)
        elif isinstance(read, str):
            statuses[" ".join(spelling.split()).casefold()] = read
    return statuses


def _not_toml(flaw: Flaw, origin: str) -> Problem:
    column = f", column {flaw.column}" if flaw.column else ""
    return Problem(
        key=f"TOML{column}", message=flaw.message, fix=flaw.fix, origin=origin, line=flaw.line
    )
