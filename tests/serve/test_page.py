"""The page in a real Chromium: what it shows, follows, lets the keyboard do, and never does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from spec_notify.core.delivery import State, Verdict
from spec_notify.core.event import TASK_COMPLETED, TASK_IN_REVIEW
from spec_notify.wiring import now

from .browser import chromium
from .scene import Scene, a_delivery, admit, an_event, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Request

    from .scene import Server

# A busy machine may take its time; how long is not what is tested.
expect.set_options(timeout=20_000)
MANY = 10_000
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</td><script>document.title='taken'</script>",
    "javascript:alert(1) http://example.org/",
    "left\u202egnp.exe\u2066 \u200bzero",
    "&lt;b&gt; {{7*7}} ${7*7}",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Ten thousand events, the latest of them a minute ago; some deliveries came to grief."""
    scene = Scene(tmp_path_factory.mktemp("page"))
    last = now() - 60_000
    with scene.spool.ledger() as ledger:
        for number in range(1, MANY - 9):
            kind = TASK_IN_REVIEW if number % 4 == 0 else TASK_COMPLETED
            event = an_event(number, kind, at=last - (MANY - number) * 8_000)
            ledger.admit(event, [a_delivery(event, state=State.DELIVERED)])
    for number, title in enumerate(
        [*HOSTILE, "plain", "dead", "parked", "waits", "none"], start=MANY - 9
    ):
        event = an_event(number, at=last, title=title)
        delivery = a_delivery(event, "mail" if title == "parked" else "chatops")
        admit(scene.spool, event, *([] if title == "none" else [delivery]))
        if title == "dead":
            attempt(scene.spool, delivery, Verdict.REJECTED, at=last + 10, status=422)
    scene.spool.park("mail", "secret_missing", now=last)
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def server(scene: Scene) -> Server:
    return scene.serve()


