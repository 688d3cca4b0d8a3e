"""The shape of a digest, as `digest --preview --json` writes it."""

from datetime import date

from app.shapes import Shape


class DigestResult(Shape):
    """The mail of one week; without subject and text where none is sent.

    `html` has its picture in it, as a `data:` address.
    """

    week: date
    subject: str | None
    text: str | None
    html: str | None
