"""A subscription: which events it wants, where they go, and how they are tried."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from .event import TEST
from .lane import Rate
from .message import Terms
from .retry import Schedule, schedule

if TYPE_CHECKING:
    from .event import Event


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[subscriptions]]` table, checked. Durations are milliseconds."""

    name: str
    type: str = "webhook"
    url: str | None = None
    url_env: str | None = None
    secret_env: str | None = None
    previous_secret_env: str | None = None
    previous_secret_until: int | None = None
    """From then on the previous secret signs no more; milliseconds UTC."""
    events: tuple[str, ...] = ("spec-kit.task.completed",)
    statuses: tuple[str, ...] = ()
    spec_ids: tuple[str, ...] = ()
    task_ids: tuple[str, ...] = ()
    task_prefixes: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    enabled: bool = True
    dry_run: bool = False
    format: str = "native"
    signature: str = "standard"
    timeout: int = 10_000
    strict: bool = False
    expire_after: int = 7 * 86_400_000
    concurrency: int = 8
    allow_private: bool = False
    rate: Rate | None = None
    order: str = "any"
    """`task`: what a task did later waits for what it did earlier."""
    retry: Schedule = schedule()
    terms: Terms = Terms()

    def __repr__(self) -> str:
        # A URL may be a secret, and a traceback shows every value it meets.
        return f"Subscription(name={self.name!r}, type={self.type!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("name", self.name), ("type", self.type)]


def wants(subscription: Subscription, event: Event) -> bool:
    """Say whether an event passes every filter a subscription states."""
    if not subscription.enabled or not _wants_type(subscription, event.type):
        return False
    if event.heard and not subscription.branches:
        return False
    return (
        _one_of(subscription.statuses, event.status)
        and _one_of(subscription.spec_ids, event.spec)
        and _wants_task(subscription, event.task)
        and (not subscription.owners or bool({*subscription.owners} & {*event.owners}))
        and _any_glob(subscription.branches, event.branch)
    )


def hears_of_documents(subscription: Subscription) -> bool:
    """Say whether it asks for anything that comes from documents or evidence trees."""
    sources = ("*", "spec-kit.", "spec-auto.")
    return subscription.enabled and any(each.startswith(sources) for each in subscription.events)


def _wants_type(subscription: Subscription, type_: str) -> bool:
    # A test is sent by name, never by subscription: "*" does not mean it.
    return type_ in subscription.events or ("*" in subscription.events and type_ != TEST)


def _one_of(wanted: tuple[str, ...], value: str | None) -> bool:
    return not wanted or (value is not None and value.casefold() in {w.casefold() for w in wanted})


def _wants_task(subscription: Subscription, task: str | None) -> bool:
    if not subscription.task_ids and not subscription.task_prefixes:
        return True
    if task is None:
        return False
    return task in subscription.task_ids or task.startswith(subscription.task_prefixes or "\x00")


def _any_glob(globs: tuple[str, ...], value: str | None) -> bool:
    return not globs or (value is not None and any(fnmatchcase(value, glob) for glob in globs))
