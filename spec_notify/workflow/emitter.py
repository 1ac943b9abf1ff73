"""The emitter of a process that runs a workflow, as the config asks for one; maybe none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.workflow import WORKFLOW_TYPES

from .events import EventEmitter, logger
from .log import EventLog
from .webhook import Webhook, WebhookListener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.wiring import Wiring


def create_cli_emitter(
    config: str | os.PathLike[str] | None = None,
    *,
    repo: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> EventEmitter | None:
    """Answer an emitter that sends to the subscriptions of a config; None where there is no need.

    `config` is a file, the user's own word; without it the config is found as every command finds
    it, from `repo` or the current folder. There is no need where nothing trusted enables us, or no
    subscription takes an event of a workflow. Close it in the end. Raises ConfigError.
    """
    wiring = _open(config, repo, env)
    for notice in wiring.notices:
        logger.warning("%s", notice)
    emitter = emitter_for(wiring)
    if emitter is None:
        wiring.close()
    return emitter


def create_event_log(
    config: str | os.PathLike[str] | None = None,
    *,
    repo: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> EventLog:
    """Answer a log of as many events as the config's `event_log_size` says, 100 unless it does.

    The config is found as for `create_cli_emitter`. Raises ConfigError.
    """
    wiring = _open(config, repo, env)
    wiring.close()
    return EventLog(wiring.config.event_log_size)


def emitter_for(wiring: Wiring, *, sends: bool = True) -> EventEmitter | None:
    """Answer an emitter for an opened repository, which it closes in the end; or None.

    Without `sends` it only writes down, and leaves delivering to others.
    """
    webhooks = _webhooks(wiring) if wiring.config.enabled else []
    if not webhooks:
        return None
    from .outlet import SpoolOutlet

    emitter = EventEmitter()
    emitter.add_listener(WebhookListener(webhooks, SpoolOutlet(wiring, sends=sends)))
    return emitter


def _open(
    config: str | os.PathLike[str] | None,
    repo: str | os.PathLike[str] | None,
    env: Mapping[str, str] | None,
) -> Wiring:
    from spec_notify.wiring import Wiring

    start = Path.cwd() if repo is None else Path(repo)
    named = None if config is None else os.fspath(config)
    return Wiring.open(start, config_file=named, env=os.environ if env is None else env)


def _webhooks(wiring: Wiring) -> list[Webhook]:
    subscribed = (each for each in wiring.config.subscriptions if each.enabled)
    webhooks = [Webhook(each.name, each.events) for each in subscribed]
    return [each for each in webhooks if any(map(each.hears, WORKFLOW_TYPES))]
