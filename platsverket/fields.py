"""The fields of forms and API bodies: what people type is read kindly, and every fault is a code with numbers."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any, ClassVar

from marshmallow import ValidationError, fields

from platsverket.errors import Fault
from platsverket.features import FEATURES

EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
REF = re.compile(r"[23456789a-hjkmnp-z]{10}")
NUMBER_BLANKS = str.maketrans("", "", " \u00a0\u2009\u202f")
PHONE = re.compile(r"[+(]?[0-9][0-9 ()./-]{1,38}")
WEEKS = re.compile(r"([0-9]{1,6})(v|veckor?|w|weeks?)")
DAYS = re.compile(r"(?<=[0-9 \u00a0])(d|dag|dagar|dygn|days?)\s*$")
FIRST_YEAR, LAST_YEAR = 2000, 2100
# What nobody sees, inside the brackets of a pattern: controls, line separators, signs that turn the direction of a text
# around, and code points that are no characters.
HIDDEN = r"\u007f-\u009f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)


def fault(code: str, **numbers: Any) -> ValidationError:
    return ValidationError([Fault(code, **numbers)])


MESSAGES: dict[str, Any] = {"required": [Fault("required")], "null": [Fault("required")]}


class Words(fields.Field[str]):
    """One line of text, or several with ``lines``; ``most`` characters at the most."""

    default_error_messages: ClassVar[dict[str, Any]] = MESSAGES

    def __init__(self, most: int, *, lines: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.most, self.lines = most, lines

    @property
    def hidden(self) -> str:
        """The characters that are refused, as they stand inside the brackets of a pattern."""
        return (r"\u0000-\u0008\u000b-\u001f" if self.lines else r"\u0000-\u001f") + HIDDEN

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> str:
        if not isinstance(value, str):
            raise fault("text")
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        if re.search(f"[{self.hidden}]", text):
            raise fault("control_characters")
        if len(text) > self.most:
            raise fault("too_long", most=self.most, length=len(text))
        if self.required and not text:
            raise fault("required")
        return text


class Email(Words):
    def __init__(self, **kwargs: Any):
        super().__init__(254, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).lower()
        if text and not EMAIL.fullmatch(text):
            raise fault("email")
        return text


class Phone(Words):
    def __init__(self, **kwargs: Any):
        super().__init__(40, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not PHONE.fullmatch(text):
            raise fault("phone")
        return text


class Whole(fields.Field[int]):
    """A whole number between two limits, as a number or as people type it."""

    unread = "whole_number"
    default_error_messages: ClassVar[dict[str, Any]] = MESSAGES

    def __init__(self, least: int, most: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> int:
        number = self._read(value)
        if number is None:
            raise fault(self.unread)
        if not self.least <= number <= self.most:
            raise fault("range", least=self.least, most=self.most)
        return number

    def _read(self, value: Any) -> int | None:
        if isinstance(value, str):
            text = value.translate(NUMBER_BLANKS)
            return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


class Length(Whole):
    """A number of days; people may also write it in weeks, such as 8 veckor."""

    unread = "length"

    def _read(self, value: Any) -> int | None:
        if isinstance(value, str) and (weeks := WEEKS.fullmatch(value.strip().translate(NUMBER_BLANKS).lower())):
            return int(weeks[1]) * 7
        if isinstance(value, str):
            value = DAYS.sub("", value.lower())
        return super()._read(value)


class Decimal(fields.Field[float]):
    """A number between two limits; a comma or a point before the decimals."""

    default_error_messages: ClassVar[dict[str, Any]] = MESSAGES

    def __init__(self, least: float, most: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> float:
        if isinstance(value, str):
            text = value.translate(NUMBER_BLANKS).replace(",", ".")
            value = float(text) if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,9})?", text) else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise fault("number")
        if not self.least <= value <= self.most:
            raise fault("range", least=self.least, most=self.most)
        return float(value)


class Day(fields.Field[date]):
    """A calendar date, written 2027-03-01."""

    default_error_messages: ClassVar[dict[str, Any]] = MESSAGES

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
            raise fault("date")
        try:
            day = date.fromisoformat(value.strip())
        except ValueError:
            raise fault("no_such_date") from None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise fault("year", least=str(FIRST_YEAR), most=str(LAST_YEAR))  # a year is written 2100, never 2,100
        return day

    def _serialize(self, value: date | None, attr: Any, obj: Any, **_: Any) -> str | None:
        return value.isoformat() if value else None


class Choice(fields.Field[str]):
    """One of a few codes."""

    default_error_messages: ClassVar[dict[str, Any]] = MESSAGES

    def __init__(self, choices: tuple[str, ...], **kwargs: Any):
        super().__init__(**kwargs)
        self.choices = choices

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise fault("choice")
        return value


class Choices(fields.Field[list[str]]):
    """Several of a few codes, in their own order, each once; with ``filled`` at least one of them."""

    default_error_messages: ClassVar[dict[str, Any]] = MESSAGES

    def __init__(self, choices: tuple[str, ...], *, filled: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.choices, self.filled = choices, filled

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> list[str]:
        if not isinstance(value, list) or any(not isinstance(v, str) or v not in self.choices for v in value):
            raise fault("choice")
        if self.filled and not value:
            raise fault("choose_at_least")
        return [code for code in self.choices if code in value]


class Ref(fields.Field[str]):
    """The public name of a stored thing."""

    default_error_messages: ClassVar[dict[str, Any]] = MESSAGES

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or not REF.fullmatch(value):
            raise fault("choice")
        return value


class Refs(fields.Field[list[str]]):
    """Several public names, at most ``most``."""

    def __init__(self, most: int = 100, **kwargs: Any):
        super().__init__(**kwargs)
        self.most = most

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> list[str]:
        if not isinstance(value, list) or any(not isinstance(v, str) or not REF.fullmatch(v) for v in value):
            raise fault("choice")
        if len(value) > self.most:
            raise fault("too_many", most=self.most)
        return list(dict.fromkeys(value))


class FeatureStates(fields.Field[dict[str, str]]):
    """Features of premises: code → yes, no or unknown; unknown ones need not be named."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> dict[str, str]:
        if not isinstance(value, dict):
            raise fault("features")
        for code, state in value.items():
            if code not in FEATURES or state not in ("yes", "no", "unknown"):
                raise fault("features")
        return {code: value[code] for code in FEATURES if value.get(code) in ("yes", "no")}
