"""What these pages offer beside the diary, which is the same for everybody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from app.config import Settings
from app.people.openid import Provider
from app.sample_account import SampleAccount


@dataclass(slots=True)
class Offers:
    """Ways to sign in, and the sample account once it runs.

    `print_link` writes another one-time link where the service was started.
    """

    provider: Provider | None = field(default=None, repr=False)
    print_link: Callable[[], None] | None = field(default=None, repr=False)
    account: SampleAccount | None = None


def usual_offers(settings: Settings) -> Offers:
    """Signing in as the settings say."""
    return Offers(Provider(settings) if settings.oidc_issuer else None)


def offers_of(request: Request) -> Offers:
    """What is offered by the service that a request came to."""
    return cast(Offers, request.app.state.offers)
