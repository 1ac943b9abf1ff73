"""A delivery's story as a person reads it, line by line."""

from __future__ import annotations

from typing import Any

from spec_notify.core.instant import spell_duration
from spec_notify.pipeline.holding import spell_breaker

from .output import plural, say


def tell_story(shown: dict[str, Any]) -> None:
    """Print what `explain ID --json` answers, for a person."""
    event = shown["event"]
    about = (event["task"], event["status"], event["document"], event["spec"], event["branch"])
    say(f"{event['id']}  {event['type']}  {event['at']}")
    say(f"  {'  '.join(each for each in about if each)}")
    if event["toldOnAnotherBranch"]:
        say("  told on another branch before: only subscriptions with `branches` hear it again")
    for each in shown["deliveries"]:
        _print_delivery(each)
    for each in shown["notSentTo"]:
        said = "it would get this one now" if each["wanted"] else "it does not want this one"
        say(f"{each['subscription']}: no delivery; as it stands now {said}")
        _print_filters(each)


def _print_delivery(shown: dict[str, Any]) -> None:
    say(f"{shown['delivery']}  to {shown['subscription']}: {shown['state']}")
    if shown["heard"] is None:
        say("  no subscription of this name is in the config now")
    else:
        _print_filters(shown["heard"])
        plan = shown["schedule"]
        say(
            f"  schedule: {' '.join(plan['delays'])}, at most "
            f"{plural(plan['maxAttempts'], 'attempt')}, each delay ±{plan['jitter']:.0%}"
        )
    say(f"  {shown['createdAt']}  queued")
    for each in shown["history"]:
        _print_entry(each)
    if not shown["history"]:
        say("  no attempt was made yet")
    if shown["reason"]:
        say(f"  stands: {shown['state']}: {shown['reason']}")
    _print_lane(shown["lane"])
    say(f"  next: {shown['next']}")
    if shown["guidance"]:
        say(f"  to free it: {shown['guidance']}")


def _print_lane(lane: dict[str, Any] | None) -> None:
    if lane is None:
        return
    breaker, rate, order = lane["breaker"], lane["rate"], lane["order"]
    held = [f"  HELD BACK by its {each}" for each in lane["heldBackBy"]]
    if breaker["failures"] or breaker["offline"]:
        shared = ", ".join(breaker["subscriptions"])
        say(f"  breaker of {breaker['endpoint']} ({shared}): {spell_breaker(breaker)}")
    if rate is not None:
        then = f"; the next may leave at {rate['freeAt']}" if rate["freeAt"] else ""
        say(f"  rate: {rate['limit']}{then}")
    if order is not None:
        behind = ", ".join(order["behind"])
        say(f"  order: by task{f'; behind {behind}' if behind else ''}")
    for line in held:
        say(line)


def _print_filters(heard: dict[str, Any]) -> None:
    if not heard["enabled"]:
        say("  enabled = false")
    for each in heard["filters"]:
        verdict = "passes" if each["passes"] else "DOES NOT PASS"
        has = each["has"]
        has = ", ".join(has) if isinstance(has, list) else has
        say(f"  {each['filter']} = {', '.join(each['wants'])}: {has or 'none'}: {verdict}")


def _print_entry(entry: dict[str, Any]) -> None:
    number = f"attempt {entry['attempt']}"
    if entry["missing"]:
        say(f"  {number if entry['attempt'] else 'a record'}: {entry['missing']}")
        return
    if entry["acknowledged"]:
        say(f"  {entry['finishedAt']}  acknowledged by {entry['acknowledged'].get('by')}")
        return
    replay = entry["replay"]
    again = f" (replayed by {replay.get('by')})" if isinstance(replay, dict) else ""
    say(f"  {entry['startedAt']}  {number}{again}: {entry['verdict']}: {entry['why']}")
    if entry["nextAttemptAt"] is None:
        return
    planned = entry["step"]
    came = f"step {planned['number']} of {planned['of']} is {planned['delay']}" if planned else ""
    asked = f"Retry-After said {entry['retryAfter']}" if entry["retryAfter"] else ""
    reasons = "; ".join(filter(None, (came, asked)))
    waited = f", {spell_duration(entry['waitMs'])} later" if entry["waitMs"] else ""
    say(f"    so the next one at {entry['nextAttemptAt']}{waited}{f': {reasons}' * bool(reasons)}")
