"""What the tests of CalDAV share: a stage for each server, and short ways to act on one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from connectors.caldav import CalDavDiary, Password, connect
from connectors.icalendar import Options
from connectors.icalendar.itip import Mailer
from tests.contract.stage import LONDON, ME
from tests.contract.stages.caldav import FEATURES, LOOPBACK, CalDavStage
from tests.servers.fixtures import PASSWORD

HOUR = timedelta(hours=1)
OPTIONS = Options(me=[ME], zone=LONDON)


@contextmanager
def connected(
    stage: CalDavStage,
    *,
    user: str = "leader",
    password: str = PASSWORD,
    path: str = "",
    options: Options = OPTIONS,
    mailer: Mailer | None = None,
    transport: httpx.BaseTransport | None = None,
    features: Any = None,
    pause: Callable[[float], None] = lambda seconds: None,
) -> Iterator[CalDavDiary]:
    """Another connection to a stage's calendar, closed in the end."""
    diary = connect(
        stage.server.url + (path or stage.path),
        Password(user, password),
        options,
        mailer=mailer,
        private=LOOPBACK,
        features=features or FEATURES[stage.server.name],
        transport=transport or httpx.HTTPTransport(verify=False),
        pause=pause,
    )
    try:
        yield diary
    finally:
        diary.close()
