"""Signing in with a real provider over HTTP, staying so, and signing out."""

from dataclasses import replace

import httpx
import pytest

from app import clock
from app.people import errands, leaders, sign_in
from app.people.errors import LostErrand, SignInFailed
from app.people.history import What, page
from app.people.identity import local_identity
from app.people.openid import Journey, Provider
from app.people.principal import resolve
from app.people.sign_in import Return, local_path
from app.storage.tables import Errand, SignIn
from tests.people.conftest import REDIRECT, known, returned, settings_for, signed_in
from tests.servers.openid import CLIENT, MODES


@pytest.fixture
def asking(openid):
    """What asks the provider, without anything that remembers."""
    yield Provider(settings_for(openid))
    openid.misbehave("usual")


@pytest.fixture
def around(organisation, provider, openid):
    """Begin, visit the provider, and come back to finish."""

    def go(**options):
        gone = sign_in.begin(organisation, provider, REDIRECT, **options)
        back = returned(openid, gone)
        return sign_in.finish(organisation, provider, back, browser=gone.browser)

    return go


def test_who_signs_in_is_known_by_the_token_and_again_the_next_time(
    organisation, provider, openid, around
):
    first, second = around(), around()
    assert first.token != second.token
    assert known(organisation, first.token) == known(organisation, second.token)
    assert known(organisation, first.token).identity == first.identity
    another = signed_in(organisation, provider, openid, "another")
    assert known(organisation, another).identity != first.identity
    assert resolve(organisation, "made-up") is None
    assert resolve(organisation, "") is None


def test_the_request_asks_for_a_code_with_pkce_state_and_nonce(organisation, provider, openid):
    gone = sign_in.begin(organisation, provider, REDIRECT)
    asked = httpx.URL(gone.url).params
    assert gone.url.startswith(f"{openid.issuer}/authorize?")
    assert asked["client_id"] == CLIENT
    assert asked["redirect_uri"] == REDIRECT
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 43
    assert len(asked["nonce"]) >= 43


def test_nothing_that_a_browser_carries_is_kept_as_it_is(organisation, provider, openid):
    gone = sign_in.begin(organisation, provider, REDIRECT)
    with organisation.database.transaction() as session:
        [errand] = session.query(Errand).all()
        kept = repr(vars(errand))
    assert httpx.URL(gone.url).params["state"] not in kept
    assert gone.browser not in kept
    back = returned(openid, gone)
    done = sign_in.finish(organisation, provider, back, browser=gone.browser)
    with organisation.database.transaction() as session:
        [row] = session.query(SignIn).all()
        kept = repr(vars(row)) + repr(organisation.database.vault.open(row.claims))
    for word in (done.token, "leader", "Somebody", "@"):
        assert word not in kept
    assert done.token not in repr(done)
    assert back.code not in repr(back)


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"usual", "error", "away"}))
def test_a_token_that_is_not_as_it_has_to_be_names_nobody(asking, openid, mode):
    journey = Journey(REDIRECT, "state", "nonce", "v" * 43)
    openid.misbehave(mode)
    back = openid.visit(asking.departure(journey))
    with pytest.raises(SignInFailed, match="begin again"):
        asking.arrival(journey, back["code"], back["iss"], clock.now())


def test_who_stops_at_the_provider_is_not_signed_in(openid, around):
    openid.misbehave("error")
    with pytest.raises(SignInFailed, match="stopped"):
        around()


def test_a_provider_that_is_away_is_said_to_be(openid, around):
    openid.misbehave("away")
    with pytest.raises(SignInFailed, match="does not answer"):
        around()


def test_a_provider_that_cannot_be_reached_is_said_to_be(organisation):
    lost = Provider(replace(organisation.settings, oidc_issuer="http://127.0.0.1:9"))
    with pytest.raises(SignInFailed, match="does not answer"):
        sign_in.begin(organisation, lost, REDIRECT)


def test_a_description_of_another_issuer_is_not_believed(organisation, openid):
    posing = openid.issuer.replace("127.0.0.1", "localhost")
    other = Provider(replace(organisation.settings, oidc_issuer=posing))
    with pytest.raises(SignInFailed, match="other than expected"):
        sign_in.begin(organisation, other, REDIRECT)


def test_a_client_that_the_provider_does_not_know_signs_nobody_in(organisation, openid):
    unknown = Provider(replace(organisation.settings, oidc_client_secret="wrong"))
    gone = sign_in.begin(organisation, unknown, REDIRECT)
    with pytest.raises(SignInFailed, match="begin again"):
        sign_in.finish(organisation, unknown, returned(openid, gone), browser=gone.browser)


def test_the_keys_are_read_once_and_again_for_one_that_is_new(openid, around):
    before = openid.key_readings()
    around()
    around()
    assert openid.key_readings() == before + 1
    openid.new_key()
    around()
    around()
    assert openid.key_readings() == before + 2


def test_a_return_is_taken_once(organisation, provider, openid):
    gone = sign_in.begin(organisation, provider, REDIRECT)
    back = returned(openid, gone)
    sign_in.finish(organisation, provider, back, browser=gone.browser)
    with pytest.raises(LostErrand):
        sign_in.finish(organisation, provider, back, browser=gone.browser)


def test_nobody_finishes_in_a_browser_what_was_begun_in_another(organisation, provider, openid):
    """Login CSRF: an attacker's own return, followed by a victim."""
    gone = sign_in.begin(organisation, provider, REDIRECT)
    for browser in ("", "another"):
        with pytest.raises(LostErrand):
            sign_in.finish(organisation, provider, returned(openid, gone), browser=browser)


