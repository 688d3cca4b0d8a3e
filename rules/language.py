"""Sentences for people, in the language of whoever reads them.

A sentence is written in English where it is said, and is its own key: `text("%(count)s free", ...)`.
Whoever answers a person chooses the language with `spoken`; without it everything is English.
The form is gettext's, so that translators work with the tools they know.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Messages(Protocol):
    """Translated sentences by their English; what is not translated stays as it is."""

    @property
    def code(self) -> str:
        """The language (BCP 47)."""
        ...

    def gettext(self, message: str, /) -> str:
        """One sentence."""
        ...

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        """A sentence about a number, in the form that the language has for it."""
        ...

    def __hash__(self) -> int:
        """What was said in it may be remembered by it."""
        ...


class _English:
    code = "en-GB"

    def gettext(self, message: str, /) -> str:
        return message

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        return one if number == 1 else many


ENGLISH: Messages = _English()
_spoken: ContextVar[Messages] = ContextVar("spoken", default=ENGLISH)


@contextmanager
def spoken(messages: Messages) -> Iterator[None]:
    """Within the block everything is said in this language."""
    token = _spoken.set(messages)
    try:
        yield
    finally:
        _spoken.reset(token)


def current() -> Messages:
    """What is spoken."""
    return _spoken.get()


def code() -> str:
    """The language that is spoken (BCP 47)."""
    return _spoken.get().code


def text(message: str, /, **values: object) -> str:
    """A sentence with its values: `text("It begins at %(time)s.", time="9am")`."""
    said = _spoken.get().gettext(message)
    return said % values if values else said


def counted(one: str, many: str, number: int, /, **values: object) -> str:
    """A sentence about a number: `counted("%(number)s hold", "%(number)s holds", 2)`."""
    return plural(one, many, number) % {"number": number, **values}


def plural(one: str, many: str, number: int, /) -> str:
    """The form that a sentence about a number has, before its values are filled in."""
    return _spoken.get().ngettext(one, many, number)


def later(message: str, /) -> str:
    """Marks a sentence for translators that is kept in English, and said by `text(kept)`."""
    return message
