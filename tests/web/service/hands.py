"""Somebody who has a keyboard and nothing else, and counts what a journey asks of them."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_MOST_STOPS = 400
_MOST_LOOKS = 100
_AT = """
() => {
  const here = document.activeElement;
  const labels = here.labels ? [...here.labels].map(each => each.innerText) : [];
  const name = here.getAttribute("aria-label") || labels.join(" ") || here.innerText;
  const box = here.getBoundingClientRect();
  const style = getComputedStyle(here);
  const beside = here.nextElementSibling ? getComputedStyle(here.nextElementSibling, "::before") : style;
  return {
    name: name.trim().replace(/\\s+/g, " "),
    tag: here.tagName,
    type: here.getAttribute("type") || "",
    inView: box.bottom > 0 && box.top < innerHeight,
    marked: [style, beside].some(each => each.outlineStyle !== "none" || each.boxShadow !== "none"),
  };
}
"""
_QUESTIONS = """
() => [...document.querySelectorAll("main fieldset, main input, main select, main textarea")]
  .filter(each => each.type !== "hidden" && each.checkVisibility())
  .filter(each => !each.parentElement.closest("fieldset"))
  .map(each => each.id || each.innerText.slice(0, 40))
"""


@dataclass
class Hands:
    """Presses keys only. `screens` are the headings that were seen; `actions` counts presses of
    what does something, and texts that were typed; `most_questions` are of one page.
    """

    page: "Page"
    screens: list[str] = field(default_factory=list)
    actions: int = 0
    most_questions: int = 0

    def arrive(self) -> None:
        """See another page."""
        self.screens.append(self.page.locator("h1").inner_text())
        self.most_questions = max(self.most_questions, len(self.page.evaluate(_QUESTIONS)))

    def go_to(self, name: str, *, exact: bool = True) -> None:
        """Tab to a control, which shows that it has the focus and is in view."""
        wanted = re.compile(re.escape(name) + ("$" if exact else ""), re.IGNORECASE)
        for _ in range(_MOST_STOPS):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(_AT)
            if wanted.match(here["name"]):
                assert here["marked"], f"“{name}” does not show that it has the focus"
                assert here["inView"], f"“{name}” has the focus out of view"
                return
        raise AssertionError(f"no Tab leads to “{name}”")

    def press(self, name: str, *, exact: bool = True) -> None:
        """Press a button or follow a link, and see the page that comes."""
        self.go_to(name, exact=exact)
        self.actions += 1
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.arrive()

    def open(self, name: str) -> None:
        """Unfold something; what is said of it for those who do not see may follow its name."""
        self.go_to(name, exact=False)
        self.actions += 1
        self.page.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        """Tick a box."""
        self.go_to(name, exact=False)
        self.actions += 1
        self.page.keyboard.press("Space")

    def choose(self, name: str) -> None:
        """Choose one of several: Tab leads to the chosen one or the first, arrows to the others."""
        radio = self.page.get_by_label(name, exact=True)
        first = self.page.locator(f"input[name={radio.get_attribute('name')}]").first
        self.go_to(first.evaluate("each => each.labels[0].innerText"))
        self.actions += 1
        self.page.keyboard.press("Space")
        for _ in range(_MOST_STOPS):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to “{name}”")

    def said(self) -> str:
        """What stands on the page."""
        return self.page.locator("main").inner_text()

    def wait_for(self, words: str) -> None:
        """Look again until a page says so."""
        for _ in range(_MOST_LOOKS):
            if words in self.said():
                return
            self.page.wait_for_timeout(300)
            self.page.reload()
        raise AssertionError(f"“{words}” never came: {self.said()[:500]}")

    def fill(self, name: str, text: str) -> None:
        """Write over what stands in a field."""
        self.go_to(name)
        self.actions += 1
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)
