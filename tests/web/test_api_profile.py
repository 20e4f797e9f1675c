"""The API's document keeps Sweden's national REST API profile (DIGG, REST API-profil 1.2.0), rule by rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from platsverket import desk_schemas, schemas
from platsverket.app import create_app
from platsverket.views.api.document import PREFIX
from tests.conftest import settings

Doc = dict[str, Any]


@pytest.fixture(scope="module")
def doc(sqlite_template: Path) -> Iterator[Doc]:
    app = create_app(settings(f"sqlite:///{sqlite_template}"))
    yield app.test_client().get(f"{PREFIX}/openapi.json").json
    app.extensions["platsverket"].engine.dispose()


def operations(doc: Doc) -> Iterator[tuple[str, Doc]]:
    for path, methods in doc["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation


def parameters(doc: Doc, place: str) -> Iterator[tuple[str, Doc]]:
    for path, methods in doc["paths"].items():
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if method != "parameters":
                for parameter in [*shared, *operation.get("parameters", [])]:
                    if parameter["in"] == place:
                        yield f"{method.upper()} {path}", parameter


def answers(doc: Doc) -> Iterator[tuple[str, str, Doc]]:
    for name, operation in operations(doc):
        for status, answer in operation["responses"].items():
            yield name, status, resolved(doc, answer)


def resolved(doc: Doc, thing: Doc) -> Doc:
    while "$ref" in thing:
        found: Any = doc
        for part in thing["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        thing = found
    return thing


def bodies(doc: Doc) -> Iterator[tuple[str, Doc]]:
    """Every media type of every request body and answer."""
    for name, operation in operations(doc):
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} ({kind})", media
    for name, status, answer in answers(doc):
        for kind, media in answer.get("content", {}).items():
            yield f"{name} {status} ({kind})", media


def properties(doc: Doc) -> Iterator[tuple[str, Doc]]:
    for schema in doc["components"]["schemas"].values():
        yield from schema.get("properties", {}).items()


def test_the_document_is_valid(doc: Doc) -> None:
    """The document is OpenAPI 3.1 by the letter, and each operation has a name of its own to the reader."""
    OpenAPIV31SpecValidator(doc).validate()
    summaries = [operation["summary"] for _, operation in operations(doc)]
    assert len(summaries) == len(set(summaries)) > 30


def test_ufn_01_ver_05_ufn_02_sak_01_the_address_is_https_with_one_major_version(doc: Doc) -> None:
    """https on port 443, the name of the API's one major version last, paths relative to it."""
    (server,) = doc["servers"]
    assert server["url"] == "https://{host}/api/v1"
    assert ":" not in server["variables"]["host"]["default"]
    assert doc["info"]["version"].split(".")[0] == "1"
    assert not any("/v1" in path or path.startswith("/api/") for path in doc["paths"])


def test_res_06_ufn_05_ufn_07_ufn_08_ufn_09_paths_are_lower_case_with_hyphens(doc: Doc) -> None:
    """Lower case, digits and hyphens; no underscore or blank; far below 2,048 characters."""
    for path in doc["paths"]:
        bare = re.sub(r"\{[a-z]+([A-Z][a-z]+)*\}", "x", path)
        assert re.fullmatch(r"(/[a-z0-9-]+)+", bare), path
        assert len(PREFIX + path) < 200


def test_res_02_identifiers_tell_nothing(doc: Doc) -> None:
    """No personal numbers, and things are named by random refs, never by the database's keys."""
    for name, parameter in parameters(doc, "path"):
        assert parameter["schema"]["type"] == "string" and "pattern" in parameter["schema"], name
    names = {name for name, _ in properties(doc)} | {p["name"] for _, p in parameters(doc, "query")}
    assert not {n for n in names if n == "id" or n.endswith("_id") or "personal" in n or "person" in n}


def test_ame_04_ame_05_ame_07_fns_01_names_are_snake_case(doc: Doc) -> None:
    """One letter case in bodies and query parameters."""
    names = {name for name, _ in properties(doc)} | {p["name"] for _, p in parameters(doc, "query")}
    assert names
    assert not {name for name in names if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)}


def test_ame_01_ame_02_arq_01_bodies_are_json(doc: Doc) -> None:
    """JSON in both directions."""
    for name, operation in operations(doc):
        assert set(operation.get("requestBody", {}).get("content", {"application/json": {}})) == {"application/json"}, (
            name
        )
    for name, status, answer in answers(doc):
        if status < "400":
            assert set(answer.get("content", {"application/json": {}})) == {"application/json"}, name


