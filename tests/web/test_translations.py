"""Swedish is the service's first language: every text and every code has its words there, in plain Swedish."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from platsverket import words

SERVICE = Path(words.__file__).parent
TRANSLATIONS = SERVICE / "translations"
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")
# What must not stand in a Swedish text, and what to write in its place.
AVOID = {
    r"\w*avtal\w*": "överenskommelse, for state agencies cannot make contracts with each other",
    r"requests?": "lokalbehov, or anrop in the API",
    r"offers?": "ledig lokal",
    r"seats?": "arbetsplatser",
    r"proposals?": "förslag",
    r"match round": "matchningsomgång",
    r"plan(en|er)?": "utfall",
    r"optimal\w*": "bästa möjliga",
    r"solver\w*|lösaren?": "nothing: people read of rounds and runs",
    r"cancel|avboka": "avbryt, ställ in or dra tillbaka",
    r"tokens?": "nyckel",
    r"log(in|ga på)": "inloggning, logga in",
    r"e?-?mail(en)?|mejl\w*": "e-post",
    r"deadline": "svara senast",
    r"skall|vänligen|ej|samt": "plain words: ska, inte, och",
    r"error|submit|default|status quo": "Swedish",
}


def extracted() -> Iterator[tuple[str, str]]:
    """Each text of code and templates (the singular of a plural), and the file it stands in."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**DEFAULT_KEYWORDS, "_": None}
    for name, _, text, *_ in extract_from_dir(str(SERVICE), methods, options, keywords):
        if one := text[0] if isinstance(text, tuple) else text:
            yield one, name


@pytest.fixture(scope="module")
def source() -> dict[str, str]:
    return dict(extracted())


@pytest.fixture(scope="module")
def swedish() -> Catalog:
    with (TRANSLATIONS / "sv" / "LC_MESSAGES" / "messages.po").open(encoding="utf-8") as file:
        return read_po(file, locale="sv")


def forms(message: Message) -> list[str]:
    """A translation: one text, or one for each number."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [])


def texts(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def test_every_text_has_its_swedish(source: dict[str, str], swedish: Catalog) -> None:
    """A text without Swedish is named with its file; ``make messages`` collects it, a person fills it."""
    filled = {texts(m)[0] for m in messages(swedish) if all(forms(m)) and len(forms(m)) == len(texts(m))}
    missing = [f"{file}: {text}" for text, file in source.items() if text not in filled]
    assert len(source) > 900 and not missing, "no Swedish for\n" + "\n".join(missing)


def test_the_catalogue_holds_nothing_else(source: dict[str, str], swedish: Catalog) -> None:
    """A translation that no text uses any more is named, as is one whose text has changed under it."""
    unused = [text for m in messages(swedish) if (text := texts(m)[0]) not in source]
    unused += [texts(m)[0] for m in swedish.obsolete.values()]
    assert not unused, "no longer used:\n" + "\n".join(unused)


def test_nothing_is_fuzzy(swedish: Catalog) -> None:
    """A guess is no translation; and a catalogue whose header is fuzzy or absent would not be compiled at all."""
    assert not swedish.fuzzy, "the catalogue needs its header, or it is left out without a word"
    assert not [texts(m)[0] for m in messages(swedish) if m.fuzzy]


def test_every_translation_has_the_values_of_its_source(swedish: Catalog) -> None:
    """A value that is lost or misspelt would be missing on the page, or break it."""
    wrong = [
        f"{texts(m)[0]} → {form}"
        for m in messages(swedish)
        for form, text in zip(forms(m), texts(m), strict=True)
        if sorted(PLACEHOLDER.findall(form)) != sorted(PLACEHOLDER.findall(text)) or form.count("%") != text.count("%")
    ]
    assert not wrong, "\n".join(wrong)
    assert not list(swedish.check())


def codes(calls: set[str]) -> dict[str, str]:
    """The literal codes that these calls are given anywhere in the service, and where."""
    found: dict[str, str] = {}
    for path in sorted(SERVICE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls and node.args:
                first = node.args[0]
                chosen = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
                literals = (one.value for one in chosen if isinstance(one, ast.Constant))
                found |= {str(code): f"{path.name}:{node.lineno}" for code in literals}
    return found


def test_every_code_has_words() -> None:
    """A fault or a refusal without a sentence would show people its code."""
    faults, refusals = codes({"Fault", "fault"}), codes({"Refused"})
    assert len(faults) > 20 and len(refusals) > 20
    wordless = [f"{code} at {where}" for code, where in faults.items() if code not in words.FAULTS]
    known = {**words.REFUSALS, **words.FAULTS}
    wordless += [f"{code} at {where}" for code, where in refusals.items() if code not in known]
    assert not wordless, "no words for " + ", ".join(wordless)


def test_the_swedish_is_plain(swedish: Catalog) -> None:
    """Words that the house has another word for, English left standing and office jargon are named."""
    wrong = [
        f"{form}: write {instead}"
        for m in messages(swedish)
        for form in forms(m)
        for pattern, instead in AVOID.items()
        if re.search(rf"\b({pattern})\b", PLACEHOLDER.sub("", form), re.IGNORECASE)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_house_words_are_used(swedish: Catalog) -> None:
    """Menus, statuses and buttons use the words that people have agreed on."""
    agreed = {
        "Spare premises": "Lediga lokaler", "Space requests": "Lokalbehov", "Match rounds": "Matchningsomgångar",
        "Proposals": "Förslag", "Agreements": "Överenskommelser", "Events": "Händelser", "Seats": "Arbetsplatser",
        "Area": "Yta", "Accept": "Godta", "Decline": "Avböj", "Withdraw": "Dra tillbaka", "Publish": "Publicera",
        "Lock": "Lås", "Rule out": "Spärra", "Fit": "Lämplighet", "Reason": "Skäl", "Input": "Underlag",
        "What would help": "Det här skulle hjälpa", "Without proposal": "Utan förslag", "Case officer": "Handläggare",
        "Project lead": "Projektledare", "Coordinator": "Samordnare", "Organisation": "Organisation", "Error:": "Fel:",
        "Don’t know": "Vet inte", "Mon": "mån", "Thu": "tors", "Sat": "lör",
    }  # fmt: skip
    assert {text: swedish[text].string if text in swedish else None for text in agreed} == agreed
