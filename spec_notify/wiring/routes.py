"""Subscriptions as this process can serve them now: where to, signed with what, or why not."""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import TYPE_CHECKING, cast

from spec_notify.core.addresses import check_url
from spec_notify.core.errors import SecretError
from spec_notify.core.kinds import TARGET_KINDS
from spec_notify.core.message import Endpoint, Secret
from spec_notify.core.signature import decode_secret
from spec_notify.ports import Route

if TYPE_CHECKING:
    from spec_notify.core.config import Config
    from spec_notify.core.subscription import Subscription
    from spec_notify.disk.environment import Environment
    from spec_notify.ports import Target

WEBHOOK = "spec_notify.targets.webhook"
"""Stands in for a dialect nobody speaks yet: a route that is not ready renders nothing."""


def routes(config: Config, environment: Environment) -> dict[str, Route]:
    """Answer every subscription by name, ready or with the reason why it is not."""
    return {each.name: _route(each, environment) for each in config.subscriptions}


def _route(subscription: Subscription, environment: Environment) -> Route:
    kind = TARGET_KINDS[subscription.type]
    target = cast("Target", import_module(kind.module or WEBHOOK))

    def unready(word: str, why: str) -> Route:
        return Route(subscription=subscription, target=target, unready=word, why=why)

    if kind.module is None or subscription.format != "native":
        built = kind.module is not None
        what = f"format {subscription.format}" if built else f"type {subscription.type}"
        return unready("unsupported", f"{what} is not built into this version")
    if not subscription.enabled:
        return unready("disabled", "enabled = false")
    url = subscription.url or environment.get(subscription.url_env or "")
    if url is None:
        return unready("secret_missing", f"{subscription.url_env} is not set")
    fault = check_url(url, allow_private=subscription.allow_private)
    if fault is not None:
        return unready("invalid_url", fault)
    try:
        keys = _signing_secrets(subscription, environment)
    except SecretError as error:
        return unready("secret_missing", str(error))
    return Route(
        subscription=subscription,
        target=target,
        endpoint=Endpoint(url=Secret(url), secrets=keys),
        # Stands for the URL in the spool, where the URL itself may never be.
        mark=hashlib.sha256(f"endpoint {url}".encode()).hexdigest(),
    )


def _signing_secrets(subscription: Subscription, environment: Environment) -> tuple[Secret, ...]:
    """Answer the secrets that sign, current first. Raises SecretError naming the variable."""
    if subscription.signature == "none" or not TARGET_KINDS[subscription.type].signed:
        return ()
    current = _secret(subscription.secret_env or "secret_env", subscription, environment)
    if current is None:
        raise SecretError(f"{subscription.secret_env or 'secret_env'} is not set")
    previous = subscription.previous_secret_env
    old = _secret(previous, subscription, environment) if previous else None
    return (current,) if old is None else (current, old)


def _secret(name: str, subscription: Subscription, environment: Environment) -> Secret | None:
    value = environment.get(name)
    if value is None:
        return None
    if subscription.signature == "standard":
        try:
            decode_secret(value)
        except SecretError as error:
            raise SecretError(f"{name}: {error}") from None
    return Secret(value)