def test_arq_03_headers_have_schemas(doc: Doc) -> None:
    """Every header told of has a schema and a description; safe changes go by ETag and If-Match."""
    told: set[str] = set()
    for name, _status, answer in answers(doc):
        for header, meant in answer.get("headers", {}).items():
            assert meant["schema"]["type"] in ("string", "integer") and meant["description"], f"{name} {header}"
            told.add(header)
    assert {"ETag", "Location", "WWW-Authenticate", "Retry-After"} <= told
    matched = {name for name, parameter in parameters(doc, "header") if parameter["name"] == "If-Match"}
    assert matched == {"PUT /offers/{ref}", "PUT /needs/{ref}"}


def test_arq_05_for_02_no_payload_in_headers_or_in_get(doc: Doc) -> None:
    """GET and DELETE have no body, and nothing but If-Match is sent in a header."""
    for name, operation in operations(doc):
        assert "requestBody" not in operation or name.startswith(("POST", "PUT")), name
    assert {parameter["name"] for _, parameter in parameters(doc, "header")} == {"If-Match"}
    assert not list(parameters(doc, "cookie"))


def test_fel_01_fel_02_errors_are_problem_documents(doc: Doc) -> None:
    """Every answer from 400 and the default one is a problem with its five members; our field faults extend it."""
    for name, operation in operations(doc):
        assert "default" in operation["responses"], name
    for name, status, answer in answers(doc):
        if status == "default" or status >= "400":
            (media,) = answer["content"].items()
            assert media[0] == "application/problem+json", f"{name} {status}"
            problem = resolved(doc, media[1]["schema"])
            assert set(problem["required"]) == {"type", "title", "status", "detail", "instance"}
            assert set(problem["properties"]["errors"]["items"]["required"]) == {"field", "code", "detail"}


def test_dot_01_dot_04_dates_and_times_follow_rfc_3339(doc: Doc) -> None:
    """Days are `date`, moments `date-time` in UTC with Z, each with an example."""
    formats: dict[str, set[str]] = {"date": set(), "date-time": set()}
    for name, schema in properties(doc):
        if schema.get("format") in formats:
            formats[schema["format"]].add(name)
    assert {"opens_on", "earliest_start", "until", "last_day"} <= formats["date"]
    moments = {name for name, _ in properties(doc) if name == "at" or name.endswith("_at") or name == "answer_by"}
    assert moments - {"answer_by"} <= formats["date-time"]
    seen: set[str] = set()
    for value in examples(doc):
        for name, text in named_texts(value):
            if name in formats["date-time"] - formats["date"]:
                assert text.endswith("Z") and datetime.fromisoformat(text), name
                seen.add("date-time")
            elif name in formats["date"] - formats["date-time"]:
                assert date.fromisoformat(text), name
                seen.add("date")
    assert seen == {"date", "date-time"}


def examples(doc: Doc) -> Iterator[Any]:
    for _, media in bodies(doc):
        for example in media["examples"].values():
            yield example["value"]


def named_texts(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str):
                yield name, inner
            yield from named_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named_texts(inner)


def test_fns_03_fns_05_fns_06_query_parameters_are_optional(doc: Doc) -> None:
    """Query parameters start with a letter, need no escaping and may be left out."""
    for name, parameter in parameters(doc, "query"):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", parameter["name"]), name
        assert parameter["required"] is False, f"{name} {parameter['name']}"
        assert parameter["description"], f"{name} {parameter['name']}"


def test_fns_07_fns_08_fns_09_lists_are_paged_by_limit_and_page(doc: Doc) -> None:
    """Every list that can grow takes `limit` (20, at most 100) and `page` (from 1), and tells how long it is."""
    asked: dict[str, dict[str, Doc]] = {}
    for name, parameter in parameters(doc, "query"):
        asked.setdefault(name, {})[parameter["name"]] = parameter["schema"]
    paged = 0
    for name, status, answer in answers(doc):
        schema = resolved(doc, answer.get("content", {}).get("application/json", {}).get("schema", {}))
        if status == "200" and "total" in schema.get("properties", {}):
            paged += 1
            limit, page = asked[name]["limit"], asked[name]["page"]
            assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 20), name
            assert (page["minimum"], page["default"]) == (1, 1), name
            assert set(schema["required"]) == {"total", "page", "limit", "items"}
    assert paged >= 11


