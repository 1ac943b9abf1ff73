"""`spec-notify trust`: the user says that a repository's config may choose destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from spec_notify.core.config import shown_url
from spec_notify.core.errors import UsageError
from spec_notify.core.kinds import TARGET_KINDS

from .output import plural, say
from .session import session

if TYPE_CHECKING:
    from spec_notify.core.subscription import Subscription
    from spec_notify.wiring import Wiring


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("trust")(trust)


def trust(
    context: typer.Context,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let it name private and loopback targets.")
    ] = False,
) -> int:
    """Trust the repository's config as it stands now, and announce what changed meanwhile."""
    here = session(context)
    wiring = here.wiring(notices=False)
    files = trust_repository_config(wiring, allow_private=allow_private)
    queued = 0
    if wiring.config.enabled:
        from spec_notify.pipeline.intake import Wish

        from .scan import settled_look

        queued = settled_look(wiring.looks(), Wish(local=True)).deliveries
    subscriptions = wiring.config.subscriptions
    destinations = [_destination(each) for each in subscriptions]
    roots = list(wiring.config.conductor_roots) if wiring.config.conductor_enabled else []
    manifests = list(wiring.config.team_paths) if wiring.config.teams_enabled else []
    facts = {"destinations": destinations, "roots": roots, "manifests": manifests}
    facts["deliveries"] = queued
    if not here.answer("trust", files=files, **facts):
        for file in files:
            say(f"trusted: {file}")
        for each in subscriptions:
            say(f"  sends to {each.name}: {_told(each)}")
        for root in roots:
            say(f"  reads the runs below {root}{_noted(wiring)}")
        for path in manifests:
            say(f"  reads manifests of teams: {path}")
        if queued:
            say(f"{plural(queued, 'delivery')} queued: changes since it was last trusted")
    return 0


def trust_repository_config(wiring: Wiring, *, allow_private: bool) -> list[str]:
    """Trust every repository-level config file as it stands; answer which. Raises ConfigError."""
    from spec_notify.wiring import now

    files = wiring.trust_files(allow_private=allow_private, at=now())
    if not files:
        raise UsageError("this repository holds no spec-notify config: `spec-notify init`")
    wiring.watching.open_gates()
    return files


def baseline(wiring: Wiring) -> list[str]:
    """Take a baseline of documents never seen; answer which. Nothing is done while off."""
    from spec_notify.pipeline.intake import Wish

    if not wiring.config.enabled:
        return []
    return list(wiring.looks().look(Wish(baseline=True, unseen_only=True, local=True)).baselines)


def _noted(wiring: Wiring) -> str:
    return ", and notes failures on their buses" if wiring.config.warn_on_failure else ""


def _destination(subscription: Subscription) -> dict[str, object]:
    url = subscription.url
    return {
        "subscription": subscription.name,
        "type": subscription.type,
        "url": _shown(subscription) if url is None else shown_url(url),
        "urlEnv": subscription.url_env,
        "secretEnv": subscription.secret_env,
        "previousSecretEnv": subscription.previous_secret_env,
        "to": list(subscription.terms.to),
    }


def _shown(subscription: Subscription) -> str | None:
    """Answer where a subscription without a URL of its own goes; None where a variable says it."""
    if subscription.url_env is not None:
        return None
    return subscription.terms.path or TARGET_KINDS[subscription.type].base


def _told(subscription: Subscription) -> str:
    kind = TARGET_KINDS[subscription.type]
    said = _destination(subscription)
    where = " ".join(
        (
            str(said["url"] or f"the URL in {subscription.url_env}"),
            *(f"for {each}" for each in subscription.terms.to),
        )
    )
    secrets = " and ".join(
        filter(None, (subscription.secret_env, subscription.previous_secret_env))
    )
    if not secrets:
        return f"{where}, unsigned"
    signs = (kind.signed or kind.can_sign) and subscription.signature != "none"
    return f"{where}, {'signed with' if signs else 'let in by'} {secrets}"
