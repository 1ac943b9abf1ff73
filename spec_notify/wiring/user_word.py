"""A destination that the user names in the environment alone, without any config.

`DISCORD_WEBHOOK_URL` asks for the ends of runs, and for nothing else. The spool keeps the
variable's name, never what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from spec_notify.core.addresses import check_url, judge_address
from spec_notify.core.event import RUN_FINISHED
from spec_notify.core.run import CHANNEL
from spec_notify.core.subscription import Subscription

from .routes import route_of

if TYPE_CHECKING:
    from spec_notify.disk.environment import Environment

ALIAS = "Runtime__Notifications__DiscordWebhookUrl"
"""What the servers that run swarms call the same setting."""


def asked_for(environment: Environment) -> Subscription | None:
    """Answer the subscription that the environment asks for; None when it names no destination."""
    variable = next((name for name in (CHANNEL, ALIAS) if environment.get(name)), None)
    if variable is None:
        return None
    return Subscription(
        name=CHANNEL,
        type="discord",
        url_env=variable,
        events=(RUN_FINISHED,),
        allow_private=_is_private(environment.get(variable) or ""),
    )


def fault_of(subscription: Subscription, environment: Environment) -> str | None:
    """Answer what is wrong with the URL such a subscription names, never repeating it."""
    url = environment.get(subscription.url_env or "") or ""
    return check_url(url.strip(), allow_private=subscription.allow_private)


def with_user_word(
    subscribed: tuple[Subscription, ...], environment: Environment
) -> tuple[Subscription, ...]:
    """Answer subscriptions and the one the environment asks for, unless its channel has one.

    A run is told once: a subscription that hears of runs and posts to the same URL is enough.
    """
    named = asked_for(environment)
    hearing = [each for each in subscribed if hears_of_runs(each)]
    if named is None or any(_is_same(each, named, environment) for each in hearing):
        return subscribed
    return (*subscribed, named)


def hears_of_runs(subscription: Subscription) -> bool:
    """Say whether a subscription takes the ends of runs, whatever else it filters by."""
    return subscription.enabled and bool({RUN_FINISHED, "*"} & {*subscription.events})


def _is_same(one: Subscription, other: Subscription, environment: Environment) -> bool:
    marks = {route_of(each, environment).mark for each in (one, other)}
    return one.name == other.name or (len(marks) == 1 and "" not in marks)


def _is_private(url: str) -> bool:
    """Say whether a URL itself names this machine or a private address.

    Who writes `http://127.0.0.1:9000/…` means it; what a name leads to is judged when it is
    dialled, and a private address behind a name is not meant.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    address = "127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host
    refused = judge_address(address, allow_private=False)
    return refused is not None and judge_address(address, allow_private=True) is None
