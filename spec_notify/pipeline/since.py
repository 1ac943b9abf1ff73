"""A range of commits told: the steps of `history`, admitted as a look admits its news.

Contract, section 5, "Ids": the commit stands in place of the occurrence, so a range told again,
with this state or with a fresh one, gives the same ids. What is remembered of documents is
neither read nor written; what was told of tasks is, for one change is told once by one checkout.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from spec_notify.pipeline.admission import admit
from spec_notify.pipeline.intake import Looked
from spec_notify.pipeline.news import News
from spec_notify.pipeline.range import Made, Range
from spec_notify.ports import Checkout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spec_notify.core.config import Config
    from spec_notify.core.event import Event
    from spec_notify.core.snapshot import Notice
    from spec_notify.core.subscription import Subscription
    from spec_notify.pipeline.context import Context
    from spec_notify.pipeline.range import Span
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Ledger, Log, Spool


class Since:
    """Tells ranges of commits on behalf of a config.

    `context` answers what knows the surroundings of changes as a commit has them.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        log: Log,
        config: Config,
        context: Callable[[str], Context],
        clock: Callable[[], int],
    ) -> None:
        self._spool = spool
        self._log = log
        self._config = config
        self._context = context
        self._clock = clock

    def tell(self, span: Span, *, accept: bool = False) -> Looked:
        """Admit the news of a range in one transaction; a document with too much of it has none.

        `accept` admits in spite of `hold_above`. Raises SpoolError and UnansweredError; what
        raises has changed nothing.
        """
        made = Range(self._log, self._config, span)
        made.read()
        story = _Story(made, self._context, span)
        now = self._clock()
        events, deliveries, held = [], 0, {}
        with self._spool.ledger() as ledger:
            news: list[tuple[int, Event, tuple[Subscription, ...]]] = []
            for path in made.documents:
                found = self._news(ledger, story, path)
                wanted = found.wanted()
                if len(wanted) > self._config.hold_above and not accept:
                    held[path] = len(wanted)
                    continue
                found.tell()
                news += story.events(path, wanted, now)
            # As they happened, whatever document they are of.
            for _, event, takers in sorted(news, key=lambda each: each[0]):
                admitted = admit(
                    ledger, event, takers, max_pending=self._config.max_pending, now=now
                )
                deliveries += admitted
                events += [event] if admitted else []
        return Looked(
            head=span.tip,
            events=tuple(events),
            deliveries=deliveries,
            held=held,
            notices=(*made.notices, *story.notices),
        )

    def _news(self, ledger: Ledger, story: _Story, path: str) -> News:
        told = story.told[path]
        return News(
            ledger,
            self._config,
            story.facts,
            path=path,
            changes=told.changes,
        )


class _Story:
    """What of a range can be told, with the surroundings of each change in its own commit."""

    def __init__(self, made: Range, context: Callable[[str], Context], span: Span) -> None:
        self._open = context
        self._span = span
        self._contexts: dict[str, Context] = {}
        self._order = {name: at for at, name in enumerate(made.commits)}
        self.notices: list[tuple[str, Notice]] = []
        self.told = {path: self._prepared(path, each) for path, each in made.documents.items()}

    def facts(self, document: str, change: Change, heard: bool) -> Event | None:  # noqa: FBT001 - a fact
        """Answer what filters look at."""
        return self._around(change).facts(document, change, heard)

    def events(
        self, path: str, wanted: list[tuple[int, tuple[Subscription, ...]]], now: int
    ) -> Iterator[tuple[int, Event, tuple[Subscription, ...]]]:
        """Answer the wanted events of a document, each with its commit's place in the range."""
        changes = self.told[path].changes
        marks = list(_marks(changes))
        for index, takers in wanted:
            change, (mark, count) = changes[index], marks[index]
            event = self._around(change).event(path, change, occurrence=count, now=now, commit=mark)
            yield self._order[change.commit or ""], event, takers

    def _prepared(self, path: str, made: Made) -> Made:
        told: list[Change] = []
        for change in made.changes:
            stand = Checkout(branch=self._span.branch, head=change.commit)
            tellable, untold = self._around(change).prepare_changes(path, [change], stand)
            told += tellable
            self.notices += [(path, notice) for notice in untold]
        return msgspec.structs.replace(made, changes=told)

    def _around(self, change: Change) -> Context:
        commit = change.commit or ""
        if commit not in self._contexts:
            self._contexts[commit] = self._open(commit)
        return self._contexts[commit]


def _marks(changes: list[Change]) -> Iterator[tuple[str, int]]:
    """Answer what stands for each arrival in its id, and its count within the range.

    It is the commit; where one commit has equal arrivals, those after the first are numbered.
    """
    in_commit: Counter[tuple[str, str, str]] = Counter()
    in_range: Counter[tuple[str, str]] = Counter()
    for change in changes:
        transition, commit = change.transition, change.commit or ""
        key, to = transition.task.key, transition.after.canonical if transition.after else ""
        in_commit[commit, key, to] += 1
        in_range[key, to] += 1
        again = in_commit[commit, key, to]
        yield (commit if again == 1 else f"{commit}/{again}"), in_range[key, to]
