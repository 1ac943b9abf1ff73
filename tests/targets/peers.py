"""Services on the loopback that hold a sender to their published shapes and limits.

Each `faults_of_…` says what its service would refuse; each peer answers as the service does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from spec_notify.transports.receiver import Answer, Request

SNOWFLAKE = "1151234567890123456"
WEBHOOK_PATH = "/api/webhooks/42/c4n4ry-token"
FLOW_PATH = "/workflows/c4n4ry/triggers/manual/paths/invoke"
FLOW_QUERY = "api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=c4n4ry-_%2B%3d"
TOKEN = "github_pat_c4n4ry0aBcDeFgHiJkL"
ROUTING_KEY = "c4n4ry789abcdef0123456789abcdef0"

Answers = Callable[[Request], Answer]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _too_long(what: str, text: object, most: int) -> list[str]:
    if not isinstance(text, str) or not text.strip():
        return [f"{what} is no text"]
    return [f"{what} is over {most}"] if _units(text) > most else []


def said(status: int, body: object = None, **headers: str) -> Answer:
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(
        status=status, headers=told, body=b"" if body is None else json.dumps(body).encode()
    )


# --- Discord --------------------------------------------------------------------------------------


def faults_of_discord(message: dict[str, Any]) -> list[str]:
    faults = _too_long("content", message.get("content"), 2000)
    embeds = message.get("embeds", [])
    faults += ["over 10 embeds"] if len(embeds) > 10 else []
    if message.get("allowed_mentions") != {"parse": []}:
        faults.append("mentions are allowed")
    return faults + [fault for embed in embeds for fault in _embed(embed)]


def _embed(embed: dict[str, Any]) -> list[str]:
    fields = embed.get("fields", [])
    texts = [("title", 256), ("description", 4096)]
    faults = [
        fault for key, most in texts if key in embed for fault in _too_long(key, embed[key], most)
    ]
    for field in fields:
        faults += _too_long("name", field.get("name"), 256)
        faults += _too_long("value", field.get("value"), 1024)
    footer = embed.get("footer", {}).get("text", "x")
    faults += _too_long("footer", footer, 2048) + (["over 25 fields"] if len(fields) > 25 else [])
    shown = [embed.get("title", ""), embed.get("description", ""), footer]
    shown += [part for field in fields for part in (field["name"], field["value"])]
    faults += ["over 6000"] if sum(map(_units, shown)) > 6000 else []
    return faults + ([] if 0 <= embed.get("color", 0) <= 0xFFFFFF else ["no colour"])


def discord(request: Request) -> Answer:
    place = urlsplit(request.path)
    if request.method != "POST" or place.path != WEBHOOK_PATH:
        return said(404, {"message": "Unknown Webhook", "code": 10015})
    if request.header("content-type") != "application/json":
        return said(400, {"message": "Cannot send an empty message", "code": 50006})
    if faults := faults_of_discord(json.loads(request.body)):
        return said(400, {"code": 50035, "message": "Invalid Form Body", "errors": faults})
    if parse_qs(place.query).get("wait") != ["true"]:
        return said(204)
    return said(200, {"id": SNOWFLAKE, "channel_id": "7"})


# --- Teams ----------------------------------------------------------------------------------------


def faults_of_teams(body: bytes) -> list[str]:
    message = json.loads(body)
    faults = [f"{len(body)} bytes"] if len(body) > 20_000 else []
    # Teams keeps messages as UTF-16, in at most 28 KiB.
    faults += ["over 28 KiB kept"] if _units(body.decode()) * 2 > 28_672 else []
    if message.get("type") != "message" or len(message.get("attachments", ())) != 1:
        return [*faults, "no message with one attachment"]
    (attachment,) = message["attachments"]
    card = attachment.get("content", {})
    if attachment.get("contentType") != "application/vnd.microsoft.card.adaptive":
        faults.append("no adaptive card")
    if (card.get("type"), card.get("version")) != ("AdaptiveCard", "1.4"):
        faults.append("not version 1.4")
    return faults + [fault for each in card.get("body", ()) for fault in _element(each)]


def _element(each: dict[str, Any]) -> list[str]:
    if each["type"] == "TextBlock":
        return _too_long("text", each.get("text"), 28_000)
    if each["type"] != "FactSet" or not each.get("facts"):
        return [f"an element {each['type']}"]
    return [fault for fact in each["facts"] for fault in _too_long("value", fact["value"], 28_000)]


def teams(request: Request) -> Answer:
    if request.path != f"{FLOW_PATH}?{FLOW_QUERY}":
        return said(401, {"error": {"code": "DirectApiAuthorizationRequired"}})
    return said(400 if faults_of_teams(request.body) else 202)


# --- GitHub ---------------------------------------------------------------------------------------


def github(request: Request) -> Answer:
    if request.header("authorization") != f"Bearer {TOKEN}":
        return said(401, {"message": "Bad credentials"})
    if not request.header("user-agent"):
        return said(403, {"message": "Request forbidden by administrative rules."})
    if (request.method, request.path) != ("POST", "/repos/acme/rockets/dispatches"):
        return said(404, {"message": "Not Found"})
    if request.header("x-github-api-version") != "2022-11-28":
        return said(400, {"message": "no such version"})
    asked = json.loads(request.body)
    payload = asked.get("client_payload", {})
    small = len(json.dumps(payload, ensure_ascii=False)) < 65_536 and len(payload) <= 10
    named = isinstance(asked.get("event_type"), str) and 1 <= len(asked["event_type"]) <= 100
    only = {*asked} <= {"event_type", "client_payload"}
    return said(204) if small and named and only else said(422, {"message": "Invalid request."})


# --- PagerDuty ------------------------------------------------------------------------------------

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)


def faults_of_pagerduty(url: str, body: bytes) -> list[str]:
    event = json.loads(body)
    path = urlsplit(url).path
    faults = ["over 512 KB"] if len(body) > 512_000 else []
    if not re.fullmatch(r"[0-9a-z]{32}", event.get("routing_key", "")):
        faults.append("Length of 'routing_key' is incorrect (should be 32 characters)")
    if path == "/v2/enqueue":
        faults += _too_long("dedup_key", event.get("dedup_key"), 255)
        if event.get("event_action") == "resolve":
            return faults
        faults += [] if event.get("event_action") == "trigger" else ["no action"]
        severity = event["payload"].get("severity")
        faults += [] if severity in {"critical", "error", "warning", "info"} else ["no severity"]
    elif path != "/v2/change/enqueue":
        return ["no such path"]
    faults += [] if all(link["href"] for link in event.get("links", ())) else ["a link to nothing"]
    return faults + _news(event.get("payload", {}))


def _news(payload: dict[str, Any]) -> list[str]:
    faults = _too_long("summary", payload.get("summary"), 1024)
    faults += _too_long("source", payload.get("source"), 1024)
    if not _INSTANT.fullmatch(payload.get("timestamp", "")):
        faults.append("no timestamp")
    return faults + ([] if isinstance(payload.get("custom_details"), dict) else ["no details"])


def pagerduty(request: Request) -> Answer:
    if faults := faults_of_pagerduty(request.path, request.body):
        told = {"status": "invalid event", "message": "Event object is invalid", "errors": faults}
        return said(400, told)
    return said(202, {"status": "success", "message": "Event processed"})
