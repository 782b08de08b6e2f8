"""The whole product under load while its processes and its database are killed: what was acknowledged is there, and once.

plan.py says who dies when, load.py buys and sells meanwhile, points.py dies at a named point, killing.py kills, oracle.py judges.
"""
