"""A real server and a real Chromium: where none is found the tests say so, and under CI=true that is a failure."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from platsverket.app import create_app
from platsverket.config import Config
from platsverket.jobs import Worker
from tests.factories import Factory

# The shell draws the same pages and leaves out the browser's own surface, which nobody sees here.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Site:
    """A served application with its worker, and a factory to furnish it."""

    url: str
    app: Flask
    make: Factory
    worker: Worker


@contextmanager
def served(config: Config) -> Iterator[Site]:
    """A site at an address of its own, which its mails and calendars name; its worker is not started."""
    server = make_server("127.0.0.1", 0, Flask("not ready"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    server.app = app = create_app(replace(config, site=replace(config.site, address=url)))
    service = app.extensions["platsverket"]
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    with service.sessions() as session:
        yield Site(url, app, Factory(session, service.config), Worker(service.sessions, service.config))
    server.shutdown()
    serving.join()
    service.engine.dispose()


@pytest.fixture
def site(web_config: Config) -> Iterator[Site]:
    with served(web_config) as site:
        site.worker.start()
        yield site
        site.worker.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("There is no Chromium, and CI must run the browser tests: .ci/run installs it.")
        pytest.skip("There is no Chromium on this machine: install it to run the browser tests.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def furnished(chromium: Any, site: Site) -> Any:
    """A site where every page has something to show."""
    from tests.browser.furnished import Furnished

    return Furnished(site, chromium)
