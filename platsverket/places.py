"""Places by agency, postcode, locality, municipality or pin: the local registers first, then a configured geocoder.

``data.gazetteer`` says what each ``precision`` promises; it is kept with every place and shown.
"""

import re
import unicodedata
from typing import Any, Protocol
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, build_opener

from geopy.adapters import URLLibAdapter
from geopy.exc import GeopyError
from geopy.geocoders import Nominatim
from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location

from data.gazetteer import (
    ALIAS,
    Kind,
    Place,
    Precision,
    named,
    nearest_municipality,
    place_in,
    postcode_place,
    postcodes_from,
    starting,
)
from data.land import km_outside
from data.spelling import fold
from platsverket.errors import Fault, Refused, invalid

__all__ = [
    "Place",
    "Precision",
    "RegisterGeocoder",
    "by_label",
    "geocoder",
    "located",
    "nearest_municipality",
    "pin",
    "resolve",
    "search",
]

LONGEST_TEXT = 200
ISLANDS_KM = 10.0  # the outlines leave out inhabited islands up to this far off

_READABLE = re.compile(r"[\w\s\-‐‑–—'’´`.,:;/()&+°]+")
_NUMBER = r"([+-]?\d{1,3}[.,]\d{1,15})"  # decimals on both, for "59,18" is no pin but one number
_PIN = re.compile(rf"{_NUMBER} ?°? ?(?:[;,] ?| ){_NUMBER} ?°?(?: \([^()]*\))?", re.ASCII)
_POSTCODE = re.compile(r"(?:se?[ -]?)?([0-9]{3}) ?([0-9]{2})(?:,? ([^0-9]+))?", re.IGNORECASE)


class Settings(Protocol):
    """What ``geocoder`` needs of the configuration."""

    @property
    def provider(self) -> str: ...
    @property
    def nominatim_domain(self) -> str: ...
    @property
    def user_agent(self) -> str: ...
    @property
    def timeout_seconds(self) -> int: ...


def resolve(text: str, geocoder: Geocoder | None = None) -> Place:
    """The one place that ``text`` names; ``geocoder`` is asked only for what the registers do not know.

    Refused: ``place_unknown``; ``place_ambiguous`` with ``choices``, whose labels each find their place;
    ``place_outside_sweden`` for a pin; ``geocoder_unavailable`` (503) where the network or its answer fails.
    """
    readable = _readable(text)
    found = _find(readable)
    if not found and readable and geocoder is not None and not isinstance(geocoder, RegisterGeocoder):
        found = _asked(geocoder, readable)
    if not found:
        raise Refused("place_unknown", status=422, text=readable[:80])
    if len(found) > 1:
        raise Refused("place_ambiguous", status=422, text=readable[:80], choices=found)
    return found[0]


def located(text: str, settings: Settings) -> Place:
    """The place of a form's field; what ``resolve`` refuses is a fault at ``place``."""
    try:
        return resolve(text, geocoder(settings))
    except Refused as refused:
        if refused.status != 422:
            raise
        raise invalid(place=Fault(refused.code, **refused.numbers)) from None


def by_label(label: str) -> Place | None:
    """The place that ``search``, ``resolve`` or ``choices`` showed under this label, or None."""
    try:
        found = _find(_readable(label))
    except Refused:
        return None
    return next((place for place in found if place.label == label), None)


def search(text: str, limit: int = 8) -> list[Place]:
    """Places for a half-typed text, best first: whole names, then beginnings, then beginnings of inner words."""
    readable = _readable(text)
    wanted = fold(readable)
    if not wanted or limit < 1:
        return []
    if wanted[0].isdigit() or _POSTCODE.fullmatch(readable):
        return _search_numbers(readable, limit)
    ranks: dict[Place, tuple[Any, ...]] = {}
    for begins, name in starting(wanted):
        whole, spelled = fold(name.text) == wanted, readable.casefold() in name.text.casefold()
        rank = (not whole, not begins, not spelled, name.tier == ALIAS, -name.size, name.place.label)
        ranks[name.place] = min(rank, ranks.get(name.place, rank))
    return sorted(ranks, key=ranks.__getitem__)[:limit]


def pin(lat: float, lon: float) -> Place:
    """The place someone points at; refused as ``place_outside_sweden`` farther off the coast than islands lie."""
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or km_outside(lat, lon) > ISLANDS_KM:
        raise Refused("place_outside_sweden", status=422)
    town = nearest_municipality(lat, lon)
    lat, lon = round(lat, 5), round(lon, 5)
    return place_in(town, f"{lat}, {lon} ({town.name})", "pin", lat, lon, "pin")


