"""A digest as mail: plain text, HTML with the same meaning, and a picture of the week.

The HTML is tables with styles on each element, which every mail program draws; what it has beyond
that, for narrow screens and dark ones, can be left out without loss. Nothing is fetched from
anywhere, and nothing tells that the mail was read.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.digest.contents import Digest, Link, Place
from app.drawing.png import paint, size
from rules import language
from rules.language import text

PICTURE = "week"
"""The name by which the HTML refers to its picture (RFC 2392)."""

_templates = Environment(
    loader=PackageLoader("app.digest"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_templates.policies["ext.i18n.trimmed"] = True
_templates.install_gettext_callables(  # type: ignore[attr-defined]  # the extension brings it
    language.text, language.plural, newstyle=True
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's parts. `picture` is a PNG, None where there is none."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    picture: bytes | None = field(repr=False, default=None)


def render(digest: Digest, addresses: Mapping[Place, str], *, alone: bool = False) -> Rendered:
    """A digest, its links leading to these addresses; a link without one is left out.

    `alone` is whether the HTML is to stand without a mail around it, its picture within.
    """
    week = digest.picture
    picture = None if week is None else paint(week)
    values = {
        "digest": digest,
        "addresses": addresses,
        "footer": tuple(_footer(addresses)),
        "closing": closing(digest),
        "source": _within(picture) if picture and alone else f"cid:{PICTURE}",
        "size": (0, 0) if week is None else size(week),
        "language": language.code(),
    }
    return Rendered(
        subject=digest.subject,
        text="\n".join(_plain(digest, addresses)),
        html=_templates.get_template("digest.html").render(**values),
        picture=picture,
    )


def _within(picture: bytes) -> str:
    return "data:image/png;base64," + b64encode(picture).decode()


def closing(digest: Digest) -> tuple[str, ...]:
    """What a mail ends with."""
    only = text("Only you get this email.")
    if digest.heading:
        return (only,)
    return only, text("We look at times in your diary, not titles or names.")


def _footer(addresses: Mapping[Place, str]) -> Iterator[Link]:
    links = (
        Link(text("Busy week? Pause Clearway"), Place.PAUSE),
        Link(text("Change my settings"), Place.SETTINGS),
        Link(text("What we hold about you"), Place.HELD),
        Link(text("Tell us what you think"), Place.FEEDBACK),
        Link(text("Stop this email"), Place.STOP),
    )
    return (each for each in links if each.place in addresses)


def _plain(digest: Digest, addresses: Mapping[Place, str]) -> Iterator[str]:
    yield text("Hello,")
    for section in digest.sections:
        yield ""
        yield section.title
        mark = "- " if section.is_list else ""
        yield from (f"{mark}{line}" for line in section.lines)
        if section.link is not None and section.link.place in addresses:
            yield _said(section.link, addresses)
    yield ""
    yield from (_said(each, addresses) for each in _footer(addresses))
    yield ""
    yield from closing(digest)
    yield ""


def _said(link: Link, addresses: Mapping[Place, str]) -> str:
    return f"{link.words}: {addresses[link.place]}"
