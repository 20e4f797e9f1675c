"""Fixtures for everything above the engine: real databases of both kinds, an application, people to sign in as.

``PLATSVERKET_TEST_DATABASES`` (default "sqlite,postgresql") chooses the databases. PostgreSQL comes from a wheel, is
started once for the whole run and stopped with it.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from platsverket.app import create_app
from platsverket.config import Config
from platsverket.database import connect, sessions
from platsverket.migrations import upgrade
from platsverket.models import Model
from platsverket.web import Service
from tests import postgresql
from tests.factories import PASSWORD, Factory
from tests.mailserver import MailServer

DATABASES = os.environ.get("PLATSVERKET_TEST_DATABASES", "sqlite,postgresql").split(",")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite database that tests copy."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    engine = connect(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A migrated database on a PostgreSQL server of our own."""
    with postgresql.running() as url:
        engine = connect(url)
        upgrade(engine)
        engine.dispose()
        yield url


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database: every test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    url = str(request.getfixturevalue("postgresql_url"))
    engine = connect(url)
    names = ", ".join(f'"{table.name}"' for table in Model.metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    engine.dispose()
    return url


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> str:
    """Always the same file, made anew: whoever still held the last one open does not get this one."""
    path = sqlite_template.with_name("test.sqlite")
    path.unlink(missing_ok=True)
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def config(database_url: str) -> Config:
    return settings(database_url)


def settings(url: str) -> Config:
    config = Config(secret_key="for tests only, and long enough for it", demo=True)
    return replace(config, database=replace(config.database, url=url), site=replace(config.site, https_only=False))


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """An SMTP server that runs until the test ends; ``with_mail`` sends to it."""
    server = MailServer()
    server.start()
    yield server
    server.controller.stop()


def with_mail(config: Config, server: MailServer) -> Config:
    return replace(config, mail=replace(config.mail, server="127.0.0.1", port=server.port, timeout_seconds=5))


@functools.cache
def _connected(url: str, lock_wait_seconds: int) -> Engine:
    return connect(url, lock_wait_seconds)


@contextmanager
def engine_of(config: Config) -> Iterator[Engine]:
    """An engine of its own that takes over the statements compiled for the same address before: a fifth of the time."""
    shared = _connected(config.database.url, config.database.lock_wait_seconds)
    yield shared.execution_options()
    shared.dispose()


@pytest.fixture
def engine(config: Config) -> Iterator[Engine]:
    with engine_of(config) as engine:
        yield engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with sessions(engine)() as session:
        yield session


@pytest.fixture
def make(session: Session, config: Config) -> Factory:
    """Makes organisations, people, offers, needs and rounds through the services."""
    return Factory(session, config)


@pytest.fixture
def web_config(sqlite_url: str) -> Config:
    return settings(sqlite_url)


@pytest.fixture(scope="session")
def built(sqlite_template: Path) -> Flask:
    """The application, built once for all the tests of a run: each of them gets it with a database of its own."""
    app = create_app(settings(f"sqlite:///{sqlite_template}"))
    app.extensions["platsverket"].engine.dispose()
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    return app


@pytest.fixture
def app(web_config: Config, built: Flask) -> Iterator[Flask]:
    """The whole application on SQLite; what differs between databases is tested at the services."""
    with engine_of(web_config) as engine:
        built.extensions["platsverket"] = Service(web_config, engine, sessions(engine))
        yield built


@pytest.fixture
def web(app: Flask) -> Iterator[Web]:
    service = app.extensions["platsverket"]
    with service.sessions() as session:
        yield Web(app, Factory(session, service.config))


class Web:
    """A browser without script: signs in, keeps the cookie, fills in the token of forms."""

    def __init__(self, app: Flask, make: Factory):
        self.app, self.make = app, make
        self.client: FlaskClient = app.test_client()

    def sign_in(self, email: str) -> Web:
        """A new visitor, signed in with this account."""
        fresh = Web(self.app, self.make)
        answer = fresh.post("/sign-in", {"email": email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return fresh

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.client.get(path, **kwargs)

    def post(self, path: str, form: dict[str, Any] | None = None) -> Any:
        return self.client.post(path, data={**(form or {}), "csrf_token": self._token()})

    def _token(self) -> str:
        page = self.client.get("/sign-in").text
        return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
