"""What the service says no with: the error envelope of the API (BRIEF.md 5.9)."""

from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """An answer of 304 or 400 and above. `problem` marks a request that no client should make."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        where: tuple[str, str] | None = None,
        problem: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.where = where
        self.problem = problem

    def body(self) -> Json:
        """The envelope. A missing scope is also told in the newer form, with `status`."""
        one: Json = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.where:
            one["locationType"], one["location"] = self.where
        error: Json = {"errors": [one], "code": self.status, "message": self.message}
        if self.reason == "insufficientPermissions":
            error["status"] = "PERMISSION_DENIED"
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                    "domain": "googleapis.com",
                }
            ]
        return {"error": error}


def not_found() -> Refusal:
    """Not there, or not for this account to see."""
    return Refusal(404, "notFound", "Not Found")


def invalid(message: str, *, parameter: str = "", problem: bool = False) -> Refusal:
    """A value that the service does not take."""
    where = ("parameter", parameter) if parameter else None
    return Refusal(400, "invalid", message, where=where, problem=problem)


def required(message: str) -> Refusal:
    """A value that the service cannot do without."""
    return Refusal(400, "required", message, problem=True)


def time_range_empty() -> Refusal:
    """The end lies before the start."""
    return Refusal(
        400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar", problem=True
    )


def full_sync_required() -> Refusal:
    """The sync token is of no use any more."""
    return Refusal(
        410,
        "fullSyncRequired",
        "Sync token is no longer valid, a full sync is required.",
        domain="calendar",
        where=("parameter", "syncToken"),
    )
