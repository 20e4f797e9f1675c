"""What the marks of a map are called and where they lead, and the same in a list beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from platsverket.atlas import Atlas, Mark

MOST_LISTED = 60
CIRCLE = "circle"


@dataclass(frozen=True)
class Thing:
    """One thing on a map: what it is called, what is worth knowing of it in a few words, where it leads."""

    name: str
    note: str
    url: str
    shape: str = CIRCLE  # what kind of thing it is: circle, square or diamond


@dataclass(frozen=True)
class Pin:
    """A mark as it is shown: alone, or several that one looks closer at or finds in the list."""

    mark: Mark
    name: str
    url: str
    shape: str

    @property
    def count(self) -> int:
        return len(self.mark.members)


@dataclass(frozen=True)
class Shown:
    """A map with the names and addresses of its marks; ``listed`` holds what stands in the list beside it."""

    atlas: Atlas
    pins: list[Pin]
    listed: list[tuple[str | None, Thing]]  # with the anchor that a mark leads to


def shown(
    atlas: Atlas,
    things: Callable[[Sequence[int]], dict[int, Thing]],
    several: Callable[[int, str], str],
    closer: Callable[[str], str],
    shapes: Sequence[str] = (),
) -> Shown:
    """The map of things that ``things`` tells of by their numbers; ``several`` names a mark of many around a town.

    A mark of many has their shape where all share it; ``shapes`` are those of all things, where they have several.
    """
    together = [mark for mark in atlas.marks if len(mark.members) > 1 and mark.area is None]
    alone = [mark.members[0] for mark in atlas.marks if len(mark.members) == 1]
    all_of_it = atlas.inside <= MOST_LISTED
    in_list = [i for mark in (atlas.marks if all_of_it else together) for i in mark.members]
    known = things([*alone, *in_list])
    pins = [_pin(mark, known, several, closer, shapes) for mark in atlas.marks]
    anchors = {mark.members[0]: _anchor(mark) for mark in together}
    return Shown(atlas, pins, [(anchors.get(i), known[i]) for i in in_list if i in known])


def _pin(
    mark: Mark,
    known: dict[int, Thing],
    several: Callable[[int, str], str],
    closer: Callable[[str], str],
    shapes: Sequence[str],
) -> Pin:
    if len(mark.members) == 1 and (thing := known.get(mark.members[0])):
        return Pin(mark, f"{thing.name}, {thing.note}" if thing.note else thing.name, thing.url, thing.shape)
    here = {shapes[i] for i in mark.members} if shapes else {CIRCLE}
    name = several(len(mark.members), mark.town)
    url = f"#{_anchor(mark)}" if mark.area is None else closer(mark.area)
    return Pin(mark, name, url, here.pop() if len(here) == 1 else CIRCLE)


def _anchor(mark: Mark) -> str:
    return f"on-map-{mark.members[0]}"


Point = tuple[float, float, str, str, str, str]  # where, what shape, its name, a note, where it leads


def point(lat: float, lon: float, thing: Thing) -> Point:
    """A thing as script draws it: the same name and place as on the picture."""
    return round(lat, 5), round(lon, 5), thing.shape, thing.name, thing.note, thing.url
