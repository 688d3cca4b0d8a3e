"""Access tokens from stored consents: renewed in time, once, and never lost."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.connecting import changes, google, microsoft
from app.connecting.connections import connection
from app.connecting.disconnecting import disconnect
from app.connecting.states import ConsentEnded, State
from app.connecting.tokens import StoredToken
from app.storage import connections as stored
from connectors.errors import SignInNeeded, Unreachable
from tests.connecting.steps import (
    connect_google,
    connect_outlook,
    opened,
    reseal,
    row_of,
    sealed_in,
)
from tests.contract.stage import ME


def renewals(fake) -> int:
    """How often a refresh token was used."""
    return [each.get("grant_type") for each in fake.sign_in.requests].count("refresh_token")


@pytest.fixture
def outlook_of(outlook, leader, graph):
    graph.sign_in.rotates = True
    return connect_outlook(outlook, leader, graph.login)


@pytest.fixture
def google_of(workspace, leader, google_fake):
    google_fake.sign_in.rotates = True
    return connect_google(workspace, leader)


@pytest.fixture
def google_fake(google):
    return google


def token_of(deployment, made, module, renew=None) -> StoredToken:
    settings = deployment.settings
    chosen = renew or (lambda known: module.renew(settings, known))
    return StoredToken(deployment, made.id, chosen, lambda _: False)


def test_a_token_is_asked_for_once_and_shared(outlook, leader, graph, outlook_of):
    first = token_of(outlook, outlook_of, microsoft)
    known = first()
    assert first() == known and token_of(outlook, outlook_of, microsoft)() == known
    assert renewals(graph) == 0, "the token of the consent itself is still good"


def test_a_refused_token_is_replaced_and_the_new_consent_kept(outlook, leader, graph, outlook_of):
    diary: Any = opened(outlook, leader)
    diary.calendars()
    for _ in range(3):
        before = sealed_in(outlook, outlook_of)
        graph.faults.expire_token(str(before["access"]))
        diary.calendars()
        after = sealed_in(outlook, outlook_of)
        assert after["access"] != before["access"] and after["cache"] != before["cache"]
    diary.close()
    assert renewals(graph) == 3
    assert connection(outlook, leader, outlook_of.id).state is State.ACTIVE


def test_google_may_bring_another_refresh_token_too(workspace, leader, google_fake, google_of):
    diary: Any = opened(workspace, leader)
    for _ in range(2):
        before = sealed_in(workspace, google_of)
        google_fake.faults.expire_token(str(before["access"]))
        diary.calendars()
        after = sealed_in(workspace, google_of)
        assert after["refresh"] != before["refresh"] and after["access"] != before["access"]
    diary.close()


def test_two_workers_renew_once_and_neither_loses_the_newer_consent(
    outlook, leader, graph, outlook_of
):
    reseal(outlook, outlook_of, until=clock.now().isoformat())
    workers = [token_of(outlook, outlook_of, microsoft) for _ in range(4)]
    together = threading.Barrier(len(workers))
    found: list[str] = []

    def work(token: StoredToken) -> None:
        together.wait()
        found.append(token())

    threads = [threading.Thread(target=work, args=(each,)) for each in workers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == len(workers) and len(set(found)) == 1
    assert renewals(graph) == 1
    # the consent that is kept is the one that goes on: using an older one would end it
    assert token_of(outlook, outlook_of, microsoft)() == found[0]
    graph.faults.expire_token(found[0])
    assert workers[0](fresh=True) not in found
    assert connection(outlook, leader, outlook_of.id).state is State.ACTIVE


def test_another_worker_waits_while_one_renews(outlook, leader, outlook_of):
    reseal(outlook, outlook_of, until=clock.now().isoformat())
    begun, go_on = threading.Event(), threading.Event()

    def slowly(known):
        begun.set()
        assert go_on.wait(30)
        return {**known, "access": "slow", "until": (clock.now() + timedelta(hours=1)).isoformat()}

    slow = token_of(outlook, outlook_of, microsoft, slowly)
    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(30)
    waits = []

    def let_it_end(seconds: float) -> None:
        waits.append(seconds)
        go_on.set()
        thread.join()

    def never(known):
        raise AssertionError("another one renews")

    other = StoredToken(outlook, outlook_of.id, never, lambda _: False, pause=let_it_end)
    assert other() == "slow" and len(waits) == 1


def test_a_worker_that_died_while_it_renewed_is_not_waited_for_for_ever(
    outlook, leader, outlook_of
):
    ended, over = clock.now(), clock.now() - timedelta(seconds=1)
    reseal(
        outlook,
        outlook_of,
        until=ended.isoformat(),
        turn="dead",
        renewing_until=over.isoformat(),
    )
    assert token_of(outlook, outlook_of, microsoft)()
    assert "turn" not in sealed_in(outlook, outlook_of)


def test_what_a_slow_worker_brings_does_not_replace_a_new_consent(
    outlook, leader, graph, outlook_of
):
    reseal(outlook, outlook_of, until=clock.now().isoformat())

    def meanwhile_connected_anew(known):
        connect_outlook(outlook, leader, graph.login, outlook_of.id)
        return {**known, "access": "old", "until": (clock.now() + timedelta(hours=1)).isoformat()}

    token_of(outlook, outlook_of, microsoft, meanwhile_connected_anew)()
    assert sealed_in(outlook, outlook_of)["access"] != "old"


def test_new_keys_in_the_middle_lose_nothing(outlook, leader, database, outlook_of):
    reseal(outlook, outlook_of, until=clock.now().isoformat())
    before = sealed_in(outlook, outlook_of)

    def while_keys_are_rotated(known):
        # the same value in other bytes, as `clearway keys rotate` leaves it
        sealed = database.vault.reseal(row_of(outlook, outlook_of).credentials)
        with database.transaction() as session:
            stored.change(session, outlook_of.id, credentials=sealed)
        return microsoft.renew(outlook.settings, known)

    token_of(outlook, outlook_of, microsoft, while_keys_are_rotated)()
    assert sealed_in(outlook, outlook_of)["cache"] != before["cache"]


def test_a_consent_that_is_taken_back_in_mid_use_waits_for_the_leader(
    outlook, leader, graph, outlook_of, workspace, google_fake, google_of
):
    graph.faults.revoke(ME)
    google_fake.faults.revoke(ME)
    for deployment, made in ((outlook, outlook_of), (workspace, google_of)):
        with pytest.raises(SignInNeeded):
            changes.look(deployment, leader, made.id)
        assert connection(deployment, leader, made.id).state is State.REVOKED


def test_a_consent_that_ran_out_is_told_from_one_that_was_taken_back(
    outlook, leader, graph, outlook_of, workspace, google_fake
):
    google_fake.sign_in.lasts = timedelta(days=7)
    at_google = connect_google(workspace, leader)
    long_ago = (clock.now() - timedelta(days=91)).isoformat()
    reseal(workspace, at_google, over=long_ago)
    reseal(outlook, outlook_of, used=long_ago)
    graph.faults.revoke(ME)
    google_fake.faults.revoke(ME)
    for deployment, made in ((outlook, outlook_of), (workspace, at_google)):
        with pytest.raises(ConsentEnded):
            changes.look(deployment, leader, made.id)
        assert connection(deployment, leader, made.id).state is State.EXPIRED


def test_a_sign_in_that_is_silent_takes_nothing_away(outlook, leader, outlook_of):
    reseal(outlook, outlook_of, until=clock.now().isoformat())
    before = sealed_in(outlook, outlook_of)

    def silent(known):
        raise Unreachable("No answer.")

    with pytest.raises(Unreachable):
        token_of(outlook, outlook_of, microsoft, silent)()
    assert sealed_in(outlook, outlook_of) == before
    assert token_of(outlook, outlook_of, microsoft)()


def test_what_was_disconnected_gives_no_token(workspace, leader, google_of):
    token = token_of(workspace, google_of, google)
    token()
    disconnect(workspace, leader, google_of.id)
    with pytest.raises(SignInNeeded):
        token(fresh=True)


def test_no_token_is_printed(outlook, leader, outlook_of, capfd, caplog):
    token = token_of(outlook, outlook_of, microsoft)
    secret = token()
    out, err = capfd.readouterr()
    said = repr(token) + repr(outlook) + out + err + caplog.text
    assert secret not in said
