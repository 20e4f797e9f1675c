"""A refusal is a code with numbers; only pages, problem documents and the catalogue turn it into a sentence."""

from typing import Any, ClassVar


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """The service says no: ``code`` names why, ``fields`` says it per field, ``numbers`` fill the sentence.

    ``status`` is the HTTP status both pages and API answer with: 422 for values, 409 for conflicts with what
    is stored, 404 for what one may not see, 403 for what one may not do, 503 for "try again in a moment".
    """

    STATUS: ClassVar[dict[str, int]] = {
        "not_found": 404,
        "forbidden": 403,
        "busy": 503,
        "database_down": 503,
        "too_many_attempts": 429,
        "invalid": 422,
    }

    def __init__(
        self,
        code: str,
        *,
        status: int | None = None,
        fields: dict[str, list["Fault"]] | None = None,
        **numbers: Any,
    ):
        self.code = code
        self.status = status or self.STATUS.get(code, 409)
        self.fields = fields or {}
        self.numbers = numbers
        super().__init__(code, numbers)


class Fault:
    """One fault of one field: a code and the numbers its sentence needs."""

    def __init__(self, code: str, **numbers: Any):
        self.code = code
        self.numbers = numbers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and (self.code, self.numbers) == (other.code, other.numbers)

    def __hash__(self) -> int:
        return hash(self.code)

    def __repr__(self) -> str:
        return f"Fault({self.code!r}, {self.numbers!r})"


def invalid(**fields: Fault) -> Refused:
    """A refusal of values: one fault per named field."""
    return Refused("invalid", fields={name: [fault] for name, fault in fields.items()})