def test_a_browser_may_be_on_its_way_twice(organisation, provider, openid):
    first = sign_in.begin(organisation, provider, REDIRECT)
    second = sign_in.begin(organisation, provider, REDIRECT, browser=first.browser)
    for gone in (second, first):
        done = sign_in.finish(organisation, provider, returned(openid, gone), browser=first.browser)
        assert resolve(organisation, done.token)


def test_a_code_of_another_journey_is_refused(organisation, provider, openid):
    mine = sign_in.begin(organisation, provider, REDIRECT)
    theirs = returned(openid, sign_in.begin(organisation, provider, REDIRECT))
    swapped = replace(returned(openid, mine), code=theirs.code)
    with pytest.raises(SignInFailed):
        sign_in.finish(organisation, provider, swapped, browser=mine.browser)


@pytest.mark.parametrize("issuer", [None, "https://login.other.example"])
def test_a_return_from_another_issuer_names_nobody(asking, openid, issuer):
    journey = Journey(REDIRECT, "state", "nonce", "v" * 43)
    back = openid.visit(asking.departure(journey))
    with pytest.raises(SignInFailed):
        asking.arrival(journey, back["code"], issuer, clock.now())


def test_in_entra_people_are_known_by_tenant_and_person(organisation, provider, openid):
    """`sub` differs between applications there; only the issuer's own tenant is believed."""
    real = known(organisation, signed_in(organisation, provider, openid, "entra-1"))
    posing = known(organisation, signed_in(organisation, provider, openid, "posing-entra-1"))
    assert real.identity != posing.identity
    again = known(organisation, signed_in(organisation, provider, openid, "entra-1"))
    assert again.identity == real.identity


def test_after_ten_minutes_a_return_is_too_late(deployment, clock_hand):
    state = errands.depart(deployment, "consent", {"id": 1}, browser="b")
    clock_hand.pass_by(minutes=9)
    assert errands.arrive(deployment, "consent", state, browser="b") == {"id": 1}
    state = errands.depart(deployment, "consent", {}, browser="b")
    clock_hand.pass_by(minutes=10)
    with pytest.raises(LostErrand):
        errands.arrive(deployment, "consent", state, browser="b")


def test_an_errand_is_good_for_its_own_purpose_only(deployment):
    state = errands.depart(deployment, "consent", {})
    with pytest.raises(LostErrand):
        errands.arrive(deployment, "sign-in", state)
    assert errands.arrive(deployment, "consent", state) == {}


def test_a_sign_in_lasts_twelve_hours(deployment, clock_hand):
    done = sign_in.use_local_link(deployment, sign_in.local_link(deployment))
    clock_hand.pass_by(hours=11.99)
    assert resolve(deployment, done.token)
    clock_hand.at = done.expires_at
    assert resolve(deployment, done.token) is None


def test_signing_out_ends_one_sign_in_and_no_other(organisation, around):
    first, second = around(), around()
    leader = leaders.join(organisation, first.identity)
    sign_in.sign_out(organisation, first.token)
    sign_in.sign_out(organisation, first.token)
    sign_in.sign_out(organisation, "made-up")
    assert resolve(organisation, first.token) is None
    assert known(organisation, second.token).leader_id == leader.id
    third = around()
    told = [each.what for each in page(organisation, leader.id).entries]
    assert told == [What.SIGNED_IN, What.SIGNED_OUT, What.JOINED]
    assert known(organisation, third.token).leader_id == leader.id


def test_signing_in_again_ends_the_sign_in_that_the_browser_had(organisation, provider, openid):
    old = signed_in(organisation, provider, openid, "leader")
    gone = sign_in.begin(organisation, provider, REDIRECT)
    back = returned(openid, gone)
    sign_in.finish(organisation, provider, back, browser=gone.browser, replaces=old)
    assert resolve(organisation, old) is None


def test_leaving_signs_out_everywhere(organisation, around):
    done = around()
    leader = leaders.join(organisation, done.identity)
    leaders.leave(organisation, leader.id)
    assert known(organisation, done.token).leaving
    leaders.forget(organisation, leader.id)
    assert resolve(organisation, done.token) is None


def test_a_local_link_signs_in_the_one_person_once(deployment, clock_hand):
    link = sign_in.local_link(deployment)
    done = sign_in.use_local_link(deployment, link)
    leader = leaders.join(deployment, done.identity)
    assert done.identity == local_identity(deployment)
    assert known(deployment, done.token).leader_id == leader.id
    with pytest.raises(LostErrand):
        sign_in.use_local_link(deployment, link)
    late = sign_in.local_link(deployment)
    clock_hand.pass_by(minutes=10)
    with pytest.raises(LostErrand):
        sign_in.use_local_link(deployment, late)


def test_there_is_no_local_link_where_people_sign_in_elsewhere(deployment, organisation):
    left_over = sign_in.local_link(deployment)
    with pytest.raises(SignInFailed, match="no local link"):
        sign_in.local_link(organisation)
    with pytest.raises(SignInFailed, match="no local link"):
        sign_in.use_local_link(organisation, left_over)


def test_people_are_taken_back_to_where_they_were_going(around):
    assert around(return_path="/plans/1?tier=move").return_path == "/plans/1?tier=move"
    assert around(return_path="https://evil.example").return_path == "/"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "",
        "evil", "javascript:alert(1)", "/a\r\nSet-Cookie: x=y", "/\t/evil.example", "/" + "a" * 2001,
        "/ü",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(path):
    assert local_path(path) == "/"


def test_a_return_without_a_code_signs_nobody_in(organisation, provider, openid):
    gone = sign_in.begin(organisation, provider, REDIRECT)
    state = httpx.URL(gone.url).params["state"]
    with pytest.raises(SignInFailed, match="stopped"):
        sign_in.finish(organisation, provider, Return(state), browser=gone.browser)