class Watched:
    """What a page did that it must not do."""

    def __init__(self, page: Page, url: str) -> None:
        self.strange: list[str] = []
        self._url = url
        page.on("console", self._said)
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.strange.append(str(error)))
        page.on("dialog", lambda dialog: self.strange.append(dialog.message))

    def _said(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.strange.append(said.text)

    def _asked(self, asked: Request) -> None:
        if not asked.url.startswith(self._url):
            self.strange.append(asked.url)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a context of its own; at the end nothing strange may have happened."""
    contexts, watched = [], []

    def visited(url: str, *, quiet: bool = True, **facts: Any) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, **facts)
        context.set_default_timeout(20_000)
        page = context.new_page()
        contexts.append(context)
        if quiet:
            watched.append(Watched(page, url))
        page.goto(url)
        return page

    yield visited
    for context in contexts:
        context.close()
    assert [each.strange for each in watched] == [[] for _ in watched]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()


def rows(page: Page) -> Any:
    return page.locator("tr[data-id]")


def title(page: Page, at: int = 0) -> Any:
    return rows(page).nth(at).locator("button.title")


def live(page: Page) -> None:
    expect(page.locator("#live")).to_have_text("Live")
    expect(rows(page).first).to_be_visible()


def test_ten_thousand_events_are_shown_a_page_at_a_time(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(server.url)
    live(page)

    expect(rows(page)).to_have_count(25)
    expect(page.locator("#place")).to_have_text("Newest 25 of 10,000")
    expect(page.locator('#flow [data-name="events"] .number')).to_have_text("10,000")
    expect(page.locator('#flow [data-name="dead"] .number')).to_have_text("1")
    assert page.evaluate("document.querySelectorAll('*').length") < 1_500
    expect(page.locator("#latency svg")).to_have_attribute("aria-label", re.compile("delivered"))
    expect(page.locator("#success .bar.good").first).to_be_visible()
    for _ in range(2):
        page.get_by_role("button", name="Older").click()
    expect(page.locator("#place")).to_have_text("25 of 10,000, 2 pages back")
    expect(rows(page)).to_have_count(25)
    page.get_by_role("button", name="Newer").click()
    page.get_by_role("button", name="Newer").click()
    expect(page.locator("#place")).to_have_text("Newest 25 of 10,000")
    expect(page.get_by_role("button", name="Newer")).to_be_disabled()


def test_what_is_stuck_is_shown_with_what_to_do(visit: Callable[..., Page], server: Server) -> None:
    page = visit(server.url)
    live(page)

    stuck = page.locator("#attention li")
    expect(stuck).to_have_count(2)
    expect(stuck.first).to_contain_text("set the secret's variable")
    expect(stuck.last.locator("code")).to_have_text(re.compile("^spec-notify --replay dlv_"))
    assert not page.locator("main a[href]").count()


def test_text_of_others_stays_text(visit: Callable[..., Page], server: Server) -> None:
    page = visit(server.url)
    live(page)

    shown = rows(page).locator("button.title").all_inner_texts()
    for text in HOSTILE[:3]:
        assert any(text in each for each in shown)
    assert not re.search("[\u200b\u202e\u2066]", "".join(shown))
    assert page.locator("#rows img, #rows script, #rows a, #rows b").count() == 0
    assert page.title() == "Recent events · spec-notify"
    title(page, shown.index(next(each for each in shown if "<img" in each))).click()
    expect(page.locator(".detail pre")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator(".detail img").count() == 0
    title(page, shown.index(next(each for each in shown if "gnp" in each))).click()
    expect(page.locator(".detail pre")).to_contain_text(r"left\u{202e}gnp.exe\u{2066} \u{200b}zero")


def test_it_follows_what_another_process_admits_and_the_focus_stays(
    visit: Callable[..., Page], scene: Scene, server: Server
) -> None:
    page = visit(server.url)
    live(page)
    title(page, 2).focus()
    held = title(page, 2).inner_text()

    event = an_event(20_001, at=now(), title="Told by itself")
    admit(scene.spool, event, a_delivery(event))

    expect(title(page)).to_have_text("T20001 Told by itself")
    expect(rows(page)).to_have_count(25)
    expect(page.locator("#said")).to_have_text(
        re.compile(r"^1 new event: spec-kit\.task\.completed")
    )
    expect(rows(page).first.locator(".state")).to_have_text("1 waiting")
    assert page.evaluate("document.activeElement.textContent") == held
    attempt(scene.spool, a_delivery(event), Verdict.DELIVERED, at=event.at + 5)
    expect(rows(page).first.locator(".state")).to_have_text("1 delivered")


def test_it_tells_of_news_without_turning_the_page_that_is_read(
    visit: Callable[..., Page], scene: Scene, server: Server
) -> None:
    page = visit(server.url)
    live(page)
    page.get_by_role("button", name="Older").click()
    expect(page.locator("#place")).to_contain_text("1 page back")
    first = title(page).inner_text()

    admit(scene.spool, an_event(20_002, at=now(), title="Comes meanwhile"))

    expect(page.locator("#fresh")).to_be_visible()
    expect(title(page)).to_have_text(first)
    page.locator("#fresh").click()
    expect(title(page)).to_have_text("T20002 Comes meanwhile")
    expect(page.locator("#fresh")).to_be_hidden()


def test_everything_can_be_done_from_the_keyboard(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(server.url)
    live(page)
    press = page.keyboard.press

    press("Tab")
    expect(page.get_by_role("link", name="Skip to recent events")).to_be_focused()
    press("Enter")
    press("Tab")
    expect(page.locator("#type")).to_be_focused()
    press("Tab")
    expect(title(page)).to_be_focused()
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    for key, at in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("End", 24), ("Home", 0)):
        press(key)
        expect(title(page, at)).to_be_focused()
    press("PageDown")
    press("Enter")
    expect(page.locator(".detail pre")).to_be_visible()
    expect(title(page, 10)).to_have_attribute("aria-expanded", "true")
    press("Escape")
    expect(page.locator(".detail")).to_have_count(0)
    expect(title(page, 10)).to_be_focused()
    press("Tab")
    expect(page.get_by_role("button", name="Older")).to_be_focused()
    page.locator("#latency svg").focus()
    press("ArrowLeft")
    expect(page.locator("#latency output")).not_to_be_empty()


def test_types_can_be_chosen(visit: Callable[..., Page], server: Server) -> None:
    page = visit(server.url)
    live(page)

    page.locator("#type").select_option(TASK_IN_REVIEW)

    expect(page.locator(f'tr[data-type="{TASK_IN_REVIEW}"]')).to_have_count(25)
    expect(rows(page)).to_have_count(25)
    expect(page.locator("#said")).to_have_text("25 events shown")
    assert "2,497" in page.locator("#type option:checked").inner_text()


def test_it_is_light_or_dark_as_the_system_says_and_the_button_overrules(
    visit: Callable[..., Page], server: Server
) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(246, 246, 243)", "rgb(18, 20, 24)"
    page = visit(server.url, color_scheme="dark")
    live(page)
    assert page.evaluate(ground) == dark

    button = page.locator("#theme")
    button.click()
    assert (button.inner_text(), page.evaluate(ground)) == ("Theme: light", light)
    page.reload()
    assert page.evaluate(ground) == light
    button.click()
    assert (button.inner_text(), page.evaluate(ground)) == ("Theme: dark", dark)
    button.click()
    page.emulate_media(color_scheme="light")
    assert (button.inner_text(), page.evaluate(ground)) == ("Theme: auto", light)


def test_nothing_is_cut_off_at_any_width(visit: Callable[..., Page], server: Server) -> None:
    page = visit(server.url)
    live(page)
    title(page, 1).click()
    expect(page.locator(".detail pre")).to_be_visible()

    for width in (1440, 1024, 800, 360):
        page.set_viewport_size({"width": width, "height": 900})
        # The pictures are drawn anew for the width there is.
        for name in ("#latency svg", "#success svg"):
            expect(page.locator(name)).to_be_visible()
        page.wait_for_function("document.documentElement.scrollWidth === innerWidth")
        for name in ("#type", "#theme", "#latency svg", "#success svg", "#attention"):
            box = page.locator(name).bounding_box()
            assert box is not None
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width


def test_where_nothing_is_it_says_what_to_do(empty: Scene, visit: Callable[..., Page]) -> None:
    page = visit(empty.serve().url)

    expect(page.locator("#empty")).to_contain_text("spec-notify init")
    expect(page.locator("#attention")).to_contain_text("Nothing")
    admit(empty.spool, an_event(1, at=now()))
    expect(title(page)).to_have_text("T1 Checkout takes vouchers")
    expect(page.locator("#empty")).to_be_hidden()


def test_it_comes_back_when_the_server_does(visit: Callable[..., Page], scene: Scene) -> None:
    server = scene.serve()
    page = visit(server.url, quiet=False)
    live(page)

    server.close()
    expect(page.locator("#live")).to_have_text("Reconnecting")
    admit(scene.spool, an_event(20_003, at=now(), title="Missed"))
    scene.serve("--port", str(server.client.base_url.port))

    expect(page.locator("#live")).to_have_text("Live")
    expect(title(page)).to_have_text("T20003 Missed")


def test_the_token_is_asked_for_once_and_kept_by_the_tab_alone(
    visit: Callable[..., Page], scene: Scene
) -> None:
    token = "a-token-for-the-page"
    server = scene.serve(SPEC_NOTIFY_SERVE_TOKEN=token)
    page = visit(server.url, quiet=False)
    field = page.locator("#token")

    field.fill("not this one")
    field.press("Enter")
    expect(page.locator("#ask-wrong")).to_be_visible()
    field.fill(token)
    field.press("Enter")

    live(page)
    expect(page.locator("#ask")).to_be_hidden()
    page.reload()
    live(page)
    kept = page.evaluate("[Object.values(sessionStorage), Object.values(localStorage)]")
    assert token in kept[0]
    assert token not in str(kept[1])
    assert page.context.cookies() == []
    assert token not in page.url + page.content()
    other = page.context.new_page()
    other.goto(server.url)
    expect(other.locator("#ask")).to_be_visible()
