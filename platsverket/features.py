"""One vocabulary of features serves forms, filters, the demo market and the engine: a code, its group, nothing else.

The words people read stand in the catalogue (see ``platsverket/words.py``); the engine sees only the codes.
"""

GROUPS: dict[str, tuple[str, ...]] = {
    "access": ("step_free", "accessible_toilet", "lift", "hearing_loop", "parking", "bicycle_parking"),
    "facilities": ("meeting_room", "kitchen", "lunch_room", "shower"),
    "equipment": ("whiteboard", "screen", "video", "height_adjustable_desks", "printer", "guest_network"),
    "security": ("own_entrance", "lockable_zone", "staffed_reception", "lockable_storage"),
    "kinds_of_place": ("quiet", "workshop", "small_groups", "call_booth", "social"),
}

FEATURES: tuple[str, ...] = tuple(code for group in GROUPS.values() for code in group)
