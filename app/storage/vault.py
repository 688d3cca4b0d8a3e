"""Seals what must not be readable in a copy of the database, with keys that are kept outside it.

Fernet (AES-CBC with HMAC-SHA256, from `cryptography`) does the work. The first key seals; all of
them open, so a key is rotated by putting a new one in front, sealing everything again (`clearway
keys rotate`), and taking the old one away.
"""

import hmac
import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NewType

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

Sealed = NewType("Sealed", bytes)
"""A value that only the vault can read. What is sealed is JSON."""


class VaultError(Exception):
    """A sealed value or a key that is not what it has to be; the message is one sentence."""


class Vault:
    """Seals and opens values. It is given its keys and keeps them to itself.

    `newest` is the fingerprint of the key that seals: a key is random, so that tells nothing of it.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys, the one that seals first. Raises VaultError."""
        if not keys:
            raise VaultError("There is no key to seal with.")
        try:
            self._newest = Fernet(keys[0])
            self.newest = sha256(keys[0].encode()).hexdigest()
            self._keys = MultiFernet([Fernet(each) for each in keys])
        except ValueError as error:
            raise VaultError(
                "A key is 32 bytes in URL-safe base64; `clearway keys new` makes one."
            ) from error

    def seal(self, value: Any) -> Sealed:
        """A value that JSON can hold, as bytes that tell nothing but their length and age."""
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return Sealed(self._keys.encrypt(text.encode("utf-8", "surrogatepass")))

    def open(self, sealed: Sealed) -> Any:
        """The value again. Raises VaultError where none of the keys sealed it."""
        return json.loads(self._open(sealed).decode("utf-8", "surrogatepass"))

    def reseal(self, sealed: Sealed) -> Sealed:
        """The same value sealed by the first key. Raises VaultError."""
        try:
            return Sealed(self._keys.rotate(sealed))
        except InvalidToken as error:
            raise VaultError(_NO_KEY) from error

    def is_newest(self, sealed: Sealed) -> bool:
        """Whether the first key sealed it."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def seal_bytes(self, content: bytes) -> bytes:
        """Bytes, for a part of a file."""
        return self._keys.encrypt(content)

    def open_bytes(self, sealed: bytes) -> bytes:
        """The bytes again. Raises VaultError."""
        return self._open(Sealed(sealed))

    def _open(self, sealed: Sealed) -> bytes:
        try:
            return self._keys.decrypt(sealed)
        except InvalidToken as error:
            raise VaultError(_NO_KEY) from error


_NO_KEY = "Something in the database was sealed with a key that is not here."


class Fingerprints:
    """Keyed hashes: they tell whether two ids are the same, and nothing without the secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, purpose: str, *parts: str) -> str:
        """64 hexadecimal digits. The same parts for another purpose give other digits."""
        text = json.dumps([purpose, *parts], ensure_ascii=False)
        return hmac.new(self._secret, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def new_key() -> str:
    """A fresh key for the vault."""
    return Fernet.generate_key().decode("ascii")
