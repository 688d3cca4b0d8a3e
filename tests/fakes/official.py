"""The makers' own descriptions of their interfaces, where ../shared has them.

`graph()` and `google()` give the validators of ../shared/protocols/check_schema.py, or None: the
fakes then run without them, and a test that is about them skips with a reason.
"""

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
PROTOCOLS = Path(os.environ.get("CLEARWAY_SHARED", _ROOT.parent / "shared")) / "protocols"
ABSENT = "../shared/protocols is not here, so nothing can be compared with the official description"


@cache
def graph() -> Any | None:
    """The validator of Microsoft Graph's OpenAPI description."""
    module = _module()
    return module.Graph() if module else None


@cache
def google() -> Any | None:
    """The validator of Google Calendar's discovery document."""
    module = _module()
    return module.Google() if module else None


@cache
def _module() -> ModuleType | None:
    path = PROTOCOLS / "check_schema.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("check_schema", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_schema"] = module
    spec.loader.exec_module(module)
    return module
