"""Signing in with the real msal, against the fake's sign-in, and proof of an application's reach."""

import base64
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from connectors.errors import (
    BadAnswer,
    ConnectorError,
    PermissionMissing,
    SignInNeeded,
    Unreachable,
)
from connectors.graph import GraphDiary, Options, auth, doctor
from connectors.transport import Door, FixedToken
from tests.contract.stage import ME
from tests.contract.words import WEEK
from tests.fakes.graph import GraphFake
from tests.fakes.played import Played

TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
APP = auth.App("24d3b144-21ae-4080-943f-7067b395b913", "s3cret-s3cret", TENANT)
BACK = "https://clearway.trust.example/sign-in"
OUTSIDE = "outside@trust.example"


@pytest.fixture
def fake() -> Iterator[GraphFake]:
    with GraphFake() as running:
        running.mailbox(ME)
        running.mailbox(OUTSIDE)
        yield running
        assert running.problems == []


@pytest.fixture
def login(fake: GraphFake) -> Iterator[Door]:
    door = Door(fake.login, pause=lambda _: None)
    yield door
    door.close()


@pytest.fixture
def door(fake: GraphFake) -> Iterator[Door]:
    """Without credentials of its own."""
    yield from closing(Door(fake.url, FixedToken(fake.app_token(mailboxes=[ME]))))


def closing(found: Door) -> Iterator[Door]:
    yield found
    found.close()


def signed_in(fake: GraphFake, login: Door) -> auth.SignedIn:
    """Go to the page, agree, and come back with the form that is sent then."""
    flow = auth.start(APP, login, BACK)
    parts = urlsplit(flow["auth_uri"])
    agreed = httpx.get(f"{fake.login}{parts.path}?{parts.query}").text
    found = re.findall(r'name="(\w+)" value="([^"]*)"', agreed)
    return auth.finish(APP, login, flow, {name: unescape(value) for name, value in found})


# -- a person -----------------------------------------------------------------------------------


def test_a_person_signs_in_and_the_consent_lasts(fake: GraphFake, login: Door) -> None:
    found = signed_in(fake, login)
    assert found.address == ME and {"Calendars.ReadWrite", "MailboxSettings.Read"} <= found.scopes
    assert ME not in repr(found) and "refresh" not in repr(found)
    kept: list[str] = []
    token = auth.Delegated(APP, login, found.cache, save=kept.append)
    first = token()
    assert token() == first and not kept
    assert token(fresh=True) != first and len(kept) == 1
    fake.faults.expire_token(token())
    diary = GraphDiary(Door(fake.url, token), Options(me=[ME], scopes=found.scopes))
    assert diary.read(WEEK).occurrences == ()
    assert auth.Delegated(APP, login, kept[-1], save=kept.append)()
    diary.close()


def test_no_scope_is_asked_for_that_msal_adds_by_itself(login: Door) -> None:
    flow = auth.start(APP, login, BACK, scopes=auth.READ, hint=ME)
    asked = dict(parse_qsl(urlsplit(flow["auth_uri"]).query))
    assert asked["login_hint"] == ME and asked["code_challenge_method"] == "S256"
    assert {"Calendars.Read", "MailboxSettings.Read", "offline_access"} <= set(
        asked["scope"].split()
    )


def test_another_cloud_has_its_own_names() -> None:
    cloud = auth.App("id", "x", authority="https://login.cloud.example", graph="https://g.example")
    assert cloud.scopes(auth.READ)[0] == "https://g.example/Calendars.Read"


def test_a_consent_that_was_taken_back_is_told_from_none(fake: GraphFake, login: Door) -> None:
    found = signed_in(fake, login)
    fake.faults.revoke(ME)
    token = auth.Delegated(APP, login, found.cache, save=lambda _: None)
    with pytest.raises(SignInNeeded, match="has ended"):
        token(fresh=True)
    for nothing in ("", "{}"):
        with pytest.raises(SignInNeeded, match="Nobody has signed in"):
            auth.Delegated(APP, login, nothing, save=lambda _: None)()
    with pytest.raises(SignInNeeded):
        auth.Delegated(APP, login, "not a cache", save=lambda _: None)


def test_the_answer_of_another_sign_in_is_refused(fake: GraphFake, login: Door) -> None:
    flow = auth.start(APP, login, BACK)
    with pytest.raises(SignInNeeded):
        auth.finish(APP, login, flow, {"code": "x", "state": "of-another"})
    with pytest.raises(SignInNeeded):
        auth.finish(APP, login, flow, {"code": "x", "state": flow["state"]})
    with pytest.raises(PermissionMissing, match="agree"):
        auth.finish(APP, login, flow, {"error": "access_denied", "state": flow["state"]})


# -- an application -----------------------------------------------------------------------------


