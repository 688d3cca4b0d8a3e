"""The NHS design system: its components for templates, and its styles without what we do not use.

The components are Jinja macros of nhsuk-frontend-jinja. The styles are those of nhsuk-frontend,
which `make` fetches and passes through `python -m app.web.nhsuk`; they are no part of this
repository.
"""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

from jinja2 import ChainableUndefined, Environment, PackageLoader

_COMPONENTS = (
    *("back-link", "button", "checkboxes", "error-message", "error-summary", "fieldset"),
    *("file-upload", "input", "inset-text", "notification-banner", "radios", "select", "textarea"),
)
_FONT_FACES = re.compile(r"@font-face\s*\{[^}]*\}")
_FONT = re.compile(r"font-family:\s*[\"']?Frutiger W01[\"']?\s*,\s*")
_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/")


def components() -> SimpleNamespace:
    """The macros, by name: `nhsuk.button({"text": "Save"})`.

    They have an environment of their own, since they count on missing values being empty, which
    in our templates is a mistake.
    """
    environment = Environment(
        loader=PackageLoader("nhsuk_frontend_jinja"),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found = {}
    for each in _COMPONENTS:
        name = each.replace("-", "_")
        template = environment.get_template(f"nhsuk/components/{each}/macro.jinja")
        found[name] = getattr(template.module, _in_camel_case(each))
    return SimpleNamespace(**found)


def _in_camel_case(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(each.title() for each in rest)


def own_styles(css: str) -> str:
    """The styles in Arial alone: NHS fonts are for NHS sites, and come from elsewhere."""
    return _MAP.sub("", _FONT.sub("font-family:", _FONT_FACES.sub("", css))).strip() + "\n"


def main() -> None:
    """Write the styles of the package in one folder to a file."""
    source, target = map(Path, sys.argv[1:])
    css = (source / "dist/nhsuk/nhsuk-frontend.min.css").read_text(encoding="utf-8")
    target.write_text(own_styles(css), encoding="utf-8")


if __name__ == "__main__":
    main()
