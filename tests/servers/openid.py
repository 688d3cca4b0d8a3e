"""A real OpenID provider as a process of its own, for tests: `openid`.

It signs whoever it was told to (`/as/{user}`) in without a form, checks PKCE, the client's
secret, the redirect and that a code is used once, and signs with RSA keys that it can change. On
request (`/mode/{mode}`) it misbehaves in one of the ways in `MODES`.
"""

import hmac
import json
import secrets
import sys
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.servers.processes import Running, free_port

CLIENT = "clearway"
SECRET = "not so secret: %&+/ü"
# without encryption on this machine, and without a connection that outlives a request
_CLIENT = httpx.Client(timeout=30, verify=False, limits=httpx.Limits(max_keepalive_connections=0))
TENANT = "11111111-2222-3333-4444-555555555555"

MODES = (
    "usual",
    "wrong-signature",
    "no-signature",
    "shared-secret",
    "expired",
    "from-the-future",
    "wrong-nonce",
    "no-nonce",
    "wrong-audience",
    "wrong-issuer",
    "two-audiences",
    "wrong-access-token",
    "no-subject",
    "no-token",
    "error",
    "away",
)


@dataclass(frozen=True)
class OpenIdServer:
    """A running provider. `issuer` is an address as Entra's, with a tenant in it."""

    url: str
    issuer: str

    def act_as(self, user: str) -> None:
        """Whoever signs in from now on is this user."""
        _CLIENT.post(f"{self.url}/as/{user}").raise_for_status()

    def misbehave(self, mode: str) -> None:
        """Do so in one of the ways in `MODES` from now on."""
        _CLIENT.post(f"{self.url}/mode/{mode}").raise_for_status()

    def new_key(self) -> None:
        """Sign with another key from now on."""
        _CLIENT.post(f"{self.url}/keys").raise_for_status()

    def key_readings(self) -> int:
        """How often the keys were read so far."""
        return int(_CLIENT.get(f"{self.url}/readings").text)

    def visit(self, address: str) -> dict[str, str]:
        """What a browser that was sent there brings back in the address of its return."""
        answer = _CLIENT.get(address)
        assert answer.status_code == 303, answer.text
        return dict(httpx.URL(answer.headers["location"]).params)


@contextmanager
def running_openid(folder: Path) -> Iterator[OpenIdServer]:
    """The provider from its first answer to its end."""
    port = free_port()
    with Running(["tests.servers.openid", str(port)], port, folder):
        url = f"http://127.0.0.1:{port}"
        yield OpenIdServer(url, f"{url}/{TENANT}/v2.0")


# --- the process -----------------------------------------------------------------------------


