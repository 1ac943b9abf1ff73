"""Subscriptions as this process can serve them now: where to, signed with what, or why not."""

from __future__ import annotations

import hashlib
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from spec_notify.core.addresses import check_url
from spec_notify.core.ed25519 import LIBRARY, MISSING, PRIVATE
from spec_notify.core.errors import SecretError
from spec_notify.core.kinds import FORMATS, TARGET_KINDS, Credential, Place
from spec_notify.core.message import Endpoint, Secret
from spec_notify.core.service_account import read_account
from spec_notify.core.signature import check_secret
from spec_notify.ports import Route

if TYPE_CHECKING:
    from spec_notify.core.config import Config
    from spec_notify.core.subscription import Subscription
    from spec_notify.disk.environment import Environment
    from spec_notify.ports import Format, Target

GOOGLE_DRIVE = "google-drive"
WEBHOOK, NATIVE = "spec_notify.targets.webhook", "spec_notify.formats.native"
"""Stand in for a dialect nobody speaks yet: a route that is not ready renders nothing."""


class _UnreadyError(Exception):
    """Why a subscription cannot be served: the reason's word, then words for people."""


def routes(config: Config, environment: Environment) -> dict[str, Route]:
    """Answer every subscription by name, ready or with the reason why it is not."""
    return {each.name: route_of(each, environment) for each in config.subscriptions}


def route_of(subscription: Subscription, environment: Environment) -> Route:
    """Answer one subscription, ready or with the reason why it is not."""
    kind, format_ = TARGET_KINDS[subscription.type], FORMATS[subscription.format]
    target = cast("Target", import_module(kind.module or WEBHOOK))
    spelling = cast("Format", import_module(format_ or NATIVE))
    try:
        _check_built(subscription)
        url = _url(subscription, environment)
        keys = _secrets(subscription, environment)
    except _UnreadyError as reason:
        word, why = reason.args
        return Route(
            subscription=subscription, target=target, format=spelling, unready=word, why=why
        )
    return Route(
        subscription=subscription,
        target=target,
        format=spelling,
        endpoint=Endpoint(
            url=Secret(url), secrets=keys, previous_until=subscription.previous_secret_until
        ),
        # Stands for the URL in the spool, where the URL itself may never be.
        mark=hashlib.sha256(f"endpoint {url}".encode()).hexdigest(),
    )


def _check_built(subscription: Subscription) -> None:
    for what, module in (
        (f"type {subscription.type}", TARGET_KINDS[subscription.type].module),
        (f"format {subscription.format}", FORMATS[subscription.format]),
    ):
        if module is None:
            raise _UnreadyError("unsupported", f"{what} is not built into this version")
    kind = TARGET_KINDS[subscription.type]
    if kind.library is not None and find_spec(kind.library) is None:
        fix = f"pip install 'spec-notify[{kind.name}]'"
        raise _UnreadyError("unsupported", f"type {kind.name} needs {kind.library}: {fix}")
    if not subscription.enabled:
        raise _UnreadyError("disabled", "enabled = false")


def _url(subscription: Subscription, environment: Environment) -> str:
    kind = TARGET_KINDS[subscription.type]
    if kind.place is Place.ELSEWHERE:
        return ""
    stated = subscription.url or environment.get(subscription.url_env or "")
    url = stated if stated is not None or subscription.url_env else kind.base
    if url is None:
        raise _UnreadyError("secret_missing", f"{subscription.url_env} is not set")
    if kind.dialled:
        private = subscription.allow_private
        fault = check_url(url, allow_private=private, schemes=kind.schemes)
        if fault is not None:
            raise _UnreadyError("invalid_url", fault)
    return url


def _secrets(subscription: Subscription, environment: Environment) -> tuple[Secret, ...]:
    """Answer what signs or lets in, current first."""
    kind = TARGET_KINDS[subscription.type]
    signs = _signs(subscription)
    asked = subscription.secret_env is not None and kind.credential is Credential.OPTIONAL
    if not (signs or asked or kind.credential is Credential.REQUIRED):
        return ()
    current = _secret(subscription.secret_env or "secret_env", subscription, environment)
    if current is None:
        raise _UnreadyError(
            "secret_missing", f"{subscription.secret_env or 'secret_env'} is not set"
        )
    if kind.name == GOOGLE_DRIVE:
        return (current, _private_key(current, subscription))
    previous = subscription.previous_secret_env if signs else None
    old = _secret(previous, subscription, environment) if previous else None
    return (current,) if old is None else (current, old)


def _private_key(account: Secret, subscription: Subscription) -> Secret:
    """Answer the key in an account's JSON: no answer may echo it, however it is spelled."""
    try:
        read = read_account(account.reveal(), allow_private=subscription.allow_private)
    except SecretError as error:
        raise _UnreadyError("secret_missing", f"{subscription.secret_env}: {error}") from None
    return Secret(read.private_key)


def _signs(subscription: Subscription) -> bool:
    kind = TARGET_KINDS[subscription.type]
    asked = kind.can_sign and subscription.secret_env is not None
    return (kind.signed or asked) and subscription.signature != "none"


def _secret(name: str, subscription: Subscription, environment: Environment) -> Secret | None:
    value = environment.get(name)
    if value is None:
        return None
    if _signs(subscription) and subscription.signature == "standard":
        if value.startswith(PRIVATE) and find_spec(LIBRARY) is None:
            raise _UnreadyError("unsupported", f"{name}: {MISSING}")
        try:
            check_secret(value)
        except SecretError as error:
            raise _UnreadyError("secret_missing", f"{name}: {error}") from None
    return Secret(value)
