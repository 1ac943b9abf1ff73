"""What tasks are called: plain sentences, no two of one history alike by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random  # noqa: TID251 - a seeded one is an argument

_VERBS = (
    "Add", "Build", "Check", "Clean up", "Close", "Compress", "Connect", "Count", "Describe",
    "Design", "Document", "Draw", "Export", "Extract", "Guard", "Import", "Index", "Label",
    "Measure", "Migrate", "Open", "Paint", "Parse", "Polish", "Print", "Publish", "Record",
    "Remove", "Rename", "Repair", "Replace", "Retry", "Route", "Scan", "Seal", "Sort", "Stamp",
    "Store", "Test", "Validate", "Weigh", "Wire up",
)  # fmt: skip
_KINDS = (
    "broken", "cached", "daily", "dry", "early", "empty", "foreign", "frozen", "heavy", "hidden",
    "hourly", "late", "legacy", "local", "lost", "nightly", "old", "outgoing", "quiet", "remote",
    "returned", "second", "shared", "signed", "small", "spare", "urgent", "wet", "yellow",
)  # fmt: skip
_THINGS = (
    "address book", "barcode reader", "bicycle", "calendar", "carrier table", "cash desk",
    "conveyor", "counter", "customs form", "dashboard", "delivery van", "door bell", "envelope",
    "fax gateway", "holiday schema", "invoice", "label printer", "letter box", "loading dock",
    "mail bag", "map tiles", "night shift", "parcel locker", "pickup queue", "postcode index",
    "price list", "receipt", "route planner", "scale driver", "sorting hall", "stamp catalogue",
    "telegram service", "tracking page", "warehouse shelf", "web form", "window display",
)  # fmt: skip
_ENDS = (
    "", "", "", " in src/post/app.ts", " for the branch office", " (see design §2)",
    " with retries", " before noon", " — keep the old one", " & log it", " using the API",
)  # fmt: skip
_ROUTINE = (
    "Write unit tests for the {}",
    "Write property test for the {}",
    "Review the {} with ops",
)


class Words:
    """Deals out names, each once, from a seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._dealt: set[str] = set()

    def name(self) -> str:
        """Answer a name that was not dealt before."""
        while True:
            pick = self._random.choice
            thing = f"{pick(_KINDS)} {pick(_THINGS)}"
            name = f"{pick(_VERBS)} the {thing}{pick(_ENDS)}"
            if self._random.random() < 0.15:
                name = pick(_ROUTINE).format(thing)
            if name not in self._dealt:
                self._dealt.add(name)
                return name

    def reworded(self, name: str) -> str:
        """Answer a name said a little otherwise, as who edits a plan does."""
        pick = self._random.choice
        other = pick(
            (
                f"{name}, then tell the desk",
                name.replace(" the ", " each ", 1),
                name.replace(" the ", " the whole ", 1),
                f"{pick(('Also', 'Finally', 'Now'))} {name[0].lower()}{name[1:]}",
                name.replace(" in src/post/app.ts", " in src/post/main.ts"),
            )
        )
        if other in self._dealt:
            return name
        self._dealt.add(other)
        return other
