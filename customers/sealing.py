"""Personal data as it is kept: sealed under a key of the person's own, and that key under the shop's (settings.PERSONAL_KEY).

What must be found again without being readable is a keyed digest. Both keys are derived from the shop's, so that neither tells anything
of the other. AES-256-GCM; every sealed text names whose it is and what it is, so that one put in another's place does not open.
"""

import base64
import hmac
import os
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from kernel.errors import Refused

Json = dict[str, Any]
Bytes = bytes | memoryview
KEY_BYTES = 32
NONCE_BYTES = 12
# Of how something was sealed; another way of sealing gets another.
FORM = b"\x01"
# A beginning of a word is one of few: more than this tells nothing more, and there are dozens a person.
SHORT_DIGEST = 16


class Unreadable(Refused):
    """Changed since it was sealed, put in another's place, or sealed under another shop's key."""

    code = "personal_data_unreadable"
    status = 500
    title = "This personal data cannot be read: it was changed outside the product, or PERSONAL_KEY is not the one it was sealed with"


def read_shop_key(text: str) -> bytes:
    """base64 of 32 bytes. Raises ValueError for anything else."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("it is not base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"it has {len(key)} bytes, not {KEY_BYTES}")
    return key


@lru_cache(maxsize=8)
def _derived(shop_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"onecounter " + purpose).derive(read_shop_key(shop_key))


@lru_cache(maxsize=8)
def _wrapping(shop_key: str) -> AESGCM:
    return AESGCM(_derived(shop_key, b"wrapping"))


class PersonKey:
    """Opens and seals what belongs to one person."""

    def __init__(self, customer: UUID, plain: bytes) -> None:
        self._customer = customer.bytes
        self._plain = plain
        self._cipher = AESGCM(plain)

    @classmethod
    def new(cls, customer: UUID) -> "PersonKey":
        return cls(customer, AESGCM.generate_key(bit_length=256))

    @classmethod
    def opened(cls, customer: UUID, wrapped: Bytes) -> "PersonKey":
        return cls(customer, _open(_wrapping(settings.PERSONAL_KEY), bytes(wrapped), b"key" + customer.bytes))

    def wrapped(self) -> bytes:
        """As it may be kept."""
        return _seal(_wrapping(settings.PERSONAL_KEY), self._plain, b"key" + self._customer)

    def seal(self, what: str, content: Mapping[str, Any]) -> bytes:
        """`what`: "personal", "identity", "address", "note"; it has to be named again to open it."""
        return _seal(self._cipher, orjson.dumps(content), what.encode() + self._customer)

    def open(self, what: str, sealed: Bytes) -> Json:
        content: Json = orjson.loads(_open(self._cipher, bytes(sealed), what.encode() + self._customer))
        return content


def _seal(cipher: AESGCM, plain: bytes, belongs: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return FORM + nonce + cipher.encrypt(nonce, plain, FORM + belongs)


def _open(cipher: AESGCM, sealed: bytes, belongs: bytes) -> bytes:
    form, nonce, rest = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if form != FORM or len(nonce) != NONCE_BYTES:
        raise Unreadable
    try:
        return cipher.decrypt(nonce, rest, form + belongs)
    except InvalidTag as error:
        raise Unreadable from error


def digest(kind: str, value: str) -> bytes:
    """32 bytes, the same for the same value of the same kind; nobody without the shop's key can try values."""
    return hmac.digest(_derived(settings.PERSONAL_KEY, b"digests"), f"{kind}\0{value}".encode(), sha256)


def short_digest(kind: str, value: str) -> bytes:
    return digest(kind, value)[:SHORT_DIGEST]
