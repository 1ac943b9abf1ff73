"""Where each type of entry of a manifest's delivery list leads, and in which dialect.

Its credentials are read here, by name, each time; what is missing is an UndeliverableError.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn, cast

import msgspec

from spec_notify.core.addresses import check_url, is_mailbox
from spec_notify.core.config.own_keys import FOLDER
from spec_notify.core.errors import SecretError, UndeliverableError
from spec_notify.core.kinds import TARGET_KINDS
from spec_notify.core.message import Endpoint, Secret, Terms
from spec_notify.core.service_account import read_account
from spec_notify.formats import native
from spec_notify.formats.team import Spelling
from spec_notify.ports import Format, Target
from spec_notify.targets import _team_slack as team_slack
from spec_notify.targets import email, google_drive, webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from spec_notify.core.team import Recipient
    from spec_notify.disk.credentials import Credentials

SLACK_URL = "slack-webhook-url"
SMTP_HOST, SMTP_PORT = "smtp-host", "smtp-port"
SMTP_USERNAME, SMTP_PASSWORD = "smtp-username", "smtp-password"
SMTP_FROM = "smtp-from"
"""Ours, and only needed where the user name is no mail address."""
ACCOUNT = "service-account.json"
_IMPLICIT_TLS = "465"


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a command delivers: what signs, whether private addresses may be dialled, how often."""

    secret: Secret | None = None
    allow_private: bool = False
    attempts: int = 3


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Where one entry leads: to which endpoint, in which dialect and format."""

    target: Target
    format: Format
    endpoint: Endpoint
    terms: Terms = Terms()
    signed: bool = False


def _webhook(each: Recipient, _: Credentials, manner: Manner) -> Line:
    if not each.url:
        _refuse("url is missing")
    url = _checked(each.url, "url", manner)
    secrets = (manner.secret,) if manner.secret else ()
    return Line(
        target=cast("Target", webhook),
        format=Spelling(message=each.message),
        endpoint=Endpoint(url=url, secrets=secrets),
        signed=bool(secrets),
    )


def _slack(each: Recipient, credentials: Credentials, manner: Manner) -> Line:
    url = credentials.get(each.credentials_secret, SLACK_URL)
    return Line(
        target=cast("Target", team_slack),
        format=Spelling(message=each.message),
        endpoint=Endpoint(url=_checked(url, SLACK_URL, manner)),
        terms=Terms(channel=each.channel),
    )


def _email(each: Recipient, credentials: Credentials, manner: Manner) -> Line:
    secret = each.credentials_secret
    host, port = credentials.get(secret, SMTP_HOST), credentials.get(secret, SMTP_PORT)
    username, password = (
        _present(credentials, secret, key) for key in (SMTP_USERNAME, SMTP_PASSWORD)
    )
    sender = credentials.find(secret, SMTP_FROM) or username
    if not is_mailbox(sender):
        _refuse(f"{SMTP_USERNAME} is no mail address: add a key {SMTP_FROM} with the sender's")
    if not each.to:
        _refuse("to is missing")
    if not all(map(is_mailbox, each.to)):
        _refuse("to holds what is no mail address")
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    url = f"{'smtps' if port == _IMPLICIT_TLS else 'smtp'}://{place}"
    return Line(
        target=cast("Target", email),
        format=cast("Format", native),
        endpoint=Endpoint(
            url=_checked(url, f"{SMTP_HOST} and {SMTP_PORT}", manner, ("smtps", "smtp")),
            secrets=(Secret(password),) if username and password else (),
        ),
        terms=Terms(
            to=each.to,
            sender=sender,
            username=username or None,
            subject=each.subject,
            words=tuple(_words(each)),
        ),
    )


def _drive(each: Recipient, credentials: Credentials, manner: Manner) -> Line:
    text = credentials.get(each.credentials_secret, ACCOUNT)
    kind = TARGET_KINDS["google-drive"]
    if kind.library is None or find_spec(kind.library) is None:
        _refuse(f"google-drive needs {kind.library}: pip install 'spec-notify[google-drive]'")
    try:
        account = read_account(text, allow_private=manner.allow_private)
    except SecretError as error:
        _refuse(f"{ACCOUNT}: {error}")
    if not each.folder or not FOLDER.fullmatch(each.folder):
        _refuse("folder is no id of a folder: copy what follows folders/ in its address")
    url = _checked(each.url or kind.base or "", "url", manner, kind.schemes)
    return Line(
        target=cast("Target", google_drive),
        format=Spelling(message=each.message),
        endpoint=Endpoint(url=url, secrets=(Secret(text), Secret(account.private_key))),
        terms=Terms(folder=each.folder),
    )


def _words(each: Recipient) -> Iterable[str]:
    yield from (each.message or "").splitlines()
    for label, path in (("Artifact", each.artifact_path), ("Attachment", each.attachment_path)):
        if path:
            yield f"{label} (where the team left it): {path}"


def _present(credentials: Credentials, secret: str | None, key: str) -> str:
    """Answer a key that must be there and may be empty: a relay that asks for no login."""
    found = credentials.find(secret, key)
    return credentials.get(secret, key) if found is None else found


def _checked(
    url: str, named: str, manner: Manner, schemes: tuple[str, ...] = ("https", "http")
) -> Secret:
    fault = check_url(url, allow_private=manner.allow_private, schemes=schemes)
    if fault is not None:
        _refuse(f"{named}: {fault.replace('set allow_private = true', 'say --allow-private')}")
    return Secret(url)


def _refuse(why: str) -> NoReturn:
    raise UndeliverableError(why)


LINES: Mapping[str, Callable[[Recipient, Credentials, Manner], Line]] = {
    "webhook": _webhook,
    "slack": _slack,
    "email": _email,
    "google-drive": _drive,
}
"""The types there are, and how each is served."""
