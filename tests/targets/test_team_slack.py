"""A team's end in Slack: the operator's text, byte for byte, and nothing a name could do in it."""

from __future__ import annotations

import msgspec
import orjson
import pytest

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Failure, Fault, Reply
from spec_notify.targets import _team_slack as team_slack
from spec_notify.targets import slack

from .conformance import TERMS, order

J = "\u2060"


def sent(channel: str | None = None, **told: object) -> dict[str, object]:
    facts = {"event": "team.completed", "team": "crew", "namespace": "docs", "phase": "Completed"}
    asked = msgspec.structs.replace(
        order(body=orjson.dumps(facts | told), type="team.completed"),
        terms=msgspec.structs.replace(TERMS, channel=channel),
    )
    body: dict[str, object] = orjson.loads(team_slack.render(asked).body)
    return body


def artifact(name: str, by: str | None = "writer") -> dict[str, str]:
    return {"name": name} | ({"producedBy": by} if by else {})


def test_without_message_a_sentence_says_how_it_ended() -> None:
    assert sent() == {"text": "Team *crew* finished with phase *Completed*."}
    assert sent(phase="TimedOut")["text"] == "Team *crew* finished with phase *TimedOut*."


def test_a_message_stands_in_its_place_as_it_was_written() -> None:
    said = "<!here> *Done* & dusted: https://example.org/x?a=1&b=2"

    assert sent(message=said) == {"text": said}


def test_artifacts_stand_under_it_one_by_one() -> None:
    told = [artifact("notes.md"), artifact("my_notes-v2.md", "reviewer"), artifact("log", None)]

    assert sent(message="Ready.", artifacts=told)["text"] == (
        "Ready.\nArtifacts:\n• notes.md (by writer)\n• my_notes-v2.md (by reviewer)\n• log\n"
    )


def test_a_channel_is_named_where_one_is_given() -> None:
    assert sent("#releases")["channel"] == "#releases"
    assert "channel" not in sent()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("out/report v1.2 (final), 100% #3 *new* `x` ~y", None),
        ("node@18 a@b", None),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U123> & <http://evil.example|ok>", None),
        ("@here @everyone", f"@{J}here @{J}everyone"),
        ("https://evil.example/x", f"https:{J}//evil.example/x"),
        ("mailto:x", f"mailto:{J}x"),
        ("MAILTO:x", f"MAILTO:{J}x"),
        ("ceo@evil.example and tool@1.2", f"ceo@{J}evil.example and tool@1.2"),
        ("a\n• forged (by boss)\r\u2028b", "a • forged (by boss) b"),
        ("x\u202ey\u200bz\x1b[31m", "xyz[31m"),
    ],
)
def test_a_name_mentions_nobody_and_links_nowhere(name: str, shown: str | None) -> None:
    if name.startswith("<@U"):
        shown = f"&lt;@{J}U123&gt; &amp; &lt;http:{J}//evil.example|ok&gt;"
    expected = name if shown is None else shown

    told = sent(team=name, phase=name, artifacts=[artifact(name, name)])

    assert told["text"] == (
        f"Team *{expected}* finished with phase *{expected}*.\n"
        f"Artifacts:\n• {expected} (by {expected})\n"
    )


def test_another_body_is_told_as_ever() -> None:
    assert team_slack.render(order()) == slack.render(order())
    for odd in (b"[]", b"{", b'{"team":3}'):
        asked = order(body=odd, type="team.failed")
        assert orjson.loads(team_slack.render(asked).body)["text"] == f"team.{J}failed"


def test_the_status_alone_decides() -> None:
    def verdict(status: int, body: bytes = b"") -> Verdict:
        return team_slack.judge(Reply(status=status, body=body), strict=True, now=0).verdict

    assert verdict(200) is verdict(204, b"whatever") is Verdict.DELIVERED
    assert verdict(404, b"no_service") is Verdict.REJECTED
    assert verdict(503) is verdict(429) is Verdict.RETRY
    assert verdict(410) is Verdict.GONE
    refused = team_slack.judge(Reply(status=404, body=b"no_service"), strict=True, now=0)
    assert refused.detail == "HTTP 404 Not Found: no_service"
    lost = team_slack.judge(Failure(fault=Fault.CONNECT, detail="gone"), strict=True, now=0)
    assert lost.verdict is Verdict.RETRY
