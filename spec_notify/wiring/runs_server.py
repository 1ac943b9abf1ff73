"""Who asks a runs server: one run for `poll-run`, several at once for `[sources.runs]`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from spec_notify import __version__
from spec_notify.core.addresses import check_url
from spec_notify.core.errors import SpellingError, UsageError
from spec_notify.core.message import HttpMessage, Secret
from spec_notify.core.run import RunPlace, read_base
from spec_notify.pipeline.run_check import ANSWER_LIMIT, RunCheck

from . import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spec_notify.core.message import Failure, Message, Reply
    from spec_notify.pipeline.run_check import Found
    from spec_notify.ports import Transport
    from spec_notify.wiring import Wiring

API_KEY = "API_KEY"


def server(wiring: Wiring, place: RunPlace) -> tuple[RunCheck, Transport]:
    """Answer who asks a run's server, and the wire to close. Raises UsageError for a bad key."""
    key = wiring.environment.get(API_KEY)
    if key is not None and not _fits_header(key):
        raise UsageError(f"{API_KEY}: holds what no header can carry")
    wire = _wire()
    return _check(place, wire, key, allow_private=True), wire


def runs_base(wiring: Wiring) -> str | None:
    """Answer the base URL of `[sources.runs]`; None, and a warning, where it is of no use."""
    config = wiring.config
    if config.runs_url is not None:
        return config.runs_url
    name = config.runs_url_env or ""
    stated = wiring.environment.get(name)
    try:
        base = read_base(stated or "")
        fault = check_url(base, allow_private=config.runs_private)
    except SpellingError as error:
        base, fault = "", str(error) if stated else "is not set"
    if fault is not None:
        wiring.warn(f"[sources.runs]: {name}: {fault}; no run is asked for")
        return None
    return base


def asker(
    wiring: Wiring, base: str, *, deadline: int
) -> Callable[[Sequence[str]], Mapping[str, Found]]:
    """Answer who checks runs of `[sources.runs]`, all at once, on an event loop of its own."""
    checks: dict[str, RunCheck] = {}
    wire = _Borrowed()

    def ask(runs: Sequence[str]) -> Mapping[str, Found]:
        key = wiring.environment.get(wiring.config.runs_key_env or "")
        for run in runs:
            place = RunPlace(base=base, run=run)
            usable = key if key and _fits_header(key) else None
            checks.setdefault(
                run, _check(place, wire, usable, allow_private=wiring.config.runs_private)
            )

        async def all_() -> list[Found]:
            try:
                return await asyncio.gather(*(checks[run].check(deadline) for run in runs))
            finally:
                await wire.aclose()

        return dict(zip(runs, asyncio.run(all_()), strict=True))

    return ask


class _Borrowed:
    """A wire for each exchange: those of one poll are under way together."""

    async def send(
        self, message: Message, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        wire = _wire()
        try:
            return await wire.send(message, deadline=deadline, allow_private=allow_private)
        finally:
            await wire.aclose()

    async def aclose(self) -> None:
        return


def _wire() -> Transport:
    from spec_notify.transports.http import HttpTransport
    from spec_notify.transports.wires import Wires

    return Wires({HttpMessage: lambda: HttpTransport(limit=ANSWER_LIMIT + 1)})


def _check(place: RunPlace, wire: Transport, key: str | None, *, allow_private: bool) -> RunCheck:
    return RunCheck(
        place,
        wire,
        clock=now,
        user_agent=f"spec-notify/{__version__}",
        api_key=Secret(key) if key else None,
        allow_private=allow_private,
    )


def _fits_header(key: str) -> bool:
    return key.isascii() and key.isprintable()
