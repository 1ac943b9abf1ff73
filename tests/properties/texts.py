"""Markdown texts made by chance of what breaks readers, the same ones for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random  # noqa: TID251 - a seeded one comes in as an argument

IDS = ["T1", "T2", "**T3**", "`T4`", "~~T5~~", "[T6](x)", "[T7][x]", "[T8]", "SPEC-A-1", "T9-T12",
       "-", "(none)", "", "../x", "T1\u200b", "T&amp;1", "t 1"]  # fmt: skip
TITLES = ["Draw the route", "Draw `a|b` now", "Weigh *all* parcels", "a_b & c < d", "T7: bold",
          "**T8** x", "`code` and ``c`d``", "x \\| y", "caf\u00e9 \u2705", "1.2 step", "none", "",
          "[x] and [y][x]", "![i](u)", "a<br>b", "&copy; &#65;", "**half", "`", "\\`z`", "e\u0301",
          "u\u202ee", "two  spaces", "~ ~~x~~", "<https://a.b>", "\u2028", "x" * 400]  # fmt: skip
STATUSES = ["Done", "**DONE** (2026-01-05)", "In Progress", "in review", "\u2705", "`Done`",
            "[Done][x]", "[Done](u)", "Done: 3/5", "BACKLOG", "", "&#68;one", "D\\one", "x",
            "[x]", "Done<br>so", "Done `a|b`", "Blocked \u2014 why"]  # fmt: skip
HEADERS = [["ID", "Task", "Status"], ["Order", "Task ID", "Title", "Status", "Owner"],
           ["Status", "Title"], ["**Task ID**", "`Title`", "Status", "Notes"], ["A", "B"],
           ["[Task][x]", "Status"], ["Phase", "Status"], ["Task", "Spec", "Status"]]  # fmt: skip
FRAGMENTS = ["", "", "prose", "prose | with pipe", "# Heading", "Setext\n===", "Set *a*\n---",
             "```", "~~~", "````\n```", "<div>", "</div>", "<!--", "-->", "<pre>", "<a>", "<?x",
             "---", "***", "* * *", "- item", "- [ ] T20 box", "- [x] T21: box", "  - [X] in",
             "1. [~] x", "+ [/] y", "[x]: /u 'z'", "[Done]: /d", "[x]:\n/u", "> quote", ">> q",
             "\tcode", "    code", "| stray | row | Done |", "|---|---|", "-|-", "- | -", ":-:",
             "| a | b |", "a | b", "|", "||", "\\", "\u2028", "\x0b", "\x0c", "\x1c", "\x85", "\0",
             "---\na: b\n---", "...", "-", "=", "2)", "- ", "- a\n\n  b", "- >",
             "*", "&"]  # fmt: skip
ENDS = ["\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", "", " \n", "\n \n"]
BYTES = [b"|", b"`", b"\n", b"\r", b"\\", b"\t", b" ", b">", b"#", b"-", b"[", b"]", b"<", b"&",
         b"*", b"\0", b"\xff", b"\xe2\x80\xa8", b"|---|---|\n", b"```\n", b"<!--",
         b"- [x] "]  # fmt: skip


def document(chance: Random) -> str:
    """Answer a text of up to a dozen parts: tables of tasks and others, and what may be near."""
    parts = [_part(chance) for _ in range(chance.randint(1, 12))]
    end = chance.choice(["\n", "\n", "\r\n", "\r"])
    text = "".join(part + chance.choice(ENDS) for part in parts)
    text = chance.choice(["", "", "", "\ufeff", "---\nstatus: Done\n---\n", "---\n"]) + text
    return text.replace("\n", end) if chance.random() < 0.5 else text


def mutated(sample: bytes, chance: Random) -> str:
    """Answer a text some of whose bytes were lost, doubled, swapped or written over."""
    made = bytearray(sample)
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(len(made) + 1)
        end = min(len(made), start + int(chance.expovariate(0.05)))
        there = chance.randrange(len(made) + 1)
        new = chance.choice([b"", bytes(made[start:end]) * 2, chance.choice(BYTES)])
        match chance.randrange(3):
            case 0:
                made[start:end] = new
            case 1:
                made[there:there] = made[start:end]
            case _:
                made[start:start] = new
    return made.decode("utf-8", "replace")


def edited(text: str, chance: Random) -> str:
    """Answer a text in which a line or a few were changed, mostly as people change rows."""
    lines = text.split("\n")
    rows = [place for place, line in enumerate(lines) if "|" in line]
    place = chance.choice(rows if rows and chance.random() < 0.8 else range(len(lines)))
    until = place + chance.choice([0, 1, 1, 1, 1, 2, 3])
    new = [chance.choice(EDITS)(line, chance) for line in lines[place:until]]
    if chance.random() < 0.3:
        new.append(row(chance, chance.randint(1, 5)))
    if chance.random() < 0.1:
        new.append(chance.choice(FRAGMENTS))
    return "\n".join([*lines[:place], *new, *lines[until:]])


def row(chance: Random, width: int) -> str:
    cells = [chance.choice([chance.choice(each) for each in (IDS, TITLES, STATUSES)])
             for _ in range(width)]  # fmt: skip
    return _lined(cells, chance)


def _part(chance: Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(FRAGMENTS)
    header = chance.choice(HEADERS)
    ruler = [chance.choice(["---", "-", ":-:", "--:"]) for _ in header]
    lines = [_lined(header, chance), _lined(ruler, chance)]
    for _ in range(chance.randint(0, 5)):
        odd = chance.random()
        if odd < 0.1:
            lines.append(chance.choice(FRAGMENTS))
        else:
            lines.append(
                _lined([_cell(name, chance) for name in header][: 99 if odd < 0.9 else 2], chance)
            )
    if chance.random() < 0.05:
        chance.shuffle(lines)
    return _wrapped("\n".join(lines), chance)


def _cell(name: str, chance: Random) -> str:
    pools = {"ID": IDS, "Task ID": IDS, "**Task ID**": IDS, "Spec": IDS, "Status": STATUSES}
    return chance.choice(pools.get(name, TITLES))


def _lined(cells: Sequence[str], chance: Random) -> str:
    style = chance.random()
    if style < 0.8:
        line = f"| {' | '.join(cells)} |"
    elif style < 0.9:
        line = " | ".join(cells)
    else:
        line = f"|{'|'.join(cells)}" + chance.choice(["", " | more |", "\t|", " |\u2003"])
    return chance.choice(["", "", "", "", " ", "   ", "    "]) + line


def _wrapped(block: str, chance: Random) -> str:
    """Put a block into a quote, a list, HTML, a fence or prose, or leave it as it is."""
    first, after = chance.choice(
        [("", "")] * 6 + [("> ", "> "), ("> ", ""), ("- ", "  "), ("1. ", "   "), ("- ", ""),
         ("- > ", "  > "), ("> - ", ">   "), ("    ", "    "), ("\t", "\t"), ("prose\n", "")]
    )  # fmt: skip
    lines = block.split("\n")
    made = "\n".join([first + lines[0], *(after + line for line in lines[1:])])
    before, behind = chance.choice(
        [("", "")] * 8 + [("<div>\n", "\n</div>"), ("<!--\n", "\n-->"), ("```\n", "\n```")]
    )
    return before + made + behind


EDITS: list[Callable[[str, Random], str]] = [
    lambda line, _: line.replace("Done", "Backlog").replace("In Progress", "Done"),
    lambda line, _: line.replace("Backlog", "Done"),
    lambda line, chance: f"{line.rstrip('|')}x |",
    lambda line, chance: f"{line}\n{line}",
    lambda line, chance: row(chance, max(line.count("|") - 1, 1)),
    lambda line, chance: row(chance, max(line.count("|") - 1, 1)),
    lambda line, chance: line.replace("T1", chance.choice(IDS), 1),
    lambda line, chance: chance.choice([" ", "    ", "\t", "> ", "- "]) + line,
    lambda line, chance: line.strip("| "),
    lambda line, chance: line[: chance.randint(0, len(line))],
    lambda line, chance: chance.choice(FRAGMENTS),
]
