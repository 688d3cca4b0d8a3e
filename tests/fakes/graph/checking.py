"""Every request and answer against Microsoft's own description, and the brief's rules for headers.

Checking one event takes some 20 ms, so answers are checked by their shape: an event like one that
passed (other ids, times and texts, same members and words of a list) passes.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tests.fakes import official

_HEADERS = {
    *("accept", "accept-encoding", "authorization", "client-request-id", "connection"),
    *("content-length", "content-type", "host", "if-match", "if-none-match", "prefer"),
    *("return-client-request-id", "transfer-encoding", "user-agent"),
}
_READ_ONLY = {
    *("id", "changeKey", "createdDateTime", "lastModifiedDateTime", "iCalUId", "isOrganizer"),
    *("type", "webLink", "seriesMasterId", "originalStart", "bodyPreview", "responseStatus"),
    *("isCancelled", "isDraft", "originalStartTimeZone", "originalEndTimeZone", "onlineMeeting"),
    *("onlineMeetingUrl", "organizer", "exceptionOccurrences", "cancelledOccurrences"),
}
_FREE_TEXT = {
    *("id", "changeKey", "@odata.etag", "iCalUId", "seriesMasterId", "webLink", "subject"),
    *("content", "bodyPreview", "name", "address", "displayName", "value", "scheduleId"),
    *("transactionId", "@odata.context", "@odata.nextLink", "@odata.deltaLink", "message"),
}
_NUMBERS = re.compile(r"\d")


class Checker:
    """The official description, where it is at hand."""

    def __init__(self) -> None:
        self._described = official.graph()
        self._passed: set[tuple[str, str, str]] = set()

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: Any,
    ) -> list[str]:
        """What is wrong with a request."""
        found = _headers(headers, has_body=body is not None)
        found += _own_rules(method, path, body)
        if self._described is None:
            return found
        try:
            _, operation = self._described.op(method, path)
        except KeyError:
            return [*found, "the official description has no such path and method"]
        found += self._described.query(method, path, query)
        if "requestBody" in operation and body is not None:
            found += self._described.body(method, path, body)
            found += _unknown_parameters(operation, body)
        elif "requestBody" in operation:
            found.append("a body is missing")
        elif body is not None:
            found.append("there is no body in this request")
        return found

    def answer(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer."""
        if self._described is None or not self._knows(method, path):
            return []
        template, _ = self._described.op(method, path)
        listed = isinstance(body, dict) and isinstance(body.get("value"), list)
        items = body["value"] if listed else [body]
        fresh: dict[str, Any] = {}
        for item in items:
            shape = json.dumps(_shape(item, ""), sort_keys=True)
            if (method, f"{template} {status}", shape) not in self._passed:
                fresh.setdefault(shape, item)
        if not fresh and items:
            return []
        tried = {**body, "value": list(fresh.values())} if listed else body
        found: list[str] = self._described.response(method, path, status, tried)
        if not found:
            self._passed |= {(method, f"{template} {status}", shape) for shape in fresh}
        return found

    def named(self, schema: str, body: Any) -> list[str]:
        """What is wrong with something that has no path, such as a notification."""
        return list(self._described.check(schema, body)) if self._described else []

    def _knows(self, method: str, path: str) -> bool:
        assert self._described is not None
        try:
            self._described.op(method, path)
        except KeyError:
            return False
        return True


def _unknown_parameters(operation: Any, body: Any) -> list[str]:
    """What an action does not take: the parameters of one are listed where it is described."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in schema or not isinstance(body, dict):
        return []
    return [f"{each}: unknown parameter" for each in body if each not in schema["properties"]]


def _headers(headers: Mapping[str, str], *, has_body: bool) -> list[str]:
    found = [f"unknown header {each}" for each in headers if each.lower() not in _HEADERS]
    match = headers.get("if-match", "*")
    if match != "*" and not re.fullmatch(r'W/"[^"]+"', match):
        found.append("If-Match is not an etag that was given")
    if has_body and not headers.get("content-type", "").startswith("application/json"):
        found.append("a body is application/json")
    identity = headers.get("client-request-id")
    if identity is not None:
        try:
            UUID(identity)
        except ValueError:
            found.append("client-request-id is not a GUID")
    return found


def _own_rules(method: str, path: str, body: Any) -> list[str]:
    is_event = re.search(r"/events(/[^/]+)?$", path) is not None
    if not is_event or method not in ("POST", "PATCH") or not isinstance(body, dict):
        return []
    found = [f"{each} is read-only" for each in body if each in _READ_ONLY]
    if method == "PATCH" and "transactionId" in body:
        found.append("transactionId cannot be changed")
    return found


def _shape(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _shape(each, name) for name, each in value.items()}
    if isinstance(value, list):
        shapes = {json.dumps(_shape(each, key), sort_keys=True) for each in value}
        return sorted(shapes)
    if isinstance(value, str):
        return "" if key in _FREE_TEXT else _NUMBERS.sub("0", value)
    return value if isinstance(value, bool) or value is None else 0