class Provider:
    """What the process remembers: users, codes, keys, and how it behaves."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}/{TENANT}/v2.0"
        self.user = "leader"
        self.mode = "usual"
        self.codes: dict[str, dict[str, str]] = {}
        self.keys: list[RSAKey] = []
        self.readings = 0
        self.add_key()

    def add_key(self) -> None:
        """Sign with a new key; the former stays in the set."""
        number = len(self.keys) + 1
        self.keys.append(RSAKey.generate_key(2048, {"kid": f"key-{number}", "use": "sig"}))

    async def describe(self, request: Request) -> Response:
        """The discovery document."""
        if self.mode == "away":
            return Response(status_code=503)
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def key_set(self, request: Request) -> Response:
        """The public keys."""
        self.readings += 1
        return JSONResponse({"keys": [each.as_dict(private=False) for each in self.keys]})

    async def authorize(self, request: Request) -> Response:
        """Sign the user in without a question, and send the browser back with a code."""
        asked = dict(request.query_params)
        wanted = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        if {name: asked.get(name) for name in wanted} != wanted or "openid" not in asked["scope"]:
            return Response("bad request", status_code=400)
        back = {"state": asked["state"], "iss": self.issuer}
        if self.mode == "error":
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_urlsafe(16)
            self.codes[back["code"]] = {**asked, "user": self.user}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", status_code=303)

    async def token(self, request: Request) -> Response:
        """Give tokens for a code, once, to the client that asked for it."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not _is_client(request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or not _fits(asked, form):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        access = secrets.token_urlsafe(16)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        if self.mode != "no-token":
            answer["id_token"] = self.sign(self.claims(asked, access))
        return JSONResponse(answer)

    def claims(self, asked: dict[str, str], access: str) -> dict[str, Any]:
        """Who has signed in, as this mode tells it. The words before a dot in a user are a tenant."""
        now = int(time.time())  # noqa: TID251 # a provider has a clock of its own
        told: dict[str, Any] = {
            "iss": self.issuer,
            "sub": f"subject-of-{asked['user']}",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "at_hash": _half_hash(access),
            "name": "Somebody With A Name",
            "email": "somebody@trust.example",
        }
        if asked["user"].startswith("entra-"):
            told |= {"tid": TENANT, "oid": asked["user"]}
        if asked["user"].startswith("posing-"):
            told |= {"tid": "another-tenant", "oid": asked["user"].removeprefix("posing-")}
        return {**told, **_ODD.get(self.mode, lambda claims: {})(told)}

    def sign(self, claims: dict[str, Any]) -> str:
        """An ID token, as this mode signs it."""
        told = {name: value for name, value in claims.items() if value is not None}
        key = self.keys[-1]
        header = {"alg": "RS256", "kid": str(key.kid)}
        if self.mode == "shared-secret":
            header["alg"] = "HS256"
            return _by_secret(header, told, key.as_pem(private=False))
        if self.mode == "wrong-signature":
            key = RSAKey.generate_key(2048, {"kid": str(key.kid)})
        token = jwt.encode(header, told, key)
        if self.mode == "no-signature":
            unsigned = _encoded(b'{"alg":"none"}')
            return f"{unsigned}.{token.split('.')[1]}."
        return token

    async def behave(self, request: Request) -> Response:
        """Take on a mode."""
        self.mode = request.path_params["mode"]
        return Response(status_code=204 if self.mode in MODES else 404)

    async def become(self, request: Request) -> Response:
        """Let another user sign in."""
        self.user = request.path_params["user"]
        return Response(status_code=204)

    async def change_key(self, request: Request) -> Response:
        """Sign with another key from now on."""
        self.add_key()
        return Response(status_code=204)

    async def count(self, request: Request) -> Response:
        """How often the keys were read."""
        return Response(str(self.readings))

    def app(self) -> Starlette:
        """The routes."""
        base = f"/{TENANT}/v2.0"
        return Starlette(
            routes=[
                Route(f"{base}/.well-known/openid-configuration", self.describe),
                Route(f"{base}/keys", self.key_set),
                Route(f"{base}/authorize", self.authorize),
                Route(f"{base}/token", self.token, methods=["POST"]),
                Route("/mode/{mode}", self.behave, methods=["POST"]),
                Route("/as/{user}", self.become, methods=["POST"]),
                Route("/keys", self.change_key, methods=["POST"]),
                Route("/readings", self.count),
            ]
        )


_ODD: dict[str, Any] = {
    "expired": lambda claims: {"iat": claims["iat"] - 7200, "exp": claims["exp"] - 7200},
    "from-the-future": lambda claims: {"iat": claims["iat"] + 7200, "exp": claims["exp"] + 7200},
    "wrong-nonce": lambda claims: {"nonce": "another"},
    "no-nonce": lambda claims: {"nonce": None},
    "wrong-audience": lambda claims: {"aud": "another"},
    "two-audiences": lambda claims: {"aud": [CLIENT, "another"], "azp": "another"},
    "wrong-issuer": lambda claims: {"iss": "https://login.other.example"},
    "wrong-access-token": lambda claims: {"at_hash": _half_hash("another")},
    "no-subject": lambda claims: {"sub": None},
}


def _by_secret(header: dict[str, str], claims: dict[str, Any], secret: bytes) -> str:
    """A token with the public key as a shared secret, which careful libraries refuse to make."""
    parts = [_encoded(json.dumps(each).encode()) for each in (header, claims)]
    digest = hmac.digest(secret, ".".join(parts).encode(), "sha256")
    return ".".join([*parts, _encoded(digest)])


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _is_client(header: str) -> bool:
    """RFC 6749 section 2.3.1: name and secret are form-encoded before they are joined."""
    scheme, _, words = header.partition(" ")
    if scheme != "Basic":
        return False
    name, _, secret = b64decode(words).decode().partition(":")
    return (unquote(name), unquote(secret)) == (CLIENT, SECRET)


def _fits(asked: dict[str, str], form: dict[str, str]) -> bool:
    challenge = _encoded(sha256(form.get("code_verifier", "").encode()).digest())
    return (
        form.get("grant_type") == "authorization_code"
        and form.get("redirect_uri") == asked["redirect_uri"]
        and challenge == asked["code_challenge"]
    )


def _half_hash(text: str) -> str:
    return _encoded(sha256(text.encode()).digest()[:16])


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(Provider(int(sys.argv[1])).app(), port=int(sys.argv[1]), log_level="warning")