def geocoder(settings: Settings) -> Geocoder:
    """The geocoder that the configuration names; ValueError where Nominatim has no server."""
    if settings.provider == "register":
        return RegisterGeocoder()
    if not settings.nominatim_domain:
        raise ValueError("Nominatim needs the host name of a server: set nominatim_domain under [places].")
    return Nominatim(
        domain=settings.nominatim_domain,
        user_agent=settings.user_agent,
        timeout=settings.timeout_seconds,
        adapter_factory=_StraightAdapter,
    )


class RegisterGeocoder(Geocoder):
    """geopy's interface over the local registers; it never uses the network."""

    def geocode(self, query: str, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL) -> Any:
        """The Location of ``query``, None where it names none or several; a list of all if not ``exactly_one``."""
        try:
            found = [_location(place) for place in _find(_readable(query))]
        except Refused:
            found = []
        if not exactly_one:
            return found
        return found[0] if len(found) == 1 else None

    def reverse(self, query: Any, *, exactly_one: bool = True, timeout: Any = DEFAULT_SENTINEL) -> Any:
        """The Location of a point (latitude, longitude) with its municipality, or None outside Sweden."""
        lat, lon = query
        try:
            found = _location(pin(float(lat), float(lon)))
        except Refused:
            return None
        return found if exactly_one else [found]


def _location(place: Place) -> Location:
    return Location(place.label, (place.lat, place.lon), {"place": place})


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class _StraightAdapter(URLLibAdapter):
    """HTTP without redirects: the server we are told to ask may not send us to another, such as loopback."""

    def __init__(self, *, proxies: Any, ssl_context: Any):
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self.urlopen = build_opener(_NoRedirects, HTTPSHandler(context=ssl_context), ProxyHandler(proxies)).open


def _readable(text: str) -> str:
    """The text with single blanks, or nothing where no place can be called that (too long, signs, controls)."""
    if len(text) > LONGEST_TEXT:
        return ""
    composed = unicodedata.normalize("NFC", text)
    return " ".join(composed.split()) if _READABLE.fullmatch(composed) else ""


def _find(readable: str) -> list[Place]:
    """The places a readable text means in the registers; Refused for a pin outside Sweden."""
    if not readable:
        return []
    if match := _PIN.fullmatch(readable):
        return [pin(*(float(number.replace(",", ".")) for number in match.groups()))]
    if match := _POSTCODE.fullmatch(readable):
        place, typed = _postcode(match)
        return [place] if place and (not match[3] or fold(place.label) == typed) else []
    return named(readable)


def _postcode(match: re.Match[str]) -> tuple[Place | None, str]:
    """The place of a postcode, and what was typed as its label would fold."""
    return postcode_place(match[1] + match[2]), fold(f"{match[1]} {match[2]} {match[3] or ''}")


def _search_numbers(readable: str, limit: int) -> list[Place]:
    """A pin or a whole postcode, or the postcodes that begin with the digits typed so far."""
    digits = readable.replace(" ", "")
    if digits.isdecimal() and len(digits) < 5:
        return postcodes_from(digits, limit)
    if match := _POSTCODE.fullmatch(readable):
        place, typed = _postcode(match)
        return [place] if place and fold(place.label).startswith(typed) else []
    try:
        return _find(readable)
    except Refused:
        return []


def _asked(geocoder: Geocoder, readable: str) -> list[Place]:
    """What a geocoder on the network answers, kept only where it lies in Sweden."""
    try:
        answer = geocoder.geocode(readable, exactly_one=True, country_codes="se", language="sv")
        if answer is None:
            return []
        kind, precision = _exactness(answer.raw)
        point = pin(answer.latitude, answer.longitude)
    except Refused:
        return []
    except (GeopyError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused("geocoder_unavailable", status=503) from error
    town = nearest_municipality(point.lat, point.lon)
    label = str(answer.address)[:LONGEST_TEXT]
    return [place_in(town, label, kind, point.lat, point.lon, precision)]


def _exactness(raw: dict[str, Any]) -> tuple[Kind, Precision]:
    """Nominatim's kind of answer in our words; only a house counts as an address (place_rank 30)."""
    if raw.get("place_rank") == 30:
        return "address", "address"
    kind = raw.get("addresstype") or raw.get("type")
    if kind == "postcode":
        return "postcode", "postcode"
    if kind in ("municipality", "county", "state", "administrative"):
        return "municipality", "municipality"
    return "locality", "locality"
