"""Undoing in a JSON diary that somebody has damaged since."""

import pytest

from app.services.json_write import undo_json
from connectors.errors import BadUndoRecord

RECORD = {"edits": [], "files": [{"before": "sha256 of one", "after": "sha256 of the other"}]}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[{]", id="no JSON"),
        pytest.param(b"[" * 100_000, id="lists in lists in lists"),
    ],
)
def test_a_diary_that_cannot_be_read_is_refused_in_one_sentence(content: bytes):
    with pytest.raises(BadUndoRecord, match="damaged, or is not of this diary"):
        undo_json(content, RECORD)
