"""What every target must do, whatever its dialect. Every kind that is built is held to it."""

from __future__ import annotations

import base64
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hypothesis import strategies as st

from spec_notify.core.kinds import TARGET_KINDS
from spec_notify.core.message import Endpoint, Failure, Fault, Order, Reply, Secret, Terms

if TYPE_CHECKING:
    from spec_notify.ports import Target

TARGETS = tuple(name for name, kind in TARGET_KINDS.items() if kind.module)
OF_HTTP = tuple(name for name in TARGETS if name not in {"email", "file", "apprise"})
"""Those whose receivers answer with a status of HTTP's."""
TERMS = Terms(
    to=("team@example.org", "ada@example.org"),
    sender="notify@example.org",
    repository="acme/rockets",
    folder="1AbC",
    path="outbox",
)
"""What every kind finds of its own in its subscription."""

MESSAGES = Path(__file__).parents[2] / "fixtures" / "messages"
BODY = (MESSAGES / "task-completed.json").read_bytes().rstrip(b"\n")
URL = "https://hooks.example/T000/B000/token?key=value"
REACHED = {
    "discord": f"{URL}&wait=true",
    "github": URL.replace("?", "/repos/acme/rockets/dispatches?"),
    "pagerduty": URL.replace("?", "/v2/change/enqueue?"),
}
"""Where a completed task goes, for kinds that add to the URL."""
NEVER_AGAIN = {"discord": {401, 403, 404}, "github": {422}, "pagerduty": {400}}
"""What a kind's receiver would refuse again, or punish asking again for: final without `strict`."""
SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
OLD_SECRET = "whsec_" + base64.b64encode(bytes(range(24, 48))).decode()
AT = 1_795_168_800_456


def target(name: str) -> Target:
    return cast("Target", import_module(str(TARGET_KINDS[name].module)))


def order(
    *,
    body: bytes = BODY,
    event: str = "evt_abcdefghijklmnopqrstuvwxyz",
    type: str = "spec-kit.task.completed",
    delivery: str = "dlv_abcdefghijklmnopqrstuvwxyz",
    attempt: int = 1,
    at: int = AT,
    signature: str = "standard",
    secrets: tuple[str, ...] = (SECRET,),
    user_agent: str = "spec-notify/0.1.0",
    url: str = URL,
) -> Order:
    return Order(
        event=event,
        type=type,
        delivery=delivery,
        attempt=attempt,
        at=at,
        body=body,
        signature=signature,
        endpoint=Endpoint(url=Secret(url), secrets=tuple(Secret(each) for each in secrets)),
        user_agent=user_agent,
        terms=TERMS,
    )


hostile_text = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["a\r\nx-evil: 1", "\x00", "é", " lead", "trail ", "\u2028", "\ud800", "\x7f", ""]
)
hostile_orders = st.builds(
    order,
    body=st.binary(max_size=300) | st.just(BODY),
    event=hostile_text,
    type=hostile_text,
    delivery=hostile_text,
    attempt=st.integers(0, 10**9),
    at=st.integers(0, 4_000_000_000_000),
    signature=st.sampled_from(["standard", "github", "conductor", "aegis", "none"]),
    user_agent=hostile_text,
)

hostile_headers = st.lists(
    st.tuples(
        st.sampled_from(["Retry-After", "location", "Content-Type", "x"]),
        st.text(st.characters(), max_size=30)
        | st.sampled_from(["120", "http://[", "https://u:p@h/x", "//h", "/x", "http://\x00h"]),
    ),
    max_size=4,
).map(tuple)
replies = st.builds(
    Reply, status=st.integers(0, 999), headers=hostile_headers, body=st.binary(max_size=80)
)
failures = st.builds(Failure, fault=st.sampled_from(Fault), detail=st.text(max_size=20))
