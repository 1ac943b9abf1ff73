"""Every key a config may hold: how it is read, which field it fills, and how it is spelled again.

Contract, section 6; one line here is all a new key needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.config.settings import (
    DAY,
    Read,
    Wrong,
    address,
    base_url,
    choice,
    duration,
    each,
    flag,
    forge,
    inside,
    label,
    link,
    moment,
    place,
    rate,
    run_id,
    share,
    spec_id,
    suggest,
    text,
    variable,
    whole,
)
from spec_notify.core.instant import parse_duration, rfc3339, spell_duration
from spec_notify.core.kinds import FORMATS, TARGET_KINDS
from spec_notify.core.lane import Rate, spell_rate
from spec_notify.core.retry import SCHEDULES
from spec_notify.core.signature import PROFILES
from spec_notify.core.status import CANONICAL

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = tuple(TARGET_KINDS)
"""What a subscription's `type` may be."""

BODIES = tuple(FORMATS)
"""What a subscription's `format` may be."""

DOCUMENT_FORMATS = ("auto", "table", "checkbox", "front-matter", "task-master")
"""What `format` of `[sources.spec]` may be."""


def as_is(value: object) -> object:
    """Spell a value as TOML and JSON know it."""
    return list(value) if isinstance(value, tuple) else value


def _in_units(value: object) -> object:
    return spell_duration(value) if isinstance(value, int) else value


def _each_in_units(value: object) -> object:
    return [_in_units(delay) for delay in value] if isinstance(value, tuple) else value


def _as_instant(value: object) -> object:
    return rfc3339(value) if isinstance(value, int) else value


def _as_rate(value: object) -> object:
    return spell_rate(value) if isinstance(value, Rate) else value


class Setting(msgspec.Struct, frozen=True):
    """One key: the field it fills, how it is read, and how its value is spelled."""

    field: str
    read: Read
    spell: Callable[[object], object] = as_is


def _lasting(field: str, least: int, most: int) -> Setting:
    return Setting(field, duration(least, most), _in_units)


def _delays(value: object) -> object:
    if value == []:
        return Wrong(message="is empty", fix='Write at least one delay, as ["1s"]')
    if not isinstance(value, str):
        return each(duration(1, 30 * DAY), most=100)(value)
    if value in SCHEDULES:
        return tuple(parse_duration(delay) for delay in SCHEDULES[value])
    near = suggest(value, SCHEDULES)
    fix = f'Did you mean "{near}"?' if near else 'Or write a list of delays, as ["1s", "5s"]'
    return Wrong(message=f"is none of {', '.join(SCHEDULES)}", fix=fix)


ROOT: Mapping[str, Setting] = {
    "enabled": Setting("enabled", flag),
    "repository": Setting("repository", text),
    "event_log_size": Setting("event_log_size", whole(1, 100_000)),
}
SECTIONS: Mapping[str, Mapping[str, Setting]] = {
    "sources.spec": {
        "paths": Setting("paths", each(inside)),
        "format": Setting("format", choice(*DOCUMENT_FORMATS)),
        "hold_above": Setting("hold_above", whole(1, 1_000_000)),
        "hold_repeats_above": Setting("hold_repeats_above", whole(1, 1_000_000)),
        "status_by_section": Setting("status_by_section", each(inside)),
        "spec_id": Setting("spec_id", spec_id),
    },
    "sources.conductor": {
        "roots": Setting("conductor_roots", each(place, most=100)),
        "enabled": Setting("conductor_enabled", flag),
        "warn_on_failure": Setting("warn_on_failure", flag),
    },
    "sources.runs": {
        "base_url": Setting("runs_url", base_url),
        "base_url_env": Setting("runs_url_env", variable),
        "run_ids": Setting("run_ids", each(run_id, most=100)),
        "api_key_env": Setting("runs_key_env", variable),
        "poll": _lasting("runs_poll", 1_000, DAY),
        "allow_private": Setting("runs_private", flag),
        "enabled": Setting("runs_enabled", flag),
    },
    "sources.teams": {
        "paths": Setting("team_paths", each(place, most=100)),
        "enabled": Setting("teams_enabled", flag),
    },
    "delivery": {
        "concurrency": Setting("concurrency", whole(1, 256)),
        "max_pending": Setting("max_pending", whole(1, 10_000_000)),
        "dead_letter_retention": _lasting("dead_letter_retention", 1, 3_650 * DAY),
    },
    "hooks": {"mode": Setting("hook_mode", choice("detached", "sync"))},
    "evidence": {
        "root": Setting("evidence_root", inside),
        "cap_bytes": Setting("cap_bytes", whole(10_000, 5_000_000)),
    },
}
STATUSES = choice(*CANONICAL)
ORDERS = ("any", "task")
"""What a subscription's `order` may be."""
SUBSCRIPTION: Mapping[str, Setting] = {
    "name": Setting("name", label),
    "type": Setting("type", choice(*KINDS)),
    "url": Setting("url", link),
    "url_env": Setting("url_env", variable),
    "secret_env": Setting("secret_env", variable),
    "previous_secret_env": Setting("previous_secret_env", variable),
    "previous_secret_until": Setting("previous_secret_until", moment, _as_instant),
    "events": Setting("events", each(text)),
    "statuses": Setting("statuses", each(text)),
    "spec_ids": Setting("spec_ids", each(text)),
    "task_ids": Setting("task_ids", each(text)),
    "task_prefixes": Setting("task_prefixes", each(text)),
    "owners": Setting("owners", each(text)),
    "branches": Setting("branches", each(text)),
    "enabled": Setting("enabled", flag),
    "dry_run": Setting("dry_run", flag),
    "format": Setting("format", choice(*BODIES)),
    "signature": Setting("signature", choice(*PROFILES)),
    "timeout": _lasting("timeout", 100, 300_000),
    "strict": Setting("strict", flag),
    "expire_after": _lasting("expire_after", 1, 3_650 * DAY),
    "concurrency": Setting("concurrency", whole(1, 64)),
    "rate": Setting("rate", rate, _as_rate),
    "order": Setting("order", choice(*ORDERS)),
    "allow_private": Setting("allow_private", flag),
}
TERMS: Mapping[str, Setting] = {
    "to": Setting("to", each(address, most=100)),
    "from": Setting("sender", address),
    "username": Setting("username", text),
    "repository": Setting("repository", forge),
    "folder": Setting("folder", text),
    "path": Setting("path", text),
}
"""Keys of a subscription that only some kinds take: each names a field of `Terms`."""
RETRY: Mapping[str, Setting] = {
    "schedule": Setting("delays", _delays, _each_in_units),
    "max_attempts": Setting("max_attempts", whole(1, 1_000)),
    "jitter": Setting("jitter", share),
}
COVERS: Mapping[str, tuple[str, ...]] = {
    **{key: (setting.field,) for key, setting in ROOT.items()},
    "statuses": ("statuses",),
    "subscriptions": ("subscriptions", "origin", "kind"),
    **{name: tuple(each.field for each in keys.values()) for name, keys in SECTIONS.items()},
}
"""What a file states by holding a key or table: the fields of `Config` it then decides."""
