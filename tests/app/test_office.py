"""Mail from one mailbox in Microsoft 365, over HTTP to a fake that checks it against the schema."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.config import Settings, SettingsError
from app.mail import Letter, MailError, NotDelivered
from app.services.posting import post
from tests.fakes.graph import GraphFake

OURS, OTHER = "clearway@trust.example", "somebody@trust.example"
LETTER = Letter(
    sender="",
    to=("leader@trust.example",),
    subject="Your week",
    text="Hello",
    html="<p>Hello</p>",
    picture=b"\x89PNG",
    key="digest/1/2026-11-23",
)


@pytest.fixture
def fake() -> Iterator[GraphFake]:
    with GraphFake() as running:
        running.mailbox(OURS)
        running.mailbox(OTHER)
        running.sign_in.app_roles = ("Mail.Send",)
        yield running
        assert running.problems == []


@pytest.fixture
def settings(fake: GraphFake) -> Settings:
    return Settings(
        graph_url=fake.url,
        microsoft_authority=f"{fake.login}/organizations",
        microsoft_client_id="24d3b144-21ae-4080-943f-7067b395b913",
        microsoft_client_secret="s3cret-s3cret",
        mail_mailbox=OURS,
        mail_tenant="84bd8158-6d4d-4958-8b9f-9d6445542f95",
    )


def test_a_mail_is_sent_to_its_recipient_from_the_one_mailbox(
    fake: GraphFake, settings: Settings
) -> None:
    number = post(settings, LETTER)
    ((to, sender),) = [(each.to, each.sender) for each in fake.mails]
    assert (to, sender) == ("leader@trust.example", OURS)
    assert number == post(settings, LETTER)


def test_what_it_may_not_do_is_an_error_to_try_later(fake: GraphFake, settings: Settings) -> None:
    fake.sign_in.app_roles = ("Calendars.Read",)
    with pytest.raises(MailError) as refused:
        post(replace(settings, mail_mailbox=OTHER), LETTER)
    assert not isinstance(refused.value, NotDelivered)
    assert fake.mails == []


def test_without_relay_and_mailbox_nothing_is_sent() -> None:
    with pytest.raises(MailError, match="neither a mail relay nor a mailbox"):
        post(Settings(), LETTER)
    with pytest.raises(SettingsError, match="CLEARWAY_MAIL_TENANT"):
        Settings(mail_mailbox=OURS)
