"""One folding by which names are compared, and one case in which addresses are written."""

import re
import unicodedata

_GENERIC = (
    "allé",
    "gata",
    "gränd",
    "park",
    "plan",
    "plats",
    "torg",
    "väg",
    "skolgata",
    "strandväg",
    "kyrkogata",
    "strandgata",
)
_KEPT = ("FE", "LM")
_SPELLED_OUT = str.maketrans({"å": "aa", "ä": "ae", "ö": "oe"})
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "đ": "d", "ł": "l"})


def fold(text: str) -> str:
    """The comparable form of a name: lower case, accents off, one blank for every run of other signs.

    "ÖSTERSUND", "Östersund" and " ostersund " fold alike, and so do "Upplands-Bro" and "upplands bro".
    """
    lowered = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    letters = "".join(sign for sign in lowered if not unicodedata.combining(sign))
    return re.sub(r"[\W_]+", " ", letters).strip()


def spelled_out(text: str) -> str:
    """The comparable form where å, ä and ö are written aa, ae and oe: "Malmö" and "Malmoe" fold alike."""
    return fold(unicodedata.normalize("NFC", text).casefold().translate(_SPELLED_OUT))


def slug(name: str) -> str:
    """The folded name with hyphens, as it stands in a key."""
    return fold(name).replace(" ", "-")


def address_case(text: str) -> str:
    """An address in ordinary Swedish case; words that already have lower-case letters keep their own.

    Two blanks in the register stand for a comma: "VASAGATAN 16  9TR" becomes "Vasagatan 16, 9 tr".
    """
    parts = [" ".join(part.split()) for part in re.split(r"\s{2,}", text.strip())]
    spaced = re.sub(r"(\d)(tr)\b", r"\1 \2", ", ".join(parts), flags=re.IGNORECASE)
    words = spaced.split(" ")
    return " ".join([_word_case(words[0], first=True), *(_word_case(word, first=False) for word in words[1:])])


def _word_case(word: str, *, first: bool) -> str:
    if word in _KEPT or len(word.strip(",.")) == 1 or not word.isupper():
        return word
    lowered = word.lower()
    if lowered.rstrip(".") == "tr":
        return "tr"
    if re.fullmatch(r"[IVX]+:S", word):
        return word[:-1] + "s"
    if not first and lowered in _GENERIC:
        return lowered
    return "-".join(part[:1].upper() + part[1:].lower() for part in word.split("-"))
