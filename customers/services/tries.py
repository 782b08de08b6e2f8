"""Wrong codes of gift cards are counted by who tries them: whoever guesses waits. In the cache, because a refusal undoes what it wrote."""

import hashlib
import logging

from django.core.cache import cache

from kernel.errors import Refused

log = logging.getLogger(__name__)

MOST = 10
# A key speaks for a whole shop: whoever guesses behind it must not close it for everybody else.
MOST_OF_A_KEY = 100
# Seconds from the first wrong one.
WAIT = 600


class TooManyTries(Refused):
    code = "gift_card_tries"
    status = 429
    title = "Too many wrong gift card codes: wait a little"


def count(*, who: str) -> None:
    """Before a code is looked at, so that guesses sent all at once are counted too; beyond the limit a right one is refused as well, or
    the refusals would tell which is right. A cache that is away must not close the shop: a code has 74 random bits."""
    key = _key(who)
    try:
        cache.add(key, 0, WAIT)
        tried = int(cache.incr(key))
    except Exception as error:
        log.warning("wrong gift card codes are not counted: %s", type(error).__name__)
        return
    if tried > (MOST_OF_A_KEY if _is_key(who) else MOST):
        raise TooManyTries(field="code", retry_after=WAIT)


def was_right(*, who: str) -> None:
    """Only wrong codes count: behind one key there may be a whole shop."""
    try:
        cache.decr(_key(who))
    except Exception as error:
        log.warning("wrong gift card codes are not counted: %s", type(error).__name__)


def _is_key(who: str) -> bool:
    """A key's name alone; with an address behind it, it is one shopper."""
    return who.startswith("key:") and " " not in who


def _key(who: str) -> str:
    return "gift-card-tries-" + hashlib.sha256(who.encode()).hexdigest()
