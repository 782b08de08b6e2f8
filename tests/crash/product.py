"""bin/run as a crash run needs it: every part knows the named points, and is started again at once however often it dies."""

import os
import sys
from pathlib import Path

from commerce.run import shop, start, supervisor

ROOT = Path(__file__).resolve().parent.parent.parent
PATHS = os.pathsep.join([str(ROOT / "tests" / "crash" / "armed"), str(ROOT)])
plain = shop.environment


def with_points(places: shop.Places, **more: str) -> dict[str, str]:
    return plain(places, **more, PYTHONPATH=PATHS)


if __name__ == "__main__":
    shop.environment = with_points
    supervisor.SHORTEST_WAIT = supervisor.LONGEST_WAIT = 0.2
    sys.exit(start.main(arguments=sys.argv[1:]))
