"""bin/run up to where its doors would open: a state directory with the database migrated and the demo shop in it. Tests begin with copies."""

import sys
from typing import Any

from commerce.run import shop, start
from commerce.run.preparing import static_files


class Filled(shop.Shop):
    def open(self, *, owner: Any, began: float) -> None:
        self._open_stores(owner)
        self._tell_settings()
        static_files(self.places)
        self._database()

    def keep_open(self) -> None:
        """There is nothing to wait for: it ends as after Ctrl-C."""


if __name__ == "__main__":
    start.Shop = Filled  # type: ignore[misc]
    sys.exit(start.main(arguments=sys.argv[1:]))
