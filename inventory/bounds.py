"""What fits into a document, whoever writes it: a form, a scanner, a file."""

from typing import Final

# Thousandths: a million of anything.
MOST: Final = 1_000_000_000
# Minor units for 1000 thousandths: what the catalogue keeps.
DEAREST: Final = 1_000_000_000_000
LONGEST_LOT: Final = 20
LONGEST_SERIAL: Final = 40
