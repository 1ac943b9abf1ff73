"""The report's page: whole in one file, inert, and drawn by a real browser without a fault."""

from __future__ import annotations

import re
import shutil
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from spec_notify.cli.report_page import page
from spec_notify.cli.report_pictures import HEIGHT, WIDTH
from spec_notify.core.figures import DAY, HOUR, MINUTE
from tests.cli.reports import HOSTILE, busy, reported
from tests.core.test_passage import NOW, delivered

if TYPE_CHECKING:
    from pathlib import Path

WIDEST = 7
"""Pixels a digit or letter takes at 11px."""
VOID = {"meta", "img", "br", "hr", "input", "link"}


class Reader(HTMLParser):
    """Reads a page strictly: what was opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    seen = Reader(page(busy()))

    assert not {"script", "link", "img", "iframe", "object", "a", "form"} & {*seen.tags}
    names = {name for _, name, _ in seen.attributes}
    assert not {name for name in names if name.startswith("on")} | ({"src", "href"} & names)
    assert "url(" not in page(busy())
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in seen.attributes


def test_the_words_of_others_are_words_and_nothing_else() -> None:
    text = page(busy())
    shown = HOSTILE.replace("\x1b", "\\u{1b}").replace("\u202e", "\\u{202e}")

    assert Reader(text).text.count(shown) >= 4
    steering = {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
    assert steering == set()


def test_every_picture_is_well_formed_named_and_within_its_frame() -> None:
    pictures = re.findall(r"<svg.*?</svg>", page(busy()), re.DOTALL)

    assert len(pictures) == 3
    for text in pictures:
        # S314 asks for a hardened parser for what others wrote; this is ours.
        root = ET.fromstring(text)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        _, _, wide, tall = map(int, (root.get("viewBox") or "").split())
        bars = [
            {k: float(v) for k, v in each.attrib.items() if k != "class"}
            for each in root.iter("rect")
        ]
        for bar in bars:
            assert 0 <= bar["x"] <= bar["x"] + bar["width"] <= wide
            assert 0 <= bar["y"] <= bar["y"] + bar["height"] <= tall
        for dot in root.iter("circle"):
            assert 0 <= float(dot.attrib["cx"]) <= wide
            assert 0 <= float(dot.attrib["cy"]) <= tall


@pytest.mark.parametrize("took", [0, 3, 5_000, 99_000, 17 * MINUTE, 26 * HOUR, 400 * DAY])
def test_what_stands_beside_a_picture_has_room_there_however_long_a_delivery_took(
    took: int,
) -> None:
    slow = reported([delivered(took, at=NOW - HOUR, tried_at=NOW - HOUR + took)])
    pictures = [ET.fromstring(text) for text in re.findall(r"<svg.*?</svg>", page(slow))]
    beside = [
        (text.text or "", float(text.attrib["x"]))
        for each in pictures
        for text in each.iter("text")
        if text.attrib["text-anchor"] == "end" and float(text.attrib["x"]) < WIDTH / 2
    ]

    assert len(beside) >= 6
    assert [text for text, room in beside if len(text) * WIDEST > room] == []
    for dot in pictures[-1].iter("circle"):
        assert 0 <= float(dot.attrib["cy"]) <= HEIGHT


def test_a_single_dead_letter_among_many_is_drawn() -> None:
    assert page(busy()).count('<rect class="dead"') >= 1


def test_of_nothing_the_page_says_so() -> None:
    empty = Reader(page(reported())).text

    assert empty.count("No data.") == 5
    assert "Goals: 1 pass, 0 fail, 9 no data" in empty
    assert "svg" not in Reader(page(reported())).tags


def test_every_table_names_its_columns_and_rows() -> None:
    seen = Reader(page(busy()))

    assert seen.tags.count("table") == seen.tags.count("caption") == 6
    scopes = [value for tag, name, value in seen.attributes if (tag, name) == ("th", "scope")]
    assert len(scopes) == seen.tags.count("th")
    assert {*scopes} == {"col", "row"}


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")
def test_a_browser_draws_it_light_dark_narrow_and_on_paper(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    file = tmp_path / "report.html"
    file.write_text(page(busy()), encoding="utf-8")
    faults: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page()
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(file.as_uri())
        papers = []
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            papers.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        tab.set_viewport_size({"width": 360, "height": 740})
        narrow = tab.evaluate("document.documentElement.scrollWidth")
        tab.emulate_media(media="print")
        printed = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        browser.close()

    assert faults == []
    assert asked == [file.as_uri()]
    assert papers == ["rgb(255, 255, 255)", "rgb(20, 23, 26)"]
    assert narrow == 360
    assert printed == "rgb(255, 255, 255)"
