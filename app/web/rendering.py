"""From a template and values to an answer."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app.web import nhsuk, styles
from app.web.forms import Wrong
from rules import language

_templates = Environment(
    loader=PackageLoader("app.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.do", "jinja2.ext.i18n"],
)
_templates.policies["ext.i18n.trimmed"] = True
_templates.install_gettext_callables(  # type: ignore[attr-defined]  # the extension brings it
    language.text, language.plural, newstyle=True
)


def _mistake(wrong: Sequence[Wrong], name: str) -> dict[str, str] | None:
    """What does not fit with one answer, as the components of the design system take it."""
    said = " ".join(each.sentence for each in wrong if each.field == name)
    return {"text": said, "visuallyHiddenText": language.text("Error")} if said else None


def render(
    template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A page, with every value in it escaped."""
    html = _templates.get_template(template).render(**values)
    return HTMLResponse(html, status, {"Vary": "Accept-Language", **(headers or {})})


_templates.globals |= {
    "style": styles.style_name,
    "nhsuk": nhsuk.components(),
    "language": language.code,
    "mistake": _mistake,
}
