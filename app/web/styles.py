"""The files that pages come with: one of styles, and an icon. There is no script and no font."""

from functools import cache
from hashlib import sha256
from importlib.resources import files

from app.config import SettingsError
from app.drawing.svg import stylesheet

NHSUK = "nhsuk.css"
"""The styles of the design system, which are no part of the repository."""


def stylesheets() -> str:
    """The styles of the pages and of the pictures in them.

    Raises SettingsError where those of the design system were not fetched.
    """
    folder = files("app.web").joinpath("static")
    try:
        own = [folder.joinpath(name).read_text("utf-8") for name in (NHSUK, "page.css")]
    except FileNotFoundError as error:
        message = "The styles of the pages are missing; make install fetches them."
        raise SettingsError(message) from error
    return "".join(own) + stylesheet()


@cache
def style_name() -> str:
    """The name under which browsers keep the styles: another one whenever they change."""
    return f"page-{sha256(stylesheets().encode()).hexdigest()[:12]}.css"


def icon() -> str:
    """The picture that a browser shows beside the title."""
    return files("app.web").joinpath("static/icon.svg").read_text("utf-8")
