"""`spec-notify --test`: one signed test event through the real path, and what came of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spec_notify.core.config import shown_url
from spec_notify.core.errors import NotEnabledError, UsageError
from spec_notify.core.spec_id import is_spec_id
from spec_notify.core.subscription import hears_of_documents

from .output import say
from .session import Session, session

if TYPE_CHECKING:
    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event
    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.pipeline.dispatch import Dispatch
    from spec_notify.ports import Route
    from spec_notify.wiring import Wiring

OK, REFUSED, UNREACHABLE, BAD_CONFIG = 0, 1, 69, 78


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("test")(send_tests)


def send_tests(
    context: typer.Context,
    spec: Annotated[
        str | None, typer.Argument(metavar="[SPEC-ID]", help="The SPEC the test speaks of.")
    ] = None,
    subscription: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this subscription.")
    ] = None,
) -> int:
    """Send every subscription (or one) a signed test event: one attempt, never retried."""
    if spec is not None and not is_spec_id(spec):
        raise UsageError(f"{spec} is no SPEC id: letters, digits, . _ and -, at most 128")
    here = session(context)
    wiring = here.wiring()
    wiring.require_enabled()
    routes = _routes(wiring, subscription)
    results, codes = [], []
    for name, route in routes.items():
        code, result = _one(here, wiring, name, route, spec)
        codes.append(code)
        results.append(result)
    here.answer("test", results=results)
    _warn_of_silent_documents(here, wiring)
    return max(codes, default=OK)


def _routes(wiring: Wiring, subscription: str | None) -> dict[str, Route]:
    routes = wiring.routes()
    if not routes:
        raise NotEnabledError("no [[subscriptions]] to test: `spec-notify init` writes one")
    if subscription is None:
        return routes
    if subscription not in routes:
        raise UsageError(f"no subscription {subscription!r}: one of {', '.join(routes)}")
    return {subscription: routes[subscription]}


def _one(
    here: Session, wiring: Wiring, name: str, route: Route, spec: str | None
) -> tuple[int, dict[str, Any]]:
    if route.unready is not None:
        here.talk(f"{name}: {route.unready.replace('_', ' ')}: {route.why}")
        return BAD_CONFIG, _result(name, None, None)
    event, delivery = _queue(wiring, route, spec)
    attempted = asyncio.run(_send(wiring.dispatch(), delivery))
    if not here.json:
        _print(name, event, attempted, route)
    return _code(attempted), _result(name, event, attempted)


def _queue(wiring: Wiring, route: Route, spec: str | None) -> tuple[Event, str]:
    """Put a probe into the spool; only `once` claims it."""
    import secrets

    from spec_notify.core.payload import build_test_event
    from spec_notify.wiring import now

    at = now()
    event = build_test_event(
        repository=wiring.identity,
        nonce=secrets.token_hex(8),
        spec=spec,
        now=at,
        evidence=wiring.evidence_root,
    )
    delivery = _probe(event, route.subscription.name, at)
    with wiring.spool.ledger() as ledger:
        ledger.admit(event, [delivery])
    return event, delivery.id


def _probe(event: Event, subscription: str, at: int) -> Delivery:
    from spec_notify.core.delivery import Delivery, State
    from spec_notify.core.event import delivery_id

    return Delivery(
        id=delivery_id(event.id, subscription),
        event=event.id,
        type=event.type,
        subscription=subscription,
        state=State.PENDING,
        created_at=at,
        next_at=at,
        task=event.task,
        spec=event.spec,
        probe=True,
    )


async def _send(dispatch: Dispatch, delivery: str) -> Attempted | None:
    try:
        return await dispatch.once(delivery)
    finally:
        await dispatch.aclose()


def _code(attempted: Attempted | None) -> int:
    from spec_notify.core.message import Failure

    if attempted is None:
        return REFUSED
    if attempted.outcome.verdict in {"delivered", "dry_run"}:
        return OK
    return UNREACHABLE if isinstance(attempted.reply, Failure) else REFUSED


def _result(name: str, event: Event | None, attempted: Attempted | None) -> dict[str, Any]:
    delivery = attempted.delivery if attempted else None
    return {
        "delivery": delivery.id if delivery else None,
        "event": event.id if event else None,
        "subscription": name,
        "state": delivery.state if delivery else None,
        "status": delivery.last_status if delivery else None,
        "attempts": delivery.attempts if delivery else 0,
        "evidence": attempted.evidence if attempted else None,
    }


def _print(name: str, event: Event, attempted: Attempted | None, route: Route) -> None:
    from spec_notify.core.exchange import shown_headers

    if attempted is None:
        say(f"{name}: the test could not be claimed")
        return
    say(f"{name}:")
    if attempted.message is not None:
        say(f"  {attempted.message.method} {shown_url(attempted.message.url.reveal())}")
        # A header may hold what lets us in.
        keys = route.endpoint.secrets if route.endpoint else ()
        for header, value in shown_headers(attempted.message, keys).items():
            say(f"  {header}: {value}")
        # A webhook is sent in the subscription's format; what others make of it is theirs.
        is_webhook = route.subscription.type == "webhook"
        say(f"  {(attempted.message.body if is_webhook else event.body).decode()}")
    good = attempted.outcome.verdict in {"delivered", "dry_run"}
    say(f"  => {attempted.outcome.verdict if good else 'failed'}: {attempted.outcome.detail}")
    say(f"  evidence: {attempted.evidence or 'not written'}")


def _warn_of_silent_documents(here: Session, wiring: Wiring) -> None:
    from spec_notify.pipeline.trees import is_tree

    snapshots = wiring.snapshots()
    asked = any(map(hears_of_documents, wiring.config.subscriptions))
    if asked and all(is_tree(path) for path, _ in snapshots):
        here.talk("no document is watched here: see `[sources.spec] paths`")
    for path, snapshot in snapshots:
        if not snapshot.tasks and not is_tree(path):
            here.talk(f"{path}: no task found in it; nothing there will ever be announced")
