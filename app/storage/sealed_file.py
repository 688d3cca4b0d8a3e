"""A file that only the vault can read, written and read piece by piece.

After a line that says what it is, each line is a sealed piece: the file's own random number, the
piece's place, whether it is the last, and its bytes. So a piece cannot be changed, left out, put
elsewhere or come from another file without being noticed.
"""

import struct
from collections.abc import Iterable, Iterator
from secrets import token_bytes
from typing import BinaryIO

from app.storage.database import DatabaseError
from app.storage.vault import Vault, VaultError

_FIRST = b"clearway-backup 1\n"
_HEAD = struct.Struct(">16sQ?")
_PIECE = 1 << 20
_LONGEST = 2 * _PIECE
"""Bytes of one line: base64 takes a third more than what is sealed."""
_DAMAGED = "The file is damaged or not whole; take another backup."


class NoSealedFile(DatabaseError):
    """A file that was not written here, or is damaged; the message is one sentence."""


def write_sealed(vault: Vault, parts: Iterable[bytes], file: BinaryIO) -> int:
    """Seal parts, the first one in a piece of its own, into a file; how many bytes they had."""
    number, size = token_bytes(16), 0
    file.write(_FIRST)
    place, waiting = 0, None
    for piece in _pieces(parts):
        if waiting is not None:
            file.write(_seal(vault, number, place, waiting, last=False))
            place += 1
        waiting, size = piece, size + len(piece)
    file.write(_seal(vault, number, place, waiting or b"", last=True))
    return size


def read_sealed(vault: Vault, file: BinaryIO) -> Iterator[bytes]:
    """The pieces again. Raises NoSealedFile, and VaultError where other keys sealed the file."""
    if file.readline(len(_FIRST)) != _FIRST:
        raise NoSealedFile("This file is no backup of Clearway.")
    number: bytes | None = None
    place, last = 0, False
    while line := file.readline(_LONGEST):
        found, at, is_last, piece = _open(vault, line, first=place == 0)
        if last or at != place or number not in (None, found):
            raise NoSealedFile(_DAMAGED)
        number, place, last = found, place + 1, is_last
        yield piece
    if not last:
        raise NoSealedFile(_DAMAGED)


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(parts)
    yield next(rest, b"")
    for part in rest:
        for start in range(0, len(part), _PIECE):
            yield part[start : start + _PIECE]


def _seal(vault: Vault, number: bytes, place: int, piece: bytes, *, last: bool) -> bytes:
    return vault.seal_bytes(_HEAD.pack(number, place, last) + piece) + b"\n"


def _open(vault: Vault, line: bytes, *, first: bool) -> tuple[bytes, int, bool, bytes]:
    try:
        content = vault.open_bytes(line.rstrip(b"\n"))
    except VaultError as error:
        if first:
            raise
        raise NoSealedFile(_DAMAGED) from error
    if len(content) < _HEAD.size:
        raise NoSealedFile(_DAMAGED)
    number, place, last = _HEAD.unpack_from(content)
    return number, place, last, content[_HEAD.size :]
