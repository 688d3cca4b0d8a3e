"""From a template and values to an answer."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app.web import nhsuk
from rules import language

_templates = Environment(
    loader=PackageLoader("app.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.do", "jinja2.ext.i18n"],
)
_templates.globals |= {"style": "page.css", "nhsuk": nhsuk.components(), "language": language.code}
_templates.policies["ext.i18n.trimmed"] = True
_templates.install_gettext_callables(  # type: ignore[attr-defined]  # the extension brings it
    language.text, language.counted, newstyle=True
)


def render(
    template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page, with every value in it escaped."""
    html = _templates.get_template(template).render(**values)
    return HTMLResponse(html, status, {"Vary": "Accept-Language", **(headers or {})})
