"""Somebody who has a keyboard and nothing else, and counts what a journey asks of them."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_MOST_STOPS = 400
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
        """Unfold something."""
        self.go_to(name)
        self.actions += 1
        self.page.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        """Tick a box."""
        self.go_to(name, exact=False)
        self.actions += 1
        self.page.keyboard.press("Space")

    def fill(self, name: str, text: str) -> None:
        """Write over what stands in a field."""
        self.go_to(name)
        self.actions += 1
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)
