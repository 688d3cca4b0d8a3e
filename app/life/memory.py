"""What a diary held when it was last judged: enough to tell what is new in it, and no more.

Of each event there are the fingerprint of its id and its times, sealed. They stand for the events
of yesterday's diary that are still in today's; what is not among them came or moved since.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.deployment import Deployment
from app.storage import Session, mailboxes
from rules.diary import Diary
from rules.event import Occurrence, ScoredAs

_SHORT = 16
"""Digits of a fingerprint that tell one leader's events of six weeks apart."""


def recall(deployment: Deployment, leader_id: str, diary: Diary) -> Diary | None:
    """The part of a diary that was there when it was last judged, None where it never was.

    What lies beyond the days that were judged then counts as known: it only came into sight.
    """
    with deployment.database.transaction() as session:
        sealed = mailboxes.memory(session, leader_id)
    if sealed is None:
        return None
    known: Mapping[str, Any] = deployment.database.vault.open(sealed)
    until = datetime.fromisoformat(known["until"])
    seen = frozenset(known["events"])

    def was_there(each: Occurrence) -> bool:
        if each.all_day or each.scored_as is ScoredAs.HOLD or each.span.start >= until:
            return True
        return _line(deployment, each) in seen

    return diary.with_occurrences(each for each in diary.occurrences if was_there(each))


def remember(deployment: Deployment, session: Session, leader_id: str, diary: Diary) -> None:
    """Keep what a diary holds, in place of what it held before."""
    value = {
        "until": diary.reach.end.isoformat(),
        "events": [
            _line(deployment, each)
            for each in diary.occurrences
            if not each.all_day and each.scored_as is not ScoredAs.HOLD
        ],
    }
    mailboxes.keep_memory(session, leader_id, deployment.database.vault.seal(value))


def _line(deployment: Deployment, each: Occurrence) -> str:
    print_ = deployment.fingerprints.of("seen", each.id)[:_SHORT]
    start, end = each.span.start, each.span.end
    return f"{print_} {int(start.timestamp())} {int(end.timestamp())}"
