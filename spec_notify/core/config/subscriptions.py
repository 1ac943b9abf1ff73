"""The `[[subscriptions]]` of a config, and the rules between their keys.

Contract, section 6, and section 3, promises 6 and 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.addresses import check_url
from spec_notify.core.config.own_keys import check_own
from spec_notify.core.config.own_word import check_private, check_variable
from spec_notify.core.config.settings import suggest
from spec_notify.core.config.tables import RETRY, SUBSCRIPTION, TERMS
from spec_notify.core.event import TEST, TYPES
from spec_notify.core.kinds import HEARD, SPELLS, TARGET_KINDS, Credential, Place, TargetKind
from spec_notify.core.status import CANONICAL, OUTCOMES
from spec_notify.core.subscription import Subscription
from spec_notify.core.team import ENDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from spec_notify.core.config import Kind
    from spec_notify.core.config.findings import Findings
    from spec_notify.core.config.toml_lines import KeyPath
    from spec_notify.core.retry import Schedule

MOST_SUBSCRIPTIONS = 1_000
_PLAIN = Subscription(name="")
_HEARABLE = {*TYPES, "*"} - {TEST}


def read_subscriptions(
    raw: object, findings: Findings, *, kind: Kind, allow_private: bool
) -> tuple[Subscription, ...]:
    """Answer the subscriptions that have no mistake, in the file's order; report all others."""
    if not isinstance(raw, list):
        findings.report(
            ("subscriptions",), "is no list of tables", "Write [[subscriptions]], in two brackets"
        )
        return ()
    if len(raw) > MOST_SUBSCRIPTIONS:
        findings.report(
            ("subscriptions",), "are too many", f"Keep up to {MOST_SUBSCRIPTIONS} of them"
        )
        return ()
    found = []
    for index, entry in enumerate(raw):
        before = findings.mistakes
        subscription = _subscription(entry, findings, ("subscriptions", index))
        if subscription is not None:
            path = ("subscriptions", index)
            _check_names(subscription, findings, path, kind=kind)
            asked = subscription.allow_private
            check_private(asked, findings, path, kind=kind, allowed=allow_private)
            check_own(subscription, entry, findings, path, kind=kind)
            if findings.mistakes == before:
                found.append(subscription)
    _check_unique(raw, findings)
    return tuple(found)


def _subscription(raw: object, findings: Findings, path: KeyPath) -> Subscription | None:
    """Answer a subscription, wrong keys left at their defaults; None when it is no table."""
    if not isinstance(raw, dict):
        findings.report(path, "is no table", "Write [[subscriptions]] above its keys")
        return None
    own = {key: value for key, value in raw.items() if key in TERMS}
    rest = {key: value for key, value in raw.items() if key not in TERMS}
    fields = findings.table(rest, SUBSCRIPTION, path, tables=("retry",))
    format_ = str(fields.get("format"))
    if "events" not in raw or (raw["events"] == [] and format_ in SPELLS):
        fields["events"] = HEARD.get(format_, _PLAIN.events)
    fields["terms"] = msgspec.structs.replace(_PLAIN.terms, **findings.table(own, TERMS, path))
    if "retry" in raw:
        fields["retry"] = _retry(raw["retry"], findings, (*path, "retry"))
    found = msgspec.structs.replace(_PLAIN, **fields)
    if "name" not in raw:
        findings.report((*path, "name"), "is missing", 'Write name = "…", unique in this file')
    if {"type", "signature"} & {*raw} <= {*fields}:
        # A kind nobody understood has no rules to break.
        _check_destination(found, {*raw}, findings, path)
        _check_secret(found, {*raw}, findings, path)
        _check_terms(found, {*raw}, findings, path)
    _check_url(found, findings, path)
    _check_filters(found, findings, path)
    return found


def _retry(raw: object, findings: Findings, path: KeyPath) -> Schedule:
    fields = findings.table(raw, RETRY, path)
    plan = msgspec.structs.replace(_PLAIN.retry, **fields)
    if "max_attempts" in fields:
        return plan
    return msgspec.structs.replace(plan, max_attempts=len(plan.delays) + 1)


def _check_destination(
    found: Subscription, written: AbstractSet[str], findings: Findings, path: KeyPath
) -> None:
    if {"url", "url_env"} <= written:
        findings.report((*path, "url"), "and url_env are both given", "Keep one of the two")
    elif not {"url", "url_env"} & written and _asks_for_url(TARGET_KINDS[found.type]):
        scheme = (*TARGET_KINDS[found.type].schemes, "scheme")[0]
        findings.report(
            (*path, "url_env"),
            "is missing",
            f'Write url_env = "SPEC_NOTIFY_…_URL", or url = "{scheme}://…" when it is no secret',
        )
    elif {"url", "url_env"} & written and TARGET_KINDS[found.type].place is Place.ELSEWHERE:
        key = "url" if "url" in written else "url_env"
        findings.report((*path, key), f"is no key of type {found.type}", "Remove it")


