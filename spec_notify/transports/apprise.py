"""The Apprise transport: one service, one try, on a thread of its own, within a deadline.

Apprise dials by itself: no address is judged here, which is why the config must say so
(`allow_private`). It keeps nothing on disk for us, and its log is silent: it may hold the URL.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import apprise

from spec_notify.core.instant import spell_duration
from spec_notify.core.message import Failure, Fault, Reply, Timing
from spec_notify.transports.aside import aside
from spec_notify.transports.attempt import Progress, since

if TYPE_CHECKING:
    from spec_notify.core.message import AppriseMessage

_SILENT = logging.CRITICAL + 1
_STATUS = apprise.AppriseResultStatus

for _name in ("apprise", "urllib3", "requests"):
    # Hosts, paths and tokens of a service stand in what they log.
    _logger = logging.getLogger(_name)
    _logger.setLevel(_SILENT)
    _logger.propagate = False


class AppriseTransport:
    """A wire to whatever service a URL names (`transports.wires.Wire`)."""

    async def send(
        self, message: AppriseMessage, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        """Notify once within `deadline` ms; whatever goes wrong is said in words of ours.

        A call that outlasts the deadline may still get through: its outcome is unknown.
        """
        if not allow_private:
            why = "apprise dials by itself: set allow_private = true if it may reach any address"
            return Failure(fault=Fault.REFUSED_ADDRESS, detail=why)
        progress = Progress()
        try:
            async with asyncio.timeout(deadline / 1000):
                failure = await aside(lambda: _notify(message, deadline), name="apprise")
        except TimeoutError:
            failure = _late(deadline)
        except Exception as error:  # noqa: BLE001 - its text may hold the URL: only its name is said
            name = type(error).__name__
            failure = Failure(fault=Fault.PROTOCOL, detail=f"apprise fell over: {name}")
        timing = Timing(total=since(progress.started))
        if failure is not None:
            return Failure(fault=failure.fault, detail=failure.detail, timing=timing)
        return Reply(status=0, timing=timing)

    async def aclose(self) -> None:
        """Nothing is kept."""


def _notify(message: AppriseMessage, deadline: int) -> Failure | None:
    service = apprise.Apprise(
        asset=apprise.AppriseAsset(storage_mode="memory", result_log_disk_size=0)
    )
    known = service.add(message.url.reveal())
    if not known or len([*service]) != 1:
        return Failure(fault=Fault.INVALID, detail="the URL names no single service of Apprise's")
    for each in service:
        # When to try again is decided by our schedule alone.
        each.retry, each.wait = 0, 0.0
    result = service.notify(
        body=message.body.decode(),
        title=message.title,
        body_format=apprise.NotifyFormat.TEXT,
        timeout=deadline / 1000,
        log_level=_SILENT,
    )
    match result.status:
        case _STATUS.SUCCESS:
            return None
        case _STATUS.TIMEOUT:
            return _late(deadline)
        case status:
            return Failure(fault=Fault.PROTOCOL, detail=f"apprise reports {status.name.lower()}")


def _late(deadline: int) -> Failure:
    spelled = spell_duration(deadline)
    detail = f"not done within {spelled}: outcome unknown, apprise may still send it"
    return Failure(fault=Fault.TIMEOUT, detail=detail)
