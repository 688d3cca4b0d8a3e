"""Versions of what is shown, so that nobody writes over a change that they have not seen.

An entity tag is strong (RFC 9110 section 8.8.3): `If-Match` guards a change, `If-None-Match` saves
sending again what the asker has.
"""

import re
from collections.abc import Mapping
from hashlib import sha256

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')


class MatchNeeded(Exception):
    """A change came without saying which version it changes."""

    def __init__(self) -> None:
        super().__init__("Read it first, and send its ETag in If-Match with the change.")


def tag_of(content: bytes) -> str:
    """The tag of these bytes."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def matched_version(headers: Mapping[str, str], current: int) -> int:
    """The version that a change is meant for, of things whose tag is their number.

    A tag that is none of ours gives 0, which nothing has. Raises MatchNeeded.
    """
    asked = headers.get("if-match", "").strip()
    if not asked:
        raise MatchNeeded
    if asked == "*":
        return current
    strong = [value for weak, value in _TAG.findall(asked) if not weak]
    if str(current) in strong:
        return current
    return next((int(each) for each in strong if each.isdigit() and len(each) < 10), 0)


def is_known(headers: Mapping[str, str], tag: str) -> bool:
    """Whether the asker has the version with this tag already."""
    asked = headers.get("if-none-match", "").strip()
    return asked == "*" or any(f'"{value}"' == tag for _, value in _TAG.findall(asked))
