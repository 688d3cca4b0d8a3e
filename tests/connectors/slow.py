"""A server that takes its time: it sends one byte now and then, for much longer than anybody waits."""

import socket
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

STEP = 0.05
LASTS = 20.0
"""Seconds that it would go on."""


class Slow:
    """Gives what is in `at_once`, then each byte of `slowly`, over and over, one in each step.

    With `at_once` several answers can be given before the slow one. What is asked is not read
    where `deaf`.
    """

    def __init__(self, slowly: bytes, *, at_once: Sequence[bytes] = (), deaf: bool = False) -> None:
        self._slowly, self._at_once, self._deaf = slowly, at_once, deaf
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = f"http://{self.authority}"
        self.calls = 0
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        for each in self._threads:
            each.join(timeout=10)
        self._socket.close()

    def _accept(self) -> None:
        while not self._end.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        end = time.monotonic() + LASTS
        with connection:
            try:
                for answer in self._at_once:
                    connection.recv(65_536)
                    connection.sendall(answer)
                if not self._deaf:
                    connection.recv(65_536)
                while time.monotonic() < end and not self._end.wait(STEP):
                    if self._slowly:
                        connection.sendall(self._slowly[:1])
                        self._slowly = self._slowly[1:] + self._slowly[:1]
            except OSError:
                return
