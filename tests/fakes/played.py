"""Answers without a network, which still have to be read as they come in."""

import httpx


class Played(httpx.MockTransport):
    """httpx's own stand-in gives answers that were read already; a server's are not."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The handler's answer, unread."""
        known = self.handler(request)
        if not isinstance(known, httpx.Response):
            raise TypeError("the handler answers at once")
        if not known.is_stream_consumed:
            return known
        stream = httpx.ByteStream(known.content)
        return httpx.Response(known.status_code, headers=known.headers, stream=stream)
