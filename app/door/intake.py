"""What a request brings, read within limits and kept in memory only.

The number of bytes is counted while they arrive, before anything is parsed, and no part of a
form is ever put on disk.
"""

import json
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from rules.language import text

# It tells which byte of a form it did not expect, and that byte is somebody's.
logging.getLogger("python_multipart").disabled = True
logging.getLogger("python_multipart.multipart").disabled = True

FORM_OVERHEAD = 262_144
"""Bytes that a body may have beyond the calendars in it: fields, boundaries, escapes."""
MOST_FILES = 20
MOST_FIELDS = 200


class BodyError(Exception):
    """A body that cannot be read; the message is one sentence for whoever sent it."""


class BodyTooLarge(BodyError):
    """More bytes than are allowed."""


class WrongContentType(BodyError):
    """A body in a form that this address does not read."""


class BrokenBody(BodyError):
    """A body that is not what its content type says."""


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form: the words of each field and the bytes of each file, in their order."""

    words: dict[str, list[str]] = field(repr=False)
    files: dict[str, list[bytes]] = field(repr=False)

    def word(self, name: str) -> str:
        """The last value of a field without the space around it; empty where it is not there."""
        return next(reversed(self.words.get(name, [])), "").strip()

    def contents(self, name: str) -> list[bytes]:
        """The files of a field, or its words as UTF-8, without empty ones."""
        written = [word.encode("utf-8", "replace") for word in self.words.get(name, [])]
        return [content for content in (*self.files.get(name, ()), *written) if content]


def content_type(request: Request, allowed: Sequence[str]) -> str:
    """The media type of a body. Raises WrongContentType where it is not one of `allowed`."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in allowed:
        raise WrongContentType(
            text("Send %(types)s as the content type.", types=" or ".join(allowed))
        )
    return given


async def read_body(request: Request, limit: int) -> bytes:
    """All bytes of a body. Raises BodyTooLarge as soon as there are more than `limit`."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            parts.append(part)
    except ClientDisconnect as error:
        raise BrokenBody(text("The request ended before all of it had arrived.")) from error
    return b"".join(parts)


async def read_json(request: Request, limit: int) -> dict[str, object]:
    """A JSON object. Raises BodyError."""
    return parse_json(await read_body(request, limit))


def parse_json(body: bytes) -> dict[str, object]:
    """The JSON object that is in these bytes. Raises BrokenBody."""
    try:
        found = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BrokenBody(text("The body is not JSON that can be read.")) from error
    if not isinstance(found, dict):
        raise BrokenBody(text("The body is a JSON object with the fields of this operation."))
    return found


async def read_form(request: Request, limit: int) -> Form:
    """A multipart form. Raises BodyError."""
    body = await read_body(request, limit)
    parser = _MemoryParser(
        request.headers,
        _once(body),
        max_files=MOST_FILES,
        max_fields=MOST_FIELDS,
        max_part_size=limit,
    )
    parser.spool_max_size = limit + 1
    try:
        items = (await parser.parse()).multi_items()
    except MultiPartException as error:
        raise BrokenBody(text("The body is not a multipart form that can be read.")) from error
    form = Form({}, {})
    for name, value in items:
        if isinstance(value, UploadFile):
            form.files.setdefault(name, []).append(await value.read())
            await value.close()
        else:
            form.words.setdefault(name, []).append(value)
    return form


class _MemoryParser(MultiPartParser):
    """The usual parser; `spool_max_size` is raised so that no file of a form reaches the disk."""


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _refuse_constant(word: str) -> object:
    """Python reads NaN and Infinity, which JSON does not have (RFC 8259, section 6)."""
    raise ValueError(word)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"Send at most {limit / 1_000_000:.1f} MB at a time.")
