"""What an error means for a connection, and what may follow what."""

from itertools import product

from app.connecting.connections import connection, note
from app.connecting.states import (
    MOVES,
    TROUBLES,
    USABLE,
    Action,
    ConsentEnded,
    State,
    may_follow,
    state_after,
)
from app.people.history import What, page
from connectors import errors
from connectors.errors import ConnectorError
from tests.connecting.steps import add_row

AFTER = {
    errors.SignInNeeded: State.REVOKED,
    ConsentEnded: State.EXPIRED,
    errors.PermissionMissing: State.CONSENT,
    errors.SuddenlyEmpty: State.EMPTY,
    errors.EventGone: State.REVOKED,
    errors.NotPossible: State.REVOKED,
    errors.Unreachable: State.UNREACHABLE,
    errors.BadAnswer: State.UNREACHABLE,
    errors.Unreadable: State.UNREACHABLE,
    errors.TooLarge: State.UNREACHABLE,
    errors.Throttled: None,
    errors.PartlyTold: None,
    errors.EventChanged: None,
    errors.CalendarChanged: None,
    errors.BadUndoRecord: None,
}


def every_error() -> set[type[ConnectorError]]:
    own = {each for each in vars(errors).values() if isinstance(each, type)}
    return {each for each in own if issubclass(each, ConnectorError)} - {ConnectorError}


def made(kind):
    own_words = (errors.SuddenlyEmpty, ConsentEnded)
    return kind() if kind in own_words else kind("A sentence.")


def test_every_error_of_a_calendar_has_its_meaning():
    assert every_error() <= AFTER.keys()
    for kind, state in AFTER.items():
        assert state_after(made(kind)) is state


def test_a_connection_moves_only_as_the_table_allows(deployment, leader):
    for before, after in product(State, State):
        connection_id = add_row(deployment, leader, state=before)
        error = next((made(kind) for kind, state in AFTER.items() if state is after), None)
        expected = after if may_follow(before, after) else before
        assert note(deployment, connection_id, error) is expected, (before, after)
        assert connection(deployment, leader, connection_id).state is expected


def test_from_everywhere_success_leads_back_and_nothing_leads_nowhere():
    assert MOVES.keys() == set(State)
    for before, following in MOVES.items():
        assert before not in following
        assert before is State.ACTIVE or State.ACTIVE in following
    for waiting in set(State) - USABLE:
        # what a person has to settle is not hidden by a server that is silent as well
        assert State.UNREACHABLE not in MOVES[waiting]


def test_every_trouble_has_one_sentence_and_one_thing_to_do():
    assert TROUBLES.keys() == set(State) - {State.ACTIVE}
    assert {each.action for each in TROUBLES.values()} == set(Action)
    for each in TROUBLES.values():
        assert len(each.sentence.split()) <= 20 and each.sentence[-1] in ".?"


def test_the_history_tells_when_a_person_is_needed_and_not_of_every_silence(deployment, leader):
    connection_id = add_row(deployment, leader)
    for error in (errors.Unreachable("x"), None, errors.SignInNeeded("x"), None):
        note(deployment, connection_id, error)
    told = [each.what for each in page(deployment, leader).entries]
    assert told == [What.RECONNECTED, What.CONNECTION_LOST, What.JOINED]


def test_what_is_gone_has_no_state(deployment, leader):
    assert note(deployment, "0" * 32, None) is None
