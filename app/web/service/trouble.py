"""Where somebody can go on after something went wrong."""

from collections.abc import Mapping

from starlette.requests import Request

from app import problems
from app.connecting.errors import NoConnection, NotSetUp
from app.life.errors import AskFirst, IsPaused, NoCalendar, OnlyLooks
from app.people.errors import BadInvitation, IsLeaving, LostErrand, NotAllowed, SignInFailed
from app.problems import Kind

_HOME = "/you"
_IN_DIARY: Mapping[type[Exception], tuple[str, str]] = {
    NoCalendar: ("Connect a calendar", "/connect"),
    NoConnection: ("See your calendars", "/connect"),
    NotSetUp: ("Connect another way", "/connect"),
    OnlyLooks: ("Choose how much Clearway does", "/mode"),
    IsPaused: ("See the pause", "/pause"),
}
_ELSEWHERE: Mapping[type[Exception], tuple[str, str]] = {
    SignInFailed: ("Sign in", "/you/sign-in"),
    IsLeaving: ("Go to your page", _HOME),
    NotAllowed: ("Go to your page", _HOME),
    BadInvitation: ("Go to your page", _HOME),
}
_CLOSED: Mapping[Kind, tuple[str, str]] = {
    problems.CALENDAR: ("See your calendars", "/connect"),
    problems.SILENT: ("Back to the diary", ""),
    problems.STALE: ("See the newest plan", ""),
    problems.STATE: ("Back to the diary", ""),
}


def way_on(request: Request, error: Exception) -> tuple[str, str]:
    """The words and the address of the one link that helps."""
    diary = request.path_params.get("diary", "mine")
    home = f"{_HOME}/{diary}"
    if isinstance(error, LostErrand):
        signing_in = request.url.path.startswith("/you/")
        return ("Sign in", "/you/sign-in") if signing_in else ("Begin again", f"{home}/connect")
    if isinstance(error, AskFirst) and "plan_id" in request.path_params:
        return "Back to the plan", f"{home}/plans/{request.path_params['plan_id']}"
    for kind, way in _ELSEWHERE.items():
        if isinstance(error, kind):
            return way
    for kind, (label, path) in _IN_DIARY.items():
        if isinstance(error, kind):
            return label, home + path
    label, path = _CLOSED.get(problems.kind_of(error), ("Go to your page", ""))
    return (label, home + path) if path or "diary" in request.path_params else (label, _HOME)
