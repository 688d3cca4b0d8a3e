"""The legend of the pictures."""

from app.drawing.layout import Look, Mark
from app.web import legend


def test_every_look_and_mark_of_a_picture_is_named() -> None:
    """Gaps and ends of day look alike, so they are one line."""
    looks = {look for look, _, _ in legend._KEY}
    assert looks | {Look.END_OF_DAY} == set(Look)
    assert {mark for _, mark, _ in legend._KEY} == set(Mark)
    names = [each.name for each in legend.legend()]
    assert len(names) == len(set(names))
