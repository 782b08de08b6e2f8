"""A payment provider of our own that fails in every way one can, on demand. A process by itself; never in production."""