def test_ver_06_the_api_tells_what_it_is(doc: Doc) -> None:
    """`api-info` at the API's root: name, version, status, release date, documentation; open to all."""
    operation = doc["paths"]["/api-info"]["get"]
    assert operation["security"] == []
    schema = resolved(doc, operation["responses"]["200"]["content"]["application/json"]["schema"])
    assert set(schema["required"]) == {
        "api_name", "api_version", "api_released", "api_status", "api_documentation"
    }  # fmt: skip


def test_dok_01_dok_08_there_is_documentation_and_a_service_level(doc: Doc) -> None:
    """External documentation with description and address; the service level stands in x-sla."""
    assert doc["externalDocs"]["description"] and doc["externalDocs"]["url"].startswith("https://")
    assert set(doc["info"]["x-sla"]) == {"availability", "responseTime", "support"}


def test_dok_03_dok_06_dok_07_dok_11_the_info_is_whole_in_two_languages(doc: Doc) -> None:
    """Version, title, a description in Swedish and English, whom to ask, on what terms."""
    info = doc["info"]
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", info["version"]) and info["title"]
    assert "**Svenska.**" in info["description"] and "**English.**" in info["description"]
    assert set(info["contact"]) == {"name", "url", "email"}
    assert set(info["license"]) == {"name", "url"}


def test_dok_09_known_limitations_are_told(doc: Doc) -> None:
    """x-limitations tells what does not work, in both languages."""
    assert "100 poster" in doc["info"]["x-limitations"] and "100 items" in doc["info"]["x-limitations"]


def test_dok_15_every_body_has_examples_that_are_right(doc: Doc) -> None:
    """Each JSON body and answer has examples, and each example fits its own schema."""
    for name, media in bodies(doc):
        assert media.get("examples"), name
        whole = {**media["schema"], "components": doc["components"]}
        for example in media["examples"].values():
            Draft202012Validator(whole, format_checker=FormatChecker()).validate(example["value"])


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/offers", schemas.OfferSchema), ("/needs", schemas.NeedSchema), ("/rounds", schemas.RoundSchema),
        ("/rounds/{ref}/runs", schemas.RunSchema), ("/rounds/{ref}/decisions", desk_schemas.DecisionSchema),
        ("/proposals/{ref}/answer", schemas.AnswerSchema), ("/agreements/{ref}/end", schemas.EndSchema),
    ],
)  # fmt: skip
def test_dok_15_examples_of_bodies_are_accepted_by_the_schemas(doc: Doc, path: str, schema: Any) -> None:
    """What the document shows as a body is what the service reads."""
    (example,) = doc["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"].values()
    assert schemas.load(schema(), example["value"])


def test_dok_17_the_version_of_openapi_is_three(doc: Doc) -> None:
    """The newest major version, told in `openapi`."""
    assert re.fullmatch(r"3\.1\.[0-9]+", doc["openapi"])


def test_dok_19_dok_20_every_operation_and_answer_is_described(doc: Doc) -> None:
    """An operation says what it does, and each answer what it means."""
    for name, operation in operations(doc):
        assert operation["summary"] and operation["description"], name
        assert not operation["summary"].endswith("."), name
    for name, status, answer in answers(doc):
        assert answer["description"], f"{name} {status}"


def test_sak_09_sak_10_sak_15_sak_16_sak_18_only_bearer_tokens_in_the_header(doc: Doc) -> None:
    """Every operation but the public ones wants a bearer token; no Basic, Digest or keys anywhere."""
    assert {s["type"] + " " + s["scheme"] for s in doc["components"]["securitySchemes"].values()} == {"http bearer"}
    assert doc["security"] == [{"bearer": []}]
    public = {name for name, operation in operations(doc) if operation.get("security") == []}
    assert public == {"GET /api-info", "GET /features", "GET /figures", "GET /problems/{code}"}
    for name, operation in operations(doc):
        assert name in public or ("401" in operation["responses"] and "security" not in operation), name
    names = {p["name"].lower() for place in ("query", "header") for _, p in parameters(doc, place)}
    assert not names & {"token", "key", "api_key", "apikey", "access_token", "authorization", "password"}
