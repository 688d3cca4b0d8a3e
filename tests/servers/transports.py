"""Transports between a connector and a real server: one counts, one changes what goes by."""

from collections.abc import Callable

import httpx


class Counting(httpx.BaseTransport):
    """Notes the method of every request that goes out."""

    def __init__(self) -> None:
        self.methods: list[str] = []
        self._inner = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.methods.append(request.method)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


class Changing(httpx.BaseTransport):
    """Gives each request to `ask` before it goes out, and each body to `tell` before it arrives."""

    def __init__(
        self,
        *,
        ask: Callable[[str, bytes], bytes] = lambda method, body: body,
        tell: Callable[[str, bytes], bytes] = lambda method, body: body,
    ) -> None:
        self._ask, self._tell = ask, tell
        self._inner = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = [(k, v) for k, v in request.headers.items() if k != "content-length"]
        sent = httpx.Request(
            request.method,
            request.url,
            headers=headers,
            content=self._ask(request.method, request.read()),
            extensions=request.extensions,
        )
        answer = self._inner.handle_request(sent)
        body = self._tell(request.method, answer.read())
        answer.close()
        kept = {"content-length", "content-encoding", "transfer-encoding"}
        told = [(k, v) for k, v in answer.headers.items() if k not in kept]
        return httpx.Response(answer.status_code, headers=told, stream=httpx.ByteStream(body))

    def close(self) -> None:
        self._inner.close()
