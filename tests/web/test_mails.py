"""The weekly mail in a real browser, at three widths and by day and night, and its golden set.

The golden set is written anew by `CLEARWAY_GOLDEN=1`; whoever does that looks at it.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from app.digest.contents import unseen
from app.digest.previewing import ADDRESSES
from app.digest.rendering import Rendered, render
from app.life import farewell
from app.life.acting_mail import compose
from tests.conftest import SCREENS
from tests.digest.weeks import WEEKS, digest_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

GOLDEN = Path(__file__).parent.parent / "digest" / "golden"
WIDTHS = (320, 600, 1280)
OTHERS = {
    "not connected": unseen(),
    "plans wait": compose(2, 3),
    "left": farewell.compose(),
}
NAMES = (*WEEKS, *OTHERS)
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_AXE = """
axe.run({resultTypes: ["violations"], rules: {
  // a mail is shown within a program's own page, which has the landmarks
  "landmark-one-main": {enabled: false}, region: {enabled: false}
}})
"""


def mail(name: str) -> Rendered:
    digest = OTHERS[name] if name in OTHERS else digest_of(WEEKS[name])
    return render(digest, ADDRESSES, alone=True)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_is_as_it_was_when_somebody_looked_at_it(name: str) -> None:
    path = GOLDEN / f"{name.replace(',', '').replace(' ', '-')}.txt"
    written = f"{mail(name).subject}\n\n{mail(name).text}"
    if os.environ.get("CLEARWAY_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(written, "utf-8")
    assert path.read_text("utf-8") == written


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_read_at_any_width(browser: "Browser", name: str, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme)
    asked: list[str] = []

    def refuse(route: "Route") -> None:
        asked.append(route.request.url)
        route.abort()

    context.route("**/*", refuse)
    page = context.new_page()
    page.set_content(mail(name).html)
    page.evaluate(AXE_SCRIPT)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(_WIDE) <= 0, width
        found = page.evaluate(_AXE)["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
        if SCREENS:
            shot = f"mail-{name.replace(' ', '-')}-{scheme}-{width}.png"
            page.screenshot(path=Path(SCREENS, shot), full_page=True)
    context.close()
    assert asked == []
