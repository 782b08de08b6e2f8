"""What somebody looked for and nobody found, counted. A door calls it after the answer was made."""

from datetime import datetime

from django.db import connection

from catalog.documents import Sight
from catalog.search.words import normalised

_COUNT = """insert into catalog_searchmiss as m (words, channel_id, times, first_at, last_at) values (%(words)s, %(channel)s, 1, %(at)s, %(at)s)
    on conflict (words, channel_id) do update set times = m.times + 1, last_at = greatest(m.last_at, excluded.last_at)"""


def record_miss(*, words: str, sight: Sight, now: datetime) -> None:
    """Nothing for what holds no word, and nothing for a barcode: those are no words that could be given a synonym."""
    looked_for = normalised(words)
    if not looked_for or looked_for.replace(" ", "").isdecimal():
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"words": looked_for, "channel": sight.channel, "at": now})
