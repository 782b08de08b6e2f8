"""What a basket costs and why: prices, promotions, taxes and every piece's share of them. docs/pricing.md tells the rules.

Pure: plain integers, strings, lists and dicts in and out; no database, no clock. pos/static/pos/pricing/ is the same in JavaScript.
What reads the database for it stands beside it (loading, facts) and is never imported from here.
"""

from catalog.pricing.compiling import compile
from catalog.pricing.engine import evaluate

__all__ = ["compile", "evaluate"]
