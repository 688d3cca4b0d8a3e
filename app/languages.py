"""The languages that pages and mails are in: English, and those of which there are translations.

A translation is a gettext file, `cy.po` for Welsh, made from `translations/clearway.pot`. Those in
`translations/` come with Clearway; an installation can have its own in a folder that
`CLEARWAY_TRANSLATIONS` names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from app.config import SettingsError
from rules.language import ENGLISH, Messages

_SHIPPED = Path(__file__).parent / "translations"
_LARGEST = 5_000_000


class _Translated(Translations):
    """The sentences of one language."""

    code: str


@dataclass(frozen=True, slots=True)
class Languages:
    """All that can be spoken here, by the name of their locale."""

    known: Mapping[str, Messages]

    def best(self, wanted: str) -> Messages:
        """The one for somebody whose browser says `Accept-Language: …`; else English."""
        found = negotiate_locale(_in_order(wanted), ["en", *self.known], sep="-")
        return self.known.get(found or "", ENGLISH)


def read_languages(folder: str = "") -> Languages:
    """The languages that come with Clearway and those in a folder, which win.

    Raises SettingsError where a file is not a translation that can be used.
    """
    places = [_SHIPPED, *([Path(folder)] if folder else [])]
    if folder and not places[-1].is_dir():
        raise SettingsError(f"CLEARWAY_TRANSLATIONS: there is no folder “{folder}”.")
    files = {each.stem: each for place in places for each in sorted(place.glob("*.po"))}
    return Languages({name: _read(path) for name, path in files.items()})


def _read(path: Path) -> Messages:
    try:
        locale = Locale.parse(path.stem, sep="-")
        if path.stat().st_size > _LARGEST:
            raise SettingsError(f"CLEARWAY_TRANSLATIONS: “{path.name}” is too large.")
        with path.open("rb") as file:
            catalog = read_po(file, locale=locale, abort_invalid=True)
    except (UnknownLocaleError, PoFileError, ValueError, OSError) as error:
        raise SettingsError(
            f"CLEARWAY_TRANSLATIONS: “{path.name}” is not a translation: {error}."
        ) from error
    for message, wrong in catalog.check():
        raise SettingsError(
            f"CLEARWAY_TRANSLATIONS: “{path.name}”, line {message.lineno}: {wrong[0]}."
        )
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    found = _Translated(compiled)
    found.code = path.stem
    return found


def _in_order(wanted: str) -> Sequence[str]:
    """The languages of an `Accept-Language` header (RFC 9110), the most welcome first."""
    ranked = []
    for each in wanted[:200].split(","):
        name, _, weight = each.partition(";q=")
        try:
            ranked.append((-float(weight or 1), name.strip()))
        except ValueError:
            continue
    return [name for _, name in sorted(ranked, key=lambda one: one[0]) if name]
