"""Requests that may be sent again without being carried out again (`Idempotency-Key`).

As draft-ietf-httpapi-idempotency-key-header has it: the first answer is kept, sealed, for a day,
and given again for the same key and the same request. An answer that says that it did not work on
our side is not kept, so sending the request again tries again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from app.deployment import Deployment
from app.storage import answered
from app.storage.answered import Claim, Known
from app.storage.tables import Answered

HEADER = "Idempotency-Key"
_KEY = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{1,255})"?')
"""The draft wants quotation marks; many programs send none."""
_OURS = 500


class BadKey(Exception):
    """The key has not the form of one."""

    def __init__(self) -> None:
        super().__init__(f"{HEADER} is 1 to 255 letters, digits and signs without spaces.")


class KeyUsed(Exception):
    """The key came before with another request."""

    def __init__(self) -> None:
        super().__init__("This key was sent before with another request; choose a new one.")


class UnderWay(Exception):
    """The same request is being worked on."""

    def __init__(self) -> None:
        super().__init__("This request is still being worked on; ask again in a moment.")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is ready to be sent.

    The content is UTF-8. `again` is the content for whoever sends the same request again,
    where that is another one: what is shown once is not kept.
    """

    status: int
    content: bytes = field(default=b"", repr=False)
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    again: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request with a key: whose leader's diary it is about, and fingerprints of both."""

    leader_id: str
    key: str
    request: str


def read_key(headers: Mapping[str, str]) -> str | None:
    """The key of a request, None where it has none. Raises BadKey."""
    given = headers.get(HEADER)
    if given is None:
        return None
    found = _KEY.fullmatch(given.strip())
    if found is None:
        raise BadKey
    return found[1]


def once(
    deployment: Deployment, sent: Sent, patience: timedelta, work: Callable[[], Reply]
) -> Reply:
    """What `work` answers, or what it answered when this request came before.

    After `patience` work without an answer is taken for dead. Raises KeyUsed, UnderWay, and what
    `work` raises.
    """
    claim = Claim(sent.leader_id, sent.key, deployment.now())
    row = Answered(leader_id=claim.leader_id, key=claim.key, request=sent.request, at=claim.at)
    with deployment.database.transaction() as session:
        known = answered.begin(session, row, abandoned=patience)
    if known is not None:
        return _again(deployment, known, sent)
    try:
        reply = work()
    except BaseException:
        _drop(deployment, claim)
        raise
    if reply.status >= _OURS:
        _drop(deployment, claim)
    else:
        _keep(deployment, claim, reply)
    return reply


def _again(deployment: Deployment, known: Known, sent: Sent) -> Reply:
    if known.request != sent.request:
        raise KeyUsed
    if known.status is None or known.contents is None:
        raise UnderWay
    value: Mapping[str, Any] = deployment.database.vault.open(known.contents)
    content = value["content"].encode()
    return Reply(known.status, content, value["media_type"], value["headers"])


def _keep(deployment: Deployment, claim: Claim, reply: Reply) -> None:
    content = reply.content if reply.again is None else reply.again
    value = {
        "content": content.decode(),
        "media_type": reply.media_type,
        "headers": dict(reply.headers),
    }
    sealed = deployment.database.vault.seal(value)
    deployment.database.persist(
        lambda session: answered.finish(session, claim, reply.status, sealed)
    )


def _drop(deployment: Deployment, claim: Claim) -> None:
    deployment.database.persist(lambda session: answered.drop(session, claim))
