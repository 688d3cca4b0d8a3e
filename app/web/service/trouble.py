"""Where somebody can go on after something went wrong."""

from collections.abc import Mapping

from starlette.requests import Request

from app import problems
from app.connecting.errors import NoConnection, NotSetUp
from app.life.errors import AskFirst, IsPaused, NoCalendar, OnlyLooks
from app.people.errors import BadInvitation, IsLeaving, LostErrand, NotAllowed, SignInFailed
from app.problems import Kind
from rules.language import later, text

_HOME = "/you"
_IN_DIARY: Mapping[type[Exception], tuple[str, str]] = {
    NoCalendar: (later("Connect a calendar"), "/connect"),
    NoConnection: (later("See your calendars"), "/connect"),
    NotSetUp: (later("Connect another way"), "/connect"),
    OnlyLooks: (later("Choose how much Clearway does"), "/mode"),
    IsPaused: (later("See the pause"), "/pause"),
}
_ELSEWHERE: Mapping[type[Exception], tuple[str, str]] = {
    SignInFailed: (later("Sign in"), "/you/sign-in"),
    IsLeaving: (later("Go to your page"), _HOME),
    NotAllowed: (later("Go to your page"), _HOME),
    BadInvitation: (later("Go to your page"), _HOME),
}
_CLOSED: Mapping[Kind, tuple[str, str]] = {
    problems.CALENDAR: (later("See your calendars"), "/connect"),
    problems.SILENT: (later("Back to the diary"), ""),
    problems.STALE: (later("See the newest plan"), ""),
    problems.STATE: (later("Back to the diary"), ""),
}


def way_on(request: Request, error: Exception) -> tuple[str, str]:
    """The words and the address of the one link that helps."""
    diary = request.path_params.get("diary", "mine")
    home = f"{_HOME}/{diary}"
    if isinstance(error, LostErrand):
        signing_in = request.url.path.startswith("/you/")
        if signing_in:
            return text("Sign in"), "/you/sign-in"
        return text("Begin again"), f"{home}/connect"
    if isinstance(error, AskFirst) and "plan_id" in request.path_params:
        return text("Back to the plan"), f"{home}/plans/{request.path_params['plan_id']}"
    for kind, (label, path) in _ELSEWHERE.items():
        if isinstance(error, kind):
            return text(label), path
    for kind, (label, path) in _IN_DIARY.items():
        if isinstance(error, kind):
            return text(label), home + path
    label, path = _CLOSED.get(problems.kind_of(error), (later("Go to your page"), ""))
    return text(label), home + path if path or "diary" in request.path_params else _HOME
