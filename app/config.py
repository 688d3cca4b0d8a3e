"""Settings of the installation, from the environment; unsafe ones are refused at the start."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Networks = tuple[IPv4Network | IPv6Network, ...]


class SettingsError(ValueError):
    """An environment variable that cannot be used; the message is one sentence that names it."""


def _number(default: int, low: int, high: int, about: str) -> Any:
    def read(name: str, text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
        if number is None or not low <= number <= high:
            raise SettingsError(f"{name} is a whole number between {low} and {high}, not “{text}”.")
        return number

    return _setting(default, about, read)


def _address(default: str, about: str) -> Any:
    def read(name: str, text: str) -> str:
        try:
            parts = urlsplit(text)
            encrypted = parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost")
            whole = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        except ValueError:
            whole = encrypted = False
        if not whole or not encrypted:
            raise SettingsError(f"{name} is an address that begins with https://.")
        return text.rstrip("/")

    return _setting(default, about, read)


def _networks(about: str) -> Any:
    def read(name: str, text: str) -> Networks:
        return tuple(_network(name, each.strip()) for each in text.split(",") if each.strip())

    return _setting((), about, read)


def _network(name: str, text: str) -> IPv4Network | IPv6Network:
    try:
        whole = ip_network(text, strict=False)
    except ValueError as error:
        example = "“10.0.0.0/8, fd00::/8”"
        raise SettingsError(
            f"{name} holds networks such as {example}; “{text}” is none."
        ) from error
    if text != str(whole) and whole != _strictly(text):
        raise SettingsError(
            f"{name}: “{text}” has bits set beyond its network, write “{whole}” instead."
        )
    return whole


def _strictly(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _secret(about: str) -> Any:
    return _setting("", about, lambda name, text: text, shown=False)


def _choice(default: str, about: str, *choices: str) -> Any:
    def read(name: str, text: str) -> str:
        if text.lower() not in choices:
            raise SettingsError(f"{name} is one of {', '.join(choices)}, not “{text}”.")
        return text.lower()

    return _setting(default, about, read)


def _word(about: str) -> Any:
    return _setting("", about, lambda name, text: text)


def _mail_address(about: str) -> Any:
    def read(name: str, text: str) -> str:
        local, _, domain = text.rpartition("@")
        if (
            not local
            or not domain
            or any(each in text for each in ' \t<>,;"')
            or not text.isascii()
        ):
            raise SettingsError(f"{name} is a mail address such as clearway@trust.example.")
        return text

    return _setting("", about, read)


def _domains(about: str) -> Any:
    def read(name: str, text: str) -> tuple[str, ...]:
        found = tuple(each.strip().lower().removeprefix("@") for each in text.split(","))
        if not all(_DOMAIN.fullmatch(each) for each in found):
            raise SettingsError(f"{name} holds domains such as “trust.example, nhs.example”.")
        return found

    return _setting((), about, read)


_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


def _folder(about: str) -> Any:
    return _setting("", about, lambda name, text: str(Path(text).expanduser()))


def _setting(
    default: Any, about: str, read: Callable[[str, str], Any], *, shown: bool = True
) -> Any:
    return field(default=default, repr=shown, metadata={"about": about, "read": read})


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation can change. Each is read from `CLEARWAY_` and its name in capitals.

    The upper limits keep one request from taking the machine: at them, reading stays within
    a few seconds and a few hundred megabytes.
    """

    port: int = _number(8000, 1, 65_535, "port of the service on this machine")
    max_bytes: int = _number(5_000_000, 1_000, 50_000_000, "bytes of one calendar file")
    max_components: int = _number(
        20_000, 1, 200_000, "components of one calendar file, counted before it is read"
    )
    budget: int = _number(10, 1, 300, "seconds that making one plan may take")
    graph_url: str = _address(
        "https://graph.microsoft.com/v1.0", "Microsoft Graph, where the cloud is a national one"
    )
    graph_token: str = _secret("access token for `--graph`")
    google_url: str = _address(
        "https://www.googleapis.com/calendar/v3", "Google Calendar, where there is a gateway"
    )
    google_token: str = _secret("access token for `--google`")
    caldav_user: str = _word("user name for `--caldav`")
    caldav_password: str = _secret("app password for `--caldav`")
    private_networks: Networks = _networks(  # noqa: RUF009 # it makes a field
        "networks inside the house that calendars may be read from"
    )

    data: str = _folder("folder for what the service remembers, where no database is named")
    database: str = _secret("address of the database: sqlite:///… or postgresql://…")
    keys: str = _secret("keys of what is sealed in the database, the newest first")
    public_url: str = _address("", "where people find the service, as their browsers see it")

    translations: str = _folder("folder with translations, such as cy.po for Welsh")

    oidc_issuer: str = _address("", "who says who people are (OpenID Connect)")
    oidc_client_id: str = _word("the name under which that knows Clearway")
    oidc_client_secret: str = _secret("the secret that goes with it")
    microsoft_authority: str = _address(
        "https://login.microsoftonline.com/organizations", "where leaders let Clearway into Outlook"
    )
    microsoft_client_id: str = _word("Clearway's application in Entra")
    microsoft_client_secret: str = _secret("its secret")
    google_authorize_url: str = _address(
        "https://accounts.google.com/o/oauth2/v2/auth", "where leaders let Clearway into Google"
    )
    google_token_url: str = _address(
        "https://oauth2.googleapis.com/token", "where Google gives tokens"
    )
    google_client_id: str = _word("Clearway's client in the Google Cloud project")
    google_client_secret: str = _secret("its secret")

    smtp_host: str = _word("mail relay, for the weekly mail and for invitations")
    smtp_port: int = _number(587, 1, 65_535, "port of the mail relay")
    smtp_security: str = _choice(
        "starttls", "how the way to the relay is encrypted", "starttls", "tls", "none"
    )
    smtp_user: str = _word("user name at the mail relay")
    smtp_password: str = _secret("password at the mail relay")
    mail_from: str = _mail_address("from whom the weekly mail comes; without it none is sent")
    mail_domains: tuple[str, ...] = _domains("domains that the weekly mail may go to, if not all")
    mail_mailbox: str = _mail_address(
        "mailbox in Microsoft 365 to send the weekly mail from, where there is no relay"
    )
    mail_tenant: str = _word("tenant of that mailbox")
    feedback_url: str = _address("", "where people can say what they think of the weekly mail")

    log_level: str = _choice("info", "how much is logged", "info", "warning", "error")
    metrics_port: int = _number(0, 0, 65_535, "port of a worker's metrics on this machine; 0: none")
    metrics_token: str = _secret("token with which the service's /metrics may be read")
    requests_per_minute: int = _number(
        240, 1, 100_000, "requests that one person may send in a minute"
    )
    # Google lets a project ask 10,000 times a minute; Microsoft an application 780,000 times
    google_per_minute: int = _number(
        8_000, 60, 1_000_000, "requests a minute that all processes together send to Google"
    )
    microsoft_per_minute: int = _number(
        100_000, 60, 1_000_000, "requests a minute that they send to Microsoft Graph"
    )
    history_weeks: int = _number(13, 1, 52, "weeks for which a leader's history is kept")

    def __post_init__(self) -> None:
        local = self.smtp_host in ("", "localhost", "127.0.0.1", "::1")
        if self.smtp_security == "none" and not local:
            raise SettingsError("CLEARWAY_SMTP_SECURITY is none only for a relay on this machine.")
        if self.mail_mailbox and not (self.mail_tenant and self.microsoft_client_id):
            message = (
                "CLEARWAY_MAIL_MAILBOX needs CLEARWAY_MAIL_TENANT and CLEARWAY_MICROSOFT_CLIENT_ID."
            )
            raise SettingsError(message)

    @property
    def folder(self) -> Path:
        """Where the embedded database is kept (XDG Base Directory Specification)."""
        home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return Path(self.data or home + "/clearway").expanduser()

    @property
    def variables(self) -> dict[str, str]:
        """The name of each environment variable, with what it is for."""
        return {_variable(each.name): str(each.metadata["about"]) for each in fields(self)}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in an environment (this process's unless given).

    Raises SettingsError with one sentence for a value that cannot be used.
    """
    given = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for each in fields(Settings):
        name = _variable(each.name)
        text = given.get(name, "").strip()
        if text:
            values[each.name] = each.metadata["read"](name, text)
    return Settings(**values)


def _variable(name: str) -> str:
    return f"CLEARWAY_{name.upper()}"
