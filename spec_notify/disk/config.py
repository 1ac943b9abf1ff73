"""The config in force: what the files found say together, once those that need it are trusted.

Contract, section 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.config import Config, Kind, Problem, Reading, combine
from spec_notify.core.config.reading import parse
from spec_notify.core.errors import ConfigError

from .config_files import Candidate, candidates, repository_candidates, user_config_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .trust import TrustStore

__all__ = ["ConfigFile", "Loaded", "check", "load", "trust_repository", "user_config_file"]

SWITCH = "SPEC_NOTIFY_ENABLED"
_SWITCHED = {"0": False, "1": True}


class ConfigFile(msgspec.Struct, frozen=True, kw_only=True):
    """A place that was asked: its `state` is read, absent, untrusted or unreadable."""

    path: str
    kind: Kind
    state: str
    gives: tuple[str, ...] = ()
    """The keys and tables it decides."""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force, lines for stderr, warnings, and every place that was asked."""

    config: Config
    notices: tuple[str, ...] = ()
    files: tuple[ConfigFile, ...] = ()
    off_because: str = ""
    """Why nothing is enabled, naming what to do; empty when it is."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Warnings: with a mistake there is no `Loaded`."""
        return self.config.problems


def load(
    root: Path,
    *,
    env: Mapping[str, str],
    config_file: str | None,
    trust: TrustStore,
    user_config: Path,
) -> Loaded:
    """Answer the config in force for a checkout. Raises ConfigError with every mistake.

    A repository config the user does not trust counts as absent, and a notice says so. Without
    any file the answer is the defaults, which are off.
    """
    places = candidates(root, env=env, config_file=config_file, user_config=user_config)
    asked = [_ask(each, trust) for each in places]
    switch, wrong = _switch(env)
    readings = [each.reading for each in asked if each.reading]
    _refuse([*wrong, *_unusable(places), *_mistakes(readings)])
    config = combine(readings, enabled=switch)
    return Loaded(
        config=config,
        notices=_notices(asked, trust),
        files=_files(asked),
        off_because="" if config.enabled else _off_because(asked, switched=switch is not None),
    )


def check(
    root: Path,
    *,
    env: Mapping[str, str],
    config_file: str | None,
    user_config: Path,
) -> tuple[Problem, ...]:
    """Answer every mistake and warning of every file found, trusted or not; changes nothing.

    A file that is not trusted is read as if `trust --allow-private` had been said.
    """
    found = candidates(root, env=env, config_file=config_file, user_config=user_config)
    readings = [_parsed(each, allow_private=True) for each in found if each.text is not None]
    problems = [problem for reading in readings for problem in reading.problems]
    return (*_switch(env)[1], *_unusable(found, all_kinds=True), *problems)


def trust_repository(root: Path, trust: TrustStore, *, allow_private: bool, at: int) -> list[str]:
    """Trust the repository's config files as they stand, and answer which; none when it has none.

    `at` is milliseconds UTC. Raises ConfigError, and trusts nothing, when one has a mistake.
    """
    places = repository_candidates(root)
    found = [each for each in places if each.text is not None]
    _refuse(
        [
            *_unusable(places, all_kinds=True),
            *_mistakes([_parsed(each, allow_private=allow_private) for each in found]),
        ]
    )
    for each in found:
        trust.trust(each.path, each.digest or "", allow_private=allow_private, at=at)
    return [each.origin for each in found]


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A place, what became of asking it, and what it says; None unless it is read."""

    place: Candidate
    state: str
    reading: Reading | None = None


def _ask(place: Candidate, trust: TrustStore) -> _Asked:
    if place.text is None:
        return _Asked(place=place, state="unreadable" if place.fault else "absent")
    if not place.kind.needs_trust:
        return _Asked(place=place, state="read", reading=_parsed(place, allow_private=True))
    said = trust.is_trusted(place.path, place.digest or "")
    if said is None:
        return _Asked(place=place, state="untrusted")
    reading = _parsed(place, allow_private=said.allow_private)
    return _Asked(place=place, state="read", reading=reading)


def _parsed(found: Candidate, *, allow_private: bool) -> Reading:
    text = found.text.reveal() if found.text else ""
    return parse(text, origin=found.origin, kind=found.kind, allow_private=allow_private)


def _switch(env: Mapping[str, str]) -> tuple[bool | None, list[Problem]]:
    stated = env.get(SWITCH, "").strip()
    if not stated or stated in _SWITCHED:
        return _SWITCHED.get(stated), []
    wrong = Problem(
        key=SWITCH,
        message="is neither 0 nor 1",
        fix="Write 0, 1, or unset it",
        origin="environment",
    )
    return None, [wrong]


def _unusable(found: Sequence[Candidate], *, all_kinds: bool = False) -> list[Problem]:
    """Answer the files that are there, or were asked for by name, and cannot be read."""
    return [
        Problem(
            key="file",
            message=each.fault,
            fix="Mend it, or name another file",
            origin=each.origin,
        )
        for each in found
        if each.fault and (all_kinds or not each.kind.needs_trust)
    ]


def _mistakes(readings: Sequence[Reading]) -> list[Problem]:
    return [each for reading in readings for each in reading.problems if not each.warning]


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise ConfigError(problems[0].origin, problems)


def _notices(asked: Sequence[_Asked], trust: TrustStore) -> tuple[str, ...]:
    notices = [] if trust.notice is None else [trust.notice]
    for each in asked:
        if each.state == "untrusted":
            notices.append(_untrusted(each.place, trust))
        elif each.state == "unreadable":
            notices.append(f"{each.place.origin}: {each.place.fault}, so it counts as absent")
    return tuple(notices)


def _untrusted(place: Candidate, trust: TrustStore) -> str:
    why = "changed since you trusted it" if trust.knows(place.path) else "is not trusted yet"
    return f"{place.origin} {why}, so it counts as absent: read it, then run `spec-notify trust`"


def _files(asked: Sequence[_Asked]) -> tuple[ConfigFile, ...]:
    files = []
    given: frozenset[str] = frozenset()
    for each in asked:
        gives = (each.reading.stated if each.reading else frozenset()) - given
        given |= gives
        files.append(
            ConfigFile(
                path=each.place.origin,
                kind=each.place.kind,
                state=each.state,
                gives=tuple(sorted(gives)),
            )
        )
    return tuple(files)


def _off_because(asked: Sequence[_Asked], *, switched: bool) -> str:
    if switched:
        return f"{SWITCH}=0 switches it off"
    for each in asked:
        origin = each.place.origin
        if each.state == "untrusted":
            return f"{origin} is not trusted: read it, then run `spec-notify trust`"
        if each.reading and "enabled" in each.reading.stated:
            return f"{origin} says `enabled = false`: write `enabled = true` there"
    read = next((each for each in asked if each.reading and each.reading.stated), None)
    if read is not None:
        return f"nothing says it is on: add the line `enabled = true` to {read.place.origin}"
    return "there is no config: `spec-notify init` writes one with the line `enabled = true`"