def _asks_for_url(kind: TargetKind) -> bool:
    return kind.place in {Place.URL, Place.SECRET_URL}


def _check_terms(
    found: Subscription, written: AbstractSet[str], findings: Findings, path: KeyPath
) -> None:
    known = TARGET_KINDS[found.type]
    for key, setting in TERMS.items():
        if setting.field in known.needs and key not in written:
            findings.report((*path, key), "is missing", f"A {known.name} subscription needs it")
        elif key in written and setting.field not in known.own:
            takers = (each.name for each in TARGET_KINDS.values() if setting.field in each.own)
            said = f"is no key of type {known.name}"
            findings.report((*path, key), said, f"Remove it: it is for {', '.join(takers)}")


def _check_url(found: Subscription, findings: Findings, path: KeyPath) -> None:
    if found.url is None:
        return
    known = TARGET_KINDS[found.type]
    fault = None
    if known.dialled:
        fault = check_url(found.url, allow_private=found.allow_private, schemes=known.schemes)
    if fault is not None:
        findings.report(
            (*path, "url"),
            "is not used: this subscription is shown as disabled and its deliveries are parked",
            fault[0].upper() + fault[1:],
            warning=True,
        )
    if known.place is Place.SECRET_URL:
        findings.report(
            (*path, "url"),
            f"is a secret in a file: whoever knows the {found.type} URL may post",
            "Put it into an environment variable, and name that in url_env",
            warning=True,
        )


def _check_secret(
    found: Subscription, written: AbstractSet[str], findings: Findings, path: KeyPath
) -> None:
    known = TARGET_KINDS[found.type]
    signs = known.signed and found.signature != "none"
    if "previous_secret_until" in written and "previous_secret_env" not in written:
        findings.report(
            (*path, "previous_secret_until"),
            "stands without previous_secret_env",
            "Name the variable of the secret that ends",
        )
    if "secret_env" in written:
        return
    if signs or known.credential is Credential.REQUIRED:
        unsigned = ', or signature = "none" to send unsigned' if signs else ""
        findings.report(
            (*path, "secret_env"),
            "is missing",
            f'Write secret_env = "SPEC_NOTIFY_…_SECRET"{unsigned}',
        )
    if "previous_secret_env" in written:
        findings.report(
            (*path, "previous_secret_env"), "stands without secret_env", "Write secret_env too"
        )


def _check_filters(found: Subscription, findings: Findings, path: KeyPath) -> None:
    if not found.events:
        findings.report(
            (*path, "events"), "is empty, so nothing is sent", 'Name types, or ["*"]', warning=True
        )
    _check_known(found.events, (*TYPES, "*"), findings, (*path, "events"))
    _check_spelling(found, findings, (*path, "format"))
    known = (*CANONICAL, *OUTCOMES, *ENDS)
    spelled = {each.casefold(): each for each in known}
    statuses = [spelled.get(each.casefold(), each) for each in found.statuses]
    _check_known(statuses, known, findings, (*path, "statuses"))


def _check_spelling(found: Subscription, findings: Findings, path: KeyPath) -> None:
    """Report a format that cannot spell all the events it is asked for."""
    spells = SPELLS.get(found.format)
    if spells is not None and any(each not in spells for each in found.events if each in _HEARABLE):
        findings.report(
            path,
            f"tells of {', '.join(spells)} alone: other events in it become dead letters",
            f"Keep to events = {list(spells)}".replace("'", '"') + ", or choose another format",
            warning=True,
        )


def _check_known(
    words: Sequence[str], known: Sequence[str], findings: Findings, path: KeyPath
) -> None:
    for position, word in enumerate(words, 1):
        if word not in known:
            near = suggest(word, known)
            findings.report(
                path,
                f"names something unknown in entry {position}, which matches nothing",
                f'Did you mean "{near}"?' if near else f"Known are {', '.join(known)}",
                warning=True,
            )


def _check_names(found: Subscription, findings: Findings, path: KeyPath, *, kind: Kind) -> None:
    for key in ("url_env", "secret_env", "previous_secret_env"):
        check_variable(getattr(found, key), findings, (*path, key), kind=kind)


def _check_unique(raw: Sequence[object], findings: Findings) -> None:
    first: dict[str, int] = {}
    for index, entry in enumerate(raw):
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str) and first.setdefault(name.strip(), index) != index:
            findings.report(
                ("subscriptions", index, "name"),
                f"is the name of subscriptions[{first[name.strip()]}] too",
                "Give each subscription a name of its own",
            )
