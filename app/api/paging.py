"""Long lists, page by page: an opaque cursor, and a link to the page after (RFC 8288)."""

import base64
import binascii
import json
from urllib.parse import urlencode

from pydantic import Field

from app.services.errors import BadInput
from app.shapes import Shape

LARGEST = 100
_LONGEST = 300
_NONE = "The cursor leads nowhere; begin with the first page."


class Paging(Shape):
    """Which page of a list."""

    limit: int = Field(default=20, ge=1, le=LARGEST, description="entries on a page")
    cursor: str | None = Field(
        default=None, max_length=_LONGEST, description="`next` of the page before; first if absent"
    )


def write_cursor(*parts: str) -> str:
    """A place in a list, as one word without a meaning of its own."""
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, count: int) -> list[str]:
    """The same again: so many parts. Raises BadInput."""
    try:
        found = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        )
    except (ValueError, RecursionError, binascii.Error) as error:
        raise BadInput(_NONE) from error
    if not isinstance(found, list) or len(found) != count:
        raise BadInput(_NONE)
    if not all(isinstance(each, str) and each.isascii() and each.isprintable() for each in found):
        raise BadInput(_NONE)
    return found


def link(path: str, cursor: str | None, **asked: object) -> dict[str, str]:
    """The header that leads to the next page, where there is one."""
    if cursor is None:
        return {}
    chosen = {name: value for name, value in asked.items() if value is not None}
    return {"Link": f'<{path}?{urlencode({**chosen, "cursor": cursor})}>; rel="next"'}
