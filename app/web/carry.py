"""Calendars carried in a form's hidden fields, since nothing is kept between two pages.

Browsers rewrite the line ends of hidden text, and a calendar must come back byte for byte, so
the bytes travel packed.
"""

import binascii
import zlib
from base64 import b64decode, b64encode

from app.services.errors import BadInput
from rules.language import text


def pack(content: bytes) -> str:
    """The bytes as a word of letters, digits, `+`, `/` and `=`."""
    return b64encode(zlib.compress(content, 6)).decode("ascii")


def unpack(word: str, limit: int) -> bytes:
    """The bytes again. Raises BadInput where they are damaged or more than `limit`."""
    try:
        opened = zlib.decompressobj()
        content = opened.decompress(b64decode(word, validate=True), limit + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise BadInput(
            text("The calendar did not arrive whole; please choose the file again.")
        ) from error
    if len(content) > limit or not opened.eof:
        raise BadInput(
            text("The calendar is larger than this service reads; choose a shorter one.")
        )
    return content
