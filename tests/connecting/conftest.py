"""An installation that may talk to the servers of this machine, on each kind of database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest

from app import clock
from app.config import Settings
from app.deployment import Deployment
from app.people import leaders
from app.storage.database import Database
from tests.contract.stage import ME
from tests.fakes.google import GoogleFake
from tests.fakes.graph import GraphFake

LOOPBACK = (ip_network("127.0.0.0/8"),)
SITE = "https://clearway.trust.example"


@dataclass
class Clock:
    """A clock that stands until it is set."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        """Let some time go by."""
        self.at += timedelta(**time)


@pytest.fixture
def clock_hand() -> Clock:
    # the fakes' own clock is the real one, but late in the evening a test would see midnight pass
    return Clock(min(clock.now(), clock.now().replace(hour=23, minute=30)))


@pytest.fixture
def deployment(database: Database, clock_hand: Clock) -> Deployment:
    settings = Settings(private_networks=LOOPBACK, public_url=SITE)
    return Deployment(settings, database, database.fingerprints(), clock_hand)


@pytest.fixture
def leader(deployment: Deployment) -> str:
    return leaders.join(deployment, "leader").id


@pytest.fixture
def graph() -> Iterator[GraphFake]:
    with GraphFake() as running:
        running.mailbox(ME)
        yield running
        assert running.problems == []


@pytest.fixture
def google() -> Iterator[GoogleFake]:
    with GoogleFake() as running:
        running.account(ME)
        yield running
        assert running.problems == []


@pytest.fixture
def outlook(deployment: Deployment, graph: GraphFake) -> Deployment:
    """An installation that is registered with the tenant."""
    return with_settings(
        deployment,
        graph_url=graph.url,
        microsoft_authority=f"{graph.login}/organizations",
        microsoft_client_id="24d3b144-21ae-4080-943f-7067b395b913",
        microsoft_client_secret="s3cret-s3cret",
    )


@pytest.fixture
def workspace(deployment: Deployment, google: GoogleFake) -> Deployment:
    """An installation that is registered with Google."""
    return with_settings(
        deployment,
        google_url=google.url,
        google_authorize_url=google.authorize_uri,
        google_token_url=google.token_uri,
        google_client_id="client.apps.example",
        google_client_secret="s3cret-s3cret",
    )


def with_settings(deployment: Deployment, **settings: object) -> Deployment:
    changed: Callable[..., Settings] = replace
    return replace(deployment, settings=changed(deployment.settings, **settings))
