"""UUIDv7 (RFC 9562): milliseconds, then the fraction of the millisecond, then random. Sorted by time of making, so indexes stay dense."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    # 12 bits of the fraction (RFC 9562, 6.2 method 3): what one process makes in sequence also sorts in sequence.
    fraction = nanoseconds * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | random)
