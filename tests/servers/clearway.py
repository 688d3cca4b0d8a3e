"""Our own commands as processes of their own, as somebody starts, kills and stops them."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

PATIENCE = 120.0
"""Seconds until something that must happen has happened, on a busy machine."""
_READY = {"worker": "at work", "serve": "Clearway is at"}
_numbers = count(1)


@dataclass
class Command:
    """`clearway worker` or `clearway serve`; all that it writes is in `output`."""

    process: subprocess.Popen[bytes]
    output: Path

    def kill(self) -> None:
        """As a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """As a machine that is put to sleep."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """And woken."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """As an administrator does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def close(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def start(
    name: str, environment: Mapping[str, str], folder: Path, program: Sequence[str | Path] = ()
) -> Command:
    """A command by its name, at work by now; of another `program` than ours where that is said."""
    output = folder / f"{name}-{next(_numbers)}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [*(program or [Path(sys.executable).with_name("clearway")]), name, "--json"],
            stdout=log,
            stderr=log,
            env=dict(environment),
        )
    started = Command(process, output)
    end = time.monotonic() + PATIENCE
    while _READY[name] not in output.read_text():
        if process.poll() is not None or time.monotonic() > end:
            started.close()
            raise RuntimeError(f"{name} did not start: {output.read_text()[-2000:]}")
        time.sleep(0.05)
    return started
