"""A till's seal: ECDSA P-256 over the exact text. The private half was made in the browser and never left it."""

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

ALGORITHM = ec.ECDSA(SHA256())


def from_base64url(text: str) -> bytes:
    """Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error


def public_part(jwk: Any) -> dict[str, str]:
    """The four members that make a P-256 public key; whatever else was sent is left behind. Raises ValueError."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        raise ValueError("expected a public P-256 key as JWK")
    x, y = jwk.get("x"), jwk.get("y")
    if not isinstance(x, str) or not isinstance(y, str):
        raise ValueError("expected the coordinates x and y")
    public_key(x, y)
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


@lru_cache(maxsize=1024)
def public_key(x: str, y: str) -> ec.EllipticCurvePublicKey:
    """Raises ValueError for a point that is not on the curve."""
    across, up = from_base64url(x), from_base64url(y)
    if len(across) != 32 or len(up) != 32:
        raise ValueError("expected coordinates of 32 bytes")
    return ec.EllipticCurvePublicNumbers(int.from_bytes(across, "big"), int.from_bytes(up, "big"), ec.SECP256R1()).public_key()


def holds(*, signature: bytes, text: bytes, jwk: dict[str, str]) -> bool:
    """`signature` as WebCrypto makes it: r and s, 32 bytes each."""
    if len(signature) != 64:
        return False
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        public_key(jwk["x"], jwk["y"]).verify(der, text, ALGORITHM)
    except (InvalidSignature, ValueError):
        return False
    return True


def all_hold(sealed: Sequence[tuple[bytes, str]], jwk: dict[str, str]) -> list[bool]:
    """Signatures and their texts. For a process of its own: nothing but this module is needed there."""
    return [holds(signature=signature, text=text.encode(), jwk=jwk) for signature, text in sealed]
