"""People of made-up installations: a clock that can be set, and a real provider who knows them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.config import Settings
from app.deployment import Deployment
from app.people import leaders, sign_in
from app.people.openid import Provider
from app.people.principal import Principal, resolve
from app.storage.database import Database
from tests.servers.openid import CLIENT, SECRET, OpenIdServer

THURSDAY = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
REDIRECT = "https://clearway.example/sign-in/back"


@dataclass
class Clock:
    """A clock that stands until it is set."""

    at: datetime = THURSDAY

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        """Let some time go by."""
        self.at += timedelta(**time)


@pytest.fixture
def clock_hand() -> Clock:
    """The clock of `deployment`."""
    return Clock()


@pytest.fixture
def deployment(database: Database, clock_hand: Clock) -> Deployment:
    """An embedded installation, on each kind of database."""
    return Deployment(Settings(), database, database.fingerprints(), clock_hand)


@pytest.fixture
def leader(deployment: Deployment) -> leaders.Leader:
    """Somebody who has joined."""
    return leaders.join(deployment, identity(deployment, "leader"))


@pytest.fixture
def organisation(database: Database, openid: OpenIdServer) -> Iterator[Deployment]:
    """An installation whose people sign in with their organisation; its clock is the real one."""
    openid.misbehave("usual")
    openid.act_as("leader")
    yield Deployment(settings_for(openid), database, database.fingerprints(), clock.now)
    openid.misbehave("usual")


@pytest.fixture
def provider(organisation: Deployment) -> Provider:
    """Its side of the provider, with nothing remembered."""
    return Provider(organisation.settings)


def settings_for(openid: OpenIdServer) -> Settings:
    """Those of an installation that believes this provider."""
    return replace(
        Settings(), oidc_issuer=openid.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET
    )


def identity(deployment: Deployment, name: str) -> str:
    """The fingerprint of somebody."""
    return deployment.fingerprints.of("identity", "test", name)


def signed_in(organisation: Deployment, provider: Provider, openid: OpenIdServer, user: str) -> str:
    """The token of somebody who has just signed in."""
    openid.act_as(user)
    gone = sign_in.begin(organisation, provider, REDIRECT)
    back = returned(openid, gone)
    return sign_in.finish(organisation, provider, back, browser=gone.browser).token


def returned(openid: OpenIdServer, gone: sign_in.Departure) -> sign_in.Return:
    """What a browser brings back."""
    back = openid.visit(gone.url)
    return sign_in.Return(
        back["state"], back.get("code", ""), back.get("error", ""), back.get("iss")
    )


def known(deployment: Deployment, token: str) -> Principal:
    """Who carries a token that has to be good."""
    found = resolve(deployment, token)
    assert found is not None
    return found
