"""From a template and values to an answer."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app.web import nhsuk

_templates = Environment(
    loader=PackageLoader("app.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.do"],
)
_templates.globals |= {"style": "page.css", "nhsuk": nhsuk.components()}


def render(
    template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page, with every value in it escaped."""
    return HTMLResponse(_templates.get_template(template).render(**values), status, headers)
