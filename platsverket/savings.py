"""The rent that shared premises save, by the method that /statistics/method explains.

A guest who had not come would have had to rent: for each seat ``offers.m2_per_seat`` m² at
``statistics.rent_per_m2_year`` kronor a year. A rented seat can be used on ``statistics.working_days`` days a year, so
a seat-day that was used saves one part in so many of a seat's rent for a year.
"""

from __future__ import annotations

from dataclasses import dataclass

from platsverket.config import Config


@dataclass(frozen=True)
class Savings:
    """What used seat-days amount to: seats for a whole year, their m², and the rent of those, in kronor."""

    seats: float
    m2: float
    kronor: int


def of(config: Config, used: int) -> Savings:
    """``used`` are seat-days; from a rounded number nothing more exact comes out."""
    seats = used / config.statistics.working_days
    m2 = seats * config.offers.m2_per_seat
    return Savings(round(seats, 1), round(m2), round(m2 * config.statistics.rent_per_m2_year))
