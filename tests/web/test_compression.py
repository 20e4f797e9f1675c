"""What is sent is small where the browser can read it so, and the same either way."""

import gzip

import pytest

from platsverket import compression
from platsverket.app import create_app
from platsverket.config import Config
from tests.conftest import Web

PACKED = {"Accept-Encoding": "gzip"}


def test_a_page_is_sent_small_to_a_browser_that_can_read_it(web: Web) -> None:
    """The same page comes out of it; no two answers to one question need be of one length."""
    plain = web.client.get("/about")
    answers = [web.client.get("/about", headers=PACKED) for _ in range(12)]
    assert plain.content_encoding is None and "Accept-Encoding" in plain.headers["Vary"]
    for answer in answers:
        assert answer.content_encoding == "gzip" and answer.content_length == len(answer.data)
        assert gzip.decompress(answer.data).decode() == plain.text
    assert len({len(answer.data) for answer in answers}) > 1
    assert max(len(answer.data) for answer in answers) < len(plain.data) / 2


def test_a_built_file_is_sent_small_and_may_be_kept(web: Web) -> None:
    """A browser that asks for nothing in particular gets it as it is."""
    plain, packed = web.client.get("/static/app.css"), web.client.get("/static/app.css", headers=PACKED)
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data and "max-age" in packed.headers["Cache-Control"]


def test_what_is_short_or_has_a_version_of_its_own_is_sent_as_it_is(web: Web) -> None:
    """Compressing a few bytes would only lengthen them."""
    assert web.client.get("/static/icon.svg", headers=PACKED).status_code == 200
    answer = web.client.get("/api/v1/nowhere", headers=PACKED)
    assert answer.status_code == 404 and answer.content_encoding is None


def test_a_service_without_room_for_copies_starts_and_sends_its_files_as_they_are(
    web_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compression, "TemporaryDirectory", full)
    monkeypatch.setattr(compression, "_folder", compression._folder.__wrapped__)
    app = create_app(web_config)
    answer = app.test_client().get("/static/app.css", headers=PACKED)
    assert answer.status_code == 200 and "Content-Encoding" not in answer.headers and answer.data
    app.extensions["platsverket"].engine.dispose()