def test_an_application_signs_in_at_its_tenant(fake: GraphFake, login: Door) -> None:
    token = auth.AppOnly(APP, login)
    first = token()
    assert token() == first and token(fresh=True) != first
    assert len(fake.sign_in.requests) == 2
    with pytest.raises(ValueError, match="its own tenant"):
        auth.AppOnly(auth.App("id", "secret"), login)
    assert "s3cret" not in repr(APP)


def test_a_wrong_secret_is_for_whoever_runs_it(fake: GraphFake, login: Door) -> None:
    fake.sign_in.client_secret = "another"
    with pytest.raises(PermissionMissing, match="secret"):
        auth.AppOnly(APP, login)()


# -- whatever the sign-in says ------------------------------------------------------------------


class SignIn:
    """Answers the token endpoint with what it was told to."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.body = body

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("openid-configuration"):
            base = f"https://login.microsoftonline.com/{TENANT}"
            found = {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            }
            return httpx.Response(200, json=found)
        if isinstance(self.body, str):
            return httpx.Response(self.status, text=self.body)
        return httpx.Response(self.status, json=self.body)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": "invalid_grant", "error_codes": [50173]}, SignInNeeded),
        (400, {"error": "invalid_grant", "error_codes": [700082]}, SignInNeeded),
        (400, {"error": "invalid_grant", "error_codes": [65001]}, PermissionMissing),
        (400, {"error": "interaction_required", "error_codes": [53003]}, SignInNeeded),
        (401, {"error": "invalid_client", "error_codes": [7000222]}, PermissionMissing),
        (400, {"error": "unauthorized_client", "error_codes": "many"}, PermissionMissing),
        (400, {"error": "temporarily_unavailable"}, Unreachable),
        (503, "busy", Unreachable),
        (200, "<html>", BadAnswer),
        (200, {"access_token": 5}, ConnectorError),
    ],
)
def test_each_refusal_is_a_sentence_of_ours(
    status: int, body: Any, error: type[ConnectorError]
) -> None:
    if isinstance(body, dict):
        body = body | {"error_description": f"AADSTS: {ME} has no access"}
    door = Door(auth.LOGIN, transport=Played(SignIn(status, body)), pause=lambda _: None)
    with pytest.raises(error) as raised:
        auth.AppOnly(APP, door)()
    told = str(raised.value)
    assert ME not in told and told.endswith(".") and len(told.split()) <= 20
    door.close()


# -- the doctor ---------------------------------------------------------------------------------


def verdict(
    fake: GraphFake, token: str, inside: str = ME, outside: str = OUTSIDE
) -> dict[str, bool]:
    found = Door(fake.url, FixedToken(token), pause=lambda _: None)
    findings = doctor.examine(found, FixedToken(token), inside, outside)
    found.close()
    for each in findings:
        assert len(each.sentence.split()) <= 20
        assert ME not in each.sentence and OUTSIDE not in each.sentence
    return {each.name: each.passed for each in findings}


def test_an_application_in_its_scope_passes(fake: GraphFake) -> None:
    token = fake.app_token(mailboxes=[ME])
    assert verdict(fake, token) == {"token": True, "inside": True, "outside": True}


@pytest.mark.parametrize(
    "role", ["Calendars.Read", "Calendars.ReadWrite", "Calendars.ReadBasic.All"]
)
def test_a_consent_for_every_mailbox_fails_whatever_the_scope(fake: GraphFake, role: str) -> None:
    found = verdict(fake, fake.app_token([role], [ME]))
    assert not found["token"]


def test_access_to_all_is_found_by_trying_too(fake: GraphFake) -> None:
    assert verdict(fake, fake.app_token()) == {"token": False, "inside": True, "outside": False}


def test_a_scope_without_the_mailbox_fails(fake: GraphFake) -> None:
    assert not verdict(fake, fake.app_token(mailboxes=[]))["inside"]


def test_what_cannot_be_known_fails(fake: GraphFake) -> None:
    token = fake.app_token(mailboxes=[ME])
    assert not verdict(fake, token, outside="nobody@trust.example")["outside"]
    assert not verdict(fake, token, outside=ME)["two-mailboxes"]
    fake.faults.fail(503, "UnknownError", times=99)
    assert verdict(fake, token) == {"token": True, "inside": False, "outside": False}


def test_a_persons_token_proves_nothing(fake: GraphFake) -> None:
    assert not verdict(fake, fake.token(ME))["token"]


@pytest.mark.parametrize(
    "claims", [None, [], "x", {"roles": "Calendars.Read"}, {"roles": [5]}, {"roles": None}]
)
def test_a_token_that_cannot_be_read_fails(door: Door, claims: Any) -> None:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    token = f"e30.{part}." if claims is not None else "opaque"
    found = doctor.examine(door, FixedToken(token), ME, OUTSIDE)
    assert not found[0].passed
