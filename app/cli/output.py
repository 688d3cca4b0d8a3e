"""What a command gives back: text, notes and errors that are safe to show, and an exit status."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from app.shapes import Shape
    from app.terminal.page import Page

FOUND = 1
"""Exit status when a look found something: what a rule asks first, what a machine lacks."""
UNREADABLE = 2
"""Exit status when nothing could be done with what was given."""


def write_json(shape: "Shape | Sequence[Shape]") -> None:
    """What tools read."""
    from app.shapes import to_json

    write(to_json(shape))


def write(text: str) -> None:
    """Text as UTF-8, whatever the terminal's own encoding is: tools read it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def open_page() -> "Page":
    """The page that people read, once something is to be drawn on it."""
    from app.terminal import page

    return page.open_page()


def warn(warnings: Iterable[str]) -> None:
    """Notes on standard error, beside whatever is written."""
    for each in warnings:
        click.echo(_visible(f"Note: {each}"), err=True)


def say_error(message: str) -> None:
    """Why nothing is written, on standard error."""
    click.echo(_visible(message), err=True)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say on a terminal's standard error what is being done, once it takes more than a second."""
    if not sys.stderr.isatty():
        yield
        return
    from threading import Timer

    from rich.console import Console

    status = Console(stderr=True).status(what)
    timer = Timer(1.0, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        status.stop()


def _visible(text: str) -> str:
    """Text without control characters: a file name or an identifier may hold some."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
