"""What the kernel's compiled functions must be like, which no compiler checks."""

from types import NoneType
from typing import get_args, get_type_hints

from rules.planner import kernel


def test_a_function_that_counts_no_references_gives_back_no_array() -> None:
    """Such an array would be freed while it is in use; a number or a row of one is safe."""
    lean = [
        each.py_func
        for each in vars(kernel).values()
        if getattr(each, "targetoptions", {}).get("_nrt") is False
    ]
    hints = [get_type_hints(each)["return"] for each in lean]
    given_back = {part for hint in hints for part in get_args(hint) or (hint,)}
    assert lean
    assert given_back <= {NoneType, bool, int, kernel.Label}
