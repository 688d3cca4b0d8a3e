"""The page for operators, as somebody reads it who types what it says."""

import os
import re
import sys
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operate.md").read_text("utf-8")


def blocks(heading: str, kind: str = "sh") -> str:
    """The commands below a heading, up to the next one."""
    parts = re.split(rf"^#+ {re.escape(heading)}$", TEXT, maxsplit=1, flags=re.M)
    section = re.split(r"^#+ ", parts[1], maxsplit=1, flags=re.M)[0]
    found = re.findall(rf"```{kind}\n(.*?)```", section, re.S)
    assert found, heading
    return "".join(found)


def environment(settings: dict[str, str], programs: str = "") -> dict[str, str]:
    """This process's environment with nothing set for Clearway but these, and its programs found."""
    clean = {name: value for name, value in os.environ.items() if name[:9] != "CLEARWAY_"}
    path = [str(Path(sys.executable).parent), programs, os.environ["PATH"]]
    return clean | settings | {"PATH": ":".join(filter(None, path))}
