"""What Microsoft's and Google's sign-in have in common: where to, and what comes back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from app.config import Settings
from app.connecting.tokens import Credentials
from connectors.transport import Door

CALLBACK = "/connections/back"
"""Where people come back to, below the service's own address."""


@dataclass(frozen=True, slots=True)
class Journey:
    """Where to send somebody, and what is needed when they are back (JSON, to be sealed)."""

    url: str = field(repr=False)
    flow: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """The credentials of a consent and the scopes that it covers."""

    credentials: Credentials = field(repr=False)
    scopes: frozenset[str]


def callback(settings: Settings) -> str:
    """The whole address that people come back to, as the provider has to know it."""
    return (settings.public_url or f"http://localhost:{settings.port}") + CALLBACK


def with_state(url: str, state: str) -> str:
    """The address with this `state` in the place of any other."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), "state": state}
    return parts._replace(query=urlencode(query)).geturl()


@contextmanager
def door_to(url: str) -> Iterator[Door]:
    """A door to the server of an address."""
    parts = urlsplit(url)
    door = Door(f"{parts.scheme}://{parts.netloc}")
    try:
        yield door
    finally:
        door.close()
