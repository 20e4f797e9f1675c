"""The macros keep their promises to whoever reads a page: faults lead to their field, nothing typed becomes markup."""

import gzip
import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from platsverket import words

HERE = Path(__file__).parents[2] / "platsverket"
HOSTILE = "\"'><script>alert(1)</script>"

FIELDS = """
{% import "macros/form.html" as form %}{{ form.error_summary(errors) }}{% call form.post("/x") %}
{{ form.text("name", text, values, errors, hint=text) }}{{ form.number("seats", text, values, errors, unit=text) }}
{{ form.password("secret", text, errors) }}{{ form.textarea("note", text, values, errors) }}
{{ form.date("by", text, values, errors) }}{{ form.select("county", text, values, errors, [(text, text)], empty=text) }}
{{ form.radios("sharing", text, values, errors, [("a", text, text), ("b", text)]) }}
{{ form.checkboxes("who", text, values, errors, [("a", text), ("b", text)]) }}
{{ form.weekdays("days", text, values, errors) }}
{{ form.checkbox("sure", text, values, errors, hint=text) }}
{{ form.date_spans("spans", text, values, errors, hint=text) }}
{{ form.button(text, "go", text) }}{% endcall %}
"""
PARTS = """
{% import "macros/ui.html" as ui %}{% import "macros/table.html" as t %}
{{ ui.tag(text) }}{{ ui.link(text, text, text) }}{{ ui.action(text, text, fields={text: text}, more=text) }}
{{ ui.summary_list([(text, text, text)]) }}{{ ui.empty(text, text, text, text) }}{{ ui.alert(text, "danger", text) }}
{{ ui.progress(text, text, 3) }}{{ ui.breadcrumbs([(text, text)]) }}{{ ui.stats([(text, text, text)]) }}
{{ ui.card(text, text, text) }}{{ ui.explain(text, text) }}{{ ui.button_link(text, text) }}
{% set columns = [{"label": text, "sort_url": text, "sorted": "ascending"}, {"label": text, "numeric": true}] %}
{% call(row) t.table(text, columns, [text], scrolls=true) %}
{{ t.header(row) }}{{ t.cell(columns[1], row) }}{% endcall %}
"""
NAMES = ["name", "seats", "secret", "note", "by", "county", "sharing", "who", "days", "sure", "spans", "spans-1-until"]


@pytest.fixture(scope="module")
def pages() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_null_translations(newstyle=True)
    env.filters["soft"] = words.soft
    env.globals["csrf_token"] = lambda: "token"
    return env


def test_each_fault_in_the_summary_leads_to_its_field(pages: Environment) -> None:
    """Every kind of field can be reached from the summary, and names its own fault to a screen reader."""
    errors = {name: [f"Fault of {name}."] for name in NAMES}
    html = pages.from_string(FIELDS).render(text="Text", values={}, errors=errors)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert re.findall(r'href="#f-([^"]+)"', html) == NAMES
    assert {f"f-{name}" for name in NAMES} <= set(ids)
    described = " ".join(re.findall(r'aria-describedby="([^"]+)"', html)).split()
    assert {f"f-{name}-error" for name in NAMES} <= set(described) <= set(ids)


def test_what_was_typed_stays_except_a_password(pages: Environment) -> None:
    """A refused form comes back as it was filled in."""
    values = {"name": "Plan 3", "seats": "tolv", "note": "Ring först.", "county": "Text", "sharing": "b", "who": ["b"],
              "days": ["tue"], "spans-1-until": "2027-02-30", "secret": "hemligt"}  # fmt: skip
    html = pages.from_string(FIELDS).render(text="Text", values=values, errors={})
    assert 'value="Plan 3"' in html and 'value="tolv"' in html and "Ring först.</textarea>" in html
    assert re.findall(r'name="([^"]+)" value="([^"]+)" checked', html) == [
        ("sharing", "b"), ("who", "b"), ("days", "tue")]  # fmt: skip
    assert '<option value="Text" selected>' in html and 'value="2027-02-30"' in html
    assert "hemligt" not in html
    assert "error" not in html


@pytest.mark.parametrize("source", [FIELDS, PARTS])
def test_no_text_becomes_markup(pages: Environment, source: str) -> None:
    """Hostile text is shown, never run, wherever a caller may put text; and nothing needs inline style or script."""
    values = {name: HOSTILE for name in NAMES if name != "who"}
    html = pages.from_string(source).render(text=HOSTILE, values=values, errors={"name": [HOSTILE]})
    assert "<script" not in html and "\"'>" not in html
    assert not re.search(r"<[^>]* (style|on\w+)=", html)


def test_the_built_look_is_small_and_asks_nobody_else() -> None:
    """Style and script together stay under 60 kB compressed and name no other site."""
    built = [(HERE / "static" / name).read_bytes() for name in ("app.css", "app.js")]
    assert sum(len(gzip.compress(data)) for data in built) < 60_000
    addresses = set(re.findall(rb"https?://[\w./-]+", b"".join(built)))
    assert addresses <= {b"http://www.w3.org/2000/svg"}


def test_long_words_are_divided_where_a_person_would() -> None:
    """At the seams of long words, after the @ and the dots of addresses; never inside a tag."""
    link = Markup('<a title="Integritetsskyddsmyndigheten">Integritetsskyddsmyndigheten</a>')
    divided = '<a title="Integritetsskyddsmyndigheten">Integritetsskydds\u00admyndigheten</a>'
    assert words.soft(link) == divided
    assert words.soft("Tillgänglighetsredogörelse") == "Tillgänglighets\u00adredogörelse"
    assert words.soft("Arbetsplatser <3") == "Arbets\u00adplatser &lt;3"
    assert words.soft("Skatteverket i Umeå") == "Skatteverket i Umeå"
    assert words.email("a.b@c.se") == "a.<wbr>b@<wbr>c.<wbr>se"
    assert words.email('"><b') == "&#34;&gt;&lt;b"
