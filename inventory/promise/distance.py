"""How far it is, as the crow flies. Points are in millionths of a degree, distances in whole metres."""

from math import asin, cos, radians, sin, sqrt

# Latitude and longitude.
Point = tuple[int, int]

# The mean radius in metres (IUGG). A sphere is wrong by up to half a percent, and a road is longer than both.
EARTH = 6_371_008.8
MILLION = 1_000_000


def metres(one: Point, other: Point) -> int:
    """By the haversine formula, which stays exact for places around the corner."""
    (south, west), (north, east) = (tuple(radians(part / MILLION) for part in point) for point in (one, other))
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    # On the other side of the earth rounding may go a hair beyond 1.
    return round(2 * EARTH * asin(sqrt(min(half, 1.0))))
