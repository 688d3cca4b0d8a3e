"""Settings of the installation, from the environment; unsafe ones are refused at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


class SettingsError(ValueError):
    """An environment variable that cannot be used; the message is one sentence that names it."""


def _setting(default: int, low: int, high: int, about: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "about": about})


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation can change. Each is read from `CLEARWAY_` and its name in capitals.

    The upper limits keep one request from taking the machine: at them, reading stays within
    a few seconds and a few hundred megabytes.
    """

    port: int = _setting(8000, 1, 65_535, "port of the service on this machine")
    max_bytes: int = _setting(5_000_000, 1_000, 50_000_000, "bytes of one calendar file")
    max_components: int = _setting(
        20_000, 1, 200_000, "components of one calendar file, counted before it is read"
    )
    budget: int = _setting(10, 1, 300, "seconds that making one plan may take")

    @property
    def variables(self) -> dict[str, str]:
        """The name of each environment variable, with what it is for."""
        return {_variable(each.name): str(each.metadata["about"]) for each in fields(self)}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in an environment (this process's unless given).

    Raises SettingsError with one sentence for a value that is not a number or outside its limits.
    """
    given = os.environ if environment is None else environment
    values: dict[str, int] = {}
    for each in fields(Settings):
        text = given.get(_variable(each.name), "").strip()
        if text:
            low, high = each.metadata["low"], each.metadata["high"]
            values[each.name] = _read_number(_variable(each.name), text, low, high)
    return Settings(**values)


def _variable(name: str) -> str:
    return f"CLEARWAY_{name.upper()}"


def _read_number(name: str, text: str, low: int, high: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
    if number is None or not low <= number <= high:
        raise SettingsError(f"{name} is a whole number between {low} and {high}, not “{text}”.")
    return number
