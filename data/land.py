"""How far outside Sweden a point lies, by the generalised outlines of the counties."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.registers import outlines

KM_PER_DEGREE = 111.32


def km_outside(lat: float, lon: float) -> float:
    """Kilometres from a point to the nearest county outline, 0 inside one.

    Flat geometry around the point: good to some metres where it matters, a few kilometres from an outline. The
    outlines are generalised and leave out small islands, the farthest inhabited ones by 9.5 km (Vrångö), so they
    tell a point in Sweden from one in Copenhagen or Oslo, but not one bank of a river from the other.
    """
    x_scale = KM_PER_DEGREE * float(np.cos(np.radians(lat)))
    x1, y1, x2, y2 = ((_edges() - (lon, lat, lon, lat)) * (x_scale, KM_PER_DEGREE, x_scale, KM_PER_DEGREE)).T
    dx, dy = x2 - x1, y2 - y1
    along = np.clip(-(x1 * dx + y1 * dy) / np.maximum(dx * dx + dy * dy, 1e-12), 0, 1)
    distance = float(np.hypot(x1 + along * dx, y1 + along * dy).min())
    # Even-odd rule: a ray eastwards from a point inside crosses the outlines an odd number of times.
    crossing = (y1 > 0) != (y2 > 0)
    east = x1[crossing] - y1[crossing] * dx[crossing] / dy[crossing] > 0
    return 0.0 if int(east.sum()) % 2 else distance


@lru_cache
def _edges() -> NDArray[np.float64]:
    """All edges of the county outlines as rows of lon, lat, lon, lat."""
    rings = [np.array(ring) for county in outlines("lan") for polygon in county.polygons for ring in polygon]
    return np.vstack([np.hstack([ring[:-1], ring[1:]]) for ring in rings])
