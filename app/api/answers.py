"""What operations answer beyond the shapes of the contract: the files, carried in JSON."""

import json
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer
from pydantic.config import JsonDict

from app.services.errors import BadInput
from app.shapes import ApplyResult, Shape, UndoResult

_ITEMS: JsonDict = {"items": {"$ref": "#/components/schemas/OccurrenceItem"}}


class Carrier(Shape):
    """Carries what was written, in the form in which it was brought."""

    calendar: str | None = Field(default=None, description="text of the .ics file")
    diary: list[Any] | None = Field(
        default=None, description="the JSON diary", json_schema_extra=_ITEMS
    )

    @model_serializer(mode="wrap")
    def _without_other(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        left_out = {name for name in ("calendar", "diary") if getattr(self, name) is None}
        return {name: value for name, value in handler(self).items() if name not in left_out}


class ApplyAnswer(Carrier, ApplyResult):
    """What was changed and what was not, the new calendar or diary, and what takes it back."""

    undo: dict[str, Any] = Field(description="keep it: `POST /v1/undo` takes it")


class UndoAnswer(Carrier, UndoResult):
    """What was taken back and what was left alone, and the calendar or diary after it."""


class Health(Shape):
    """The service is running."""

    status: Literal["ok"] = "ok"


def carried(content: bytes, is_json: bool) -> dict[str, Any]:
    """The fields of a carrier for these bytes. Raises BadInput where they are not UTF-8."""
    if is_json:
        return {"diary": json.loads(content)}
    try:
        return {"calendar": content.decode("utf-8")}
    except UnicodeDecodeError as error:
        message = (
            "The calendar is not UTF-8 text, so it cannot be sent back as it was; save it as UTF-8."
        )
        raise BadInput(message) from error
