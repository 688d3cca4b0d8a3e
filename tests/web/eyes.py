"""Looks at pages in a real browser: what axe-core finds, what is too wide, small or invisible.

Every page that a test of pages is answered with comes here, so that what is seen is every page in
every state that any test knows. A page made like one that was seen is not looked at again, by
whichever process of the run.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from axe_playwright_python.base import AXE_SCRIPT

from app.door.guard import HEADERS
from app.web import styles
from tests.conftest import SCREENS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Route

SITE = "https://clearway.example"
WIDTHS = (1280, 320)
"""Pixels: a laptop, and a small phone, which is also a laptop at 400 %."""
LEAST = 24
"""Pixels of what can be pressed (WCAG 2.2, 2.5.8); a link within a sentence may be smaller."""

_SMALL = """
least => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
  .filter(each => each.checkVisibility() && !each.classList.contains("nhsuk-skip-link"))
  .filter(each => !each.closest("p, td, th, .nhsuk-error-summary"))
  .map(each => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
  .filter(([, box]) => box.width < least || box.height < least)
  .map(([html]) => html)
"""
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_UNSEEN = """
() => [...document.querySelectorAll("button, .nhsuk-button, .nhsuk-input, .nhsuk-select")]
  .filter(each => each.checkVisibility() && !each.closest("header"))
  .filter(each => getComputedStyle(each).borderTopStyle === "none")
  .map(each => each.outerHTML.slice(0, 90))
"""


class Skeleton(HTMLParser):
    """How a page is made: its elements and their classes, a run of equal rows once."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = {name: value for name, value in attrs if name in ("class", "type", "role", "open")}
        part = f"{tag} {kept}"
        if part not in self.parts[-12:]:
            self.parts.append(part)

    @property
    def name(self) -> str:
        """The same for pages that are made alike, in every process."""
        return sha256("\n".join(self.parts).encode()).hexdigest()


class Eyes:
    """A browser that pages are shown to, whole, as they were answered. `seen` is a folder with an
    empty file for each way of making a page that was looked at.
    """

    def __init__(self, browser: "Browser", seen: Path) -> None:
        self._context = browser.new_context(color_scheme="dark")
        self._page = self._context.new_page()
        self._complaints: list[str] = []
        self._asked: list[str] = []
        self._html = ""
        self._styles = styles.stylesheets()
        self._seen = seen
        self._page.on("console", self._hear)
        self._context.route("**/*", self._answer)

    def close(self) -> None:
        """No more to see."""
        self._context.close()

    def _hear(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            self._complaints.append(message.text)

    def _answer(self, route: "Route") -> None:
        url = route.request.url
        if url == f"{SITE}/":
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8", headers=HEADERS)
        elif url.startswith(f"{SITE}/static/page-"):
            route.fulfill(body=self._styles, content_type="text/css")
        elif url == f"{SITE}/static/icon.svg":
            route.fulfill(body=styles.icon(), content_type="image/svg+xml")
        else:
            self._asked.append(url)
            route.abort()

    def problems(self, html: str) -> Iterator[str]:
        """Everything that keeps somebody from seeing or using a page."""
        try:
            (self._seen / Skeleton(html).name).touch(exist_ok=False)
        except FileExistsError:
            return
        self._html, self._complaints, self._asked = html, [], []
        self._page.emulate_media(forced_colors="none")
        self._page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        self._page.goto(f"{SITE}/")
        for width in WIDTHS:
            yield from self._at(width)
        yield from self._axe()
        self._picture()
        self._page.emulate_media(forced_colors="active")
        yield from (f"nothing to see in forced colours: {each}" for each in self._ask(_UNSEEN))
        yield from (f"the browser complains: {each}" for each in self._complaints)
        yield from (f"the page asks for {each}" for each in self._asked)

    def _at(self, width: int) -> Iterator[str]:
        self._page.set_viewport_size({"width": width, "height": 900})
        if wide := self._ask(_WIDE):
            yield f"{wide} pixels too wide at {width}"
        yield from (f"small at {width}: {each}" for each in self._page.evaluate(_SMALL, LEAST))

    def _axe(self) -> Iterator[str]:
        """At the last width, the narrowest: nothing that it looks at is only there when wide."""
        self._page.evaluate(AXE_SCRIPT)
        found = self._ask("axe.run({resultTypes: ['violations']})")
        for each in found["violations"]:
            where = "; ".join(str(node["html"])[:120] for node in each["nodes"][:3])
            yield f"axe: {each['id']}, {each['help']}: {where}"

    def _ask(self, script: str) -> Any:
        return self._page.evaluate(script)

    def _picture(self) -> None:
        if not SCREENS:
            return
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0].rpartition("::")[2]
        heading = self._page.title().removesuffix(" – Clearway")
        name = (
            re.sub(r"\W+", "-", f"{heading}-{test}-{len(list(self._seen.iterdir())):03}")
            .strip("-")
            .lower()
        )
        for width in WIDTHS:
            self._page.set_viewport_size({"width": width, "height": 900})
            self._page.screenshot(path=Path(SCREENS, f"{name}-{width}.png"), full_page=True)


_EYES: list[Eyes] = []


@contextmanager
def opened(browser: "Browser", seen: Path) -> Iterator[None]:
    """Pages are looked at by a browser for as long as the block lasts."""
    eyes = Eyes(browser, seen)
    _EYES.append(eyes)
    yield
    _EYES.remove(eyes)
    eyes.close()


def look(html: str) -> list[str]:
    """What a browser finds wrong with a page; nothing where no browser is open."""
    return [each for eyes in _EYES for each in eyes.problems(html)]
