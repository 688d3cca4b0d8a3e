"""Proves that app-only access reaches the mailboxes it should, and no other.

Values in, values out: which mailboxes to try and how to tell people is the caller's.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import ConnectorError, EventGone, NotPossible, PermissionMissing
from connectors.graph.client import Client
from connectors.transport import Door, Token

_TENANT_WIDE = ("calendars.", "mailboxsettings.", "mail.")
_TENANT_WIDE_EXACTLY = frozenset({"full_access_as_app", "exchange.manageasapp"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, whether it is as it should be, and a sentence that says so."""

    name: str
    passed: bool
    sentence: str


def examine(door: Door, token: Token, mailbox: str, outside: str) -> tuple[Finding, ...]:
    """What the token says, then reading `mailbox` (must work) and `outside` (must be refused).

    All of it fails where it cannot be known. The token is our own and the server checks it, so
    its claims are only read. No event is asked for.
    """
    findings = [_roles(_claims(token())), _inside(door, mailbox), _outside(door, outside)]
    if mailbox.strip().casefold() == outside.strip().casefold():
        findings.append(Finding("two-mailboxes", False, "The two mailboxes to try are the same."))
    return tuple(findings)


def _claims(token: str) -> Mapping[str, Any] | None:
    """What a JWT says (RFC 7519 section 3), None where it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _roles(claims: Mapping[str, Any] | None) -> Finding:
    name = "token"
    if claims is None:
        return Finding(name, False, "The token cannot be read, so its reach is not known.")
    if "scp" in claims:
        return Finding(name, False, "The token is a person's, not the application's.")
    roles = claims.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(one, str) for one in roles):
        return Finding(name, False, "The token's roles cannot be read, so its reach is not known.")
    wide = [one for one in roles if _is_tenant_wide(one)]
    if wide:
        many = "1 permission that reaches" if len(wide) == 1 else f"{len(wide)} that reach"
        return Finding(
            name, False, f"The token holds {many} every mailbox; take that consent back in Entra."
        )
    return Finding(name, True, "The token holds no permission that reaches every mailbox.")


def _is_tenant_wide(role: str) -> bool:
    text = role.casefold()
    return text.startswith(_TENANT_WIDE) or text in _TENANT_WIDE_EXACTLY


def _inside(door: Door, mailbox: str) -> Finding:
    name = "inside"
    try:
        _read(door, mailbox)
    except PermissionMissing:
        return Finding(name, False, "The mailbox is refused; a new grant takes up to two hours.")
    except ConnectorError as error:
        return Finding(name, False, f"The mailbox cannot be read: {error}")
    return Finding(name, True, "The mailbox can be read.")


def _outside(door: Door, mailbox: str) -> Finding:
    name = "outside"
    try:
        _read(door, mailbox)
    except PermissionMissing:
        return Finding(name, True, "A mailbox outside the scope is refused.")
    except (EventGone, NotPossible):
        return Finding(name, False, "The mailbox outside the scope does not exist; name another.")
    except ConnectorError as error:
        return Finding(name, False, f"Whether other mailboxes are refused is not known: {error}")
    return Finding(name, False, "A mailbox outside the scope can be read; take the access back.")


def _read(door: Door, mailbox: str) -> None:
    client = Client(door, mailbox)
    client.get(f"{client.root}/calendar", {"$select": "id"})
