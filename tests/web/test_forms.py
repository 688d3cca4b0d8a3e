"""What a form may carry, without a browser."""

import pytest

from app.door.intake import Form
from app.services.errors import BadInput
from app.web.carry import pack
from app.web.forms import read_answers

LIMIT = 200_000


def test_what_is_carried_counts_together() -> None:
    """Many small words, each within the limit once unpacked, may not become gigabytes."""
    word = pack(b"\0" * (LIMIT - 1))
    one = Form({"kept": [word]}, {})
    assert len(read_answers(one, LIMIT).contents) == 1
    with pytest.raises(BadInput, match="larger than this service reads"):
        read_answers(Form({"kept": [word] * 190}, {}), LIMIT)
