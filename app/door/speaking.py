"""Pages speak the language that a browser asks for; programs are always answered in English."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.languages import Languages
from rules.language import spoken

_PROGRAMS = ("/v1/", "/internal/")


class Speak:
    """Chooses the language of an answer (ASGI middleware)."""

    def __init__(self, app: ASGIApp, languages: Languages) -> None:
        self._app, self._languages = app, languages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request in the reader's language."""
        if scope["type"] != "http" or scope["path"].startswith(_PROGRAMS):
            await self._app(scope, receive, send)
            return
        with spoken(self._languages.best(Headers(scope=scope).get("accept-language", ""))):
            await self._app(scope, receive, send)
