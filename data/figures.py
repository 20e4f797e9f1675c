"""The four figures by which the recipe accepts a national market."""

from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data.drawn import DrawnMarket, DrawnNeed, DrawnOffer
from data.registers import municipalities

LARGE = 100_000
EARTH_KM = 6371.0


@dataclass(frozen=True)
class Figures:
    """Shares from 0 to 1, and seats asked for per free seat on Wednesday over the same on Friday."""

    in_large_municipalities: float
    in_stockholm_county: float
    out_of_reach: float
    wednesday_to_friday: float

    @property
    def accepted(self) -> bool:
        """The recipe's bounds for a national market; its "about 2.4" is read as 2.4 ± 0.4."""
        return (
            0.61 <= self.in_large_municipalities <= 0.66
            and 0.41 <= self.in_stockholm_county <= 0.45
            and 0.07 <= self.out_of_reach <= 0.10
            and 2.0 <= self.wednesday_to_friday <= 2.8
        )


def figures(market: DrawnMarket) -> Figures:
    """The recipe's four figures; ValueError for a market without offers or needs, which has none."""
    if not market.offers or not market.needs:
        raise ValueError("A market without offers or needs has no figures.")
    large = {place.code for place in municipalities() if place.population > LARGE}
    stockholm = {place.code for place in municipalities() if place.county_code == "01"}
    return Figures(
        in_large_municipalities=_share(market.offers, large),
        in_stockholm_county=_share(market.offers, stockholm),
        out_of_reach=_out_of_reach(market.offers, market.needs),
        wednesday_to_friday=_pressure(market, "wed") / _pressure(market, "fri"),
    )


def _share(offers: tuple[DrawnOffer, ...], codes: set[str]) -> float:
    return sum(offer.municipality_code in codes for offer in offers) / len(offers)


def _pressure(market: DrawnMarket, weekday: str) -> float:
    """Seats asked for on a weekday for each seat that is free on it."""
    asked = sum(need.seats for need in market.needs if weekday in need.weekdays)
    free = sum(offer.seats for offer in market.offers if weekday in offer.weekdays)
    return asked / free


def _out_of_reach(offers: tuple[DrawnOffer, ...], needs: tuple[DrawnNeed, ...]) -> float:
    """The share of needs whose nearest offer lies beyond their largest distance, whatever it is like."""
    from_, to = _sphere(needs), _sphere(offers)
    nearest = cKDTree(to).query(from_)[1]
    metres = pyproj.Geod(ellps="WGS84").inv(
        [need.lon for need in needs],
        [need.lat for need in needs],
        [offers[index].lon for index in nearest],
        [offers[index].lat for index in nearest],
    )[2]
    return float(np.mean(np.asarray(metres) / 1000 > np.array([need.max_km for need in needs])))


def _sphere(items: tuple[DrawnOffer, ...] | tuple[DrawnNeed, ...]) -> NDArray[np.float64]:
    """Points on a unit sphere: near enough to the ellipsoid to find the nearest of many points."""
    lat, lon = np.radians([item.lat for item in items]), np.radians([item.lon for item in items])
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
