"""One door to the database: an engine that is safe on both SQLite and PostgreSQL, and one way to write.

A writing service is decorated with ``writing``: it runs in one transaction of its own that takes the write lock
first, commits when the function returns, and is run again from the start when the database asks for it. So
every change and its events are stored together or not at all.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, create_engine, event, exc, func, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from platsverket.config import ROOT, ConfigError
from platsverket.errors import Refused

P = ParamSpec("P")
T = TypeVar("T")

SERIALIZATION_FAILURE, DEADLOCK, LOCK_NOT_AVAILABLE = "40001", "40P01", "55P03"
TRIES = 5
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def connect(url: str, lock_wait_seconds: int = 5) -> Engine:
    """An engine for ``url`` with the settings both databases need to be safe under concurrent writers."""
    try:
        address = make_url(url)
    except (exc.ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ConfigError(
            "The database address cannot be understood. Write sqlite:///file or postgresql+psycopg://…"
        ) from None
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, lock_wait_seconds)
    try:
        return create_engine(
            address,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=10,
            connect_args={"connect_timeout": 5, "options": f"-c lock_timeout={lock_wait_seconds}s -c timezone=UTC"},
        )
    except (exc.ArgumentError, ModuleNotFoundError):
        raise ConfigError(
            f'The database "{address.get_backend_name()}" is not supported. Use sqlite or postgresql.'
        ) from None


def _sqlite(address: Any, lock_wait_seconds: int) -> Engine:
    if address.database and address.database != ":memory:":
        file = Path(address.database)
        file = file if file.is_absolute() else ROOT / file
        _folder(file.parent)
        address = address.set(database=str(file))
    engine = create_engine(address, connect_args={"timeout": lock_wait_seconds})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own is too late to lock
        connection.execute("PRAGMA foreign_keys = ON")
        # SQLite's own lower() knows only ASCII: a search for "östersund" would miss Östersund.
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _folder(folder: Path) -> None:
    """Our own folder is made; any other that is not there is rather a slip in the address."""
    if folder != ROOT / "var":
        if not folder.is_dir():
            raise ConfigError(f"The folder {folder} does not exist. Make it, or correct the database's address.")
        return
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The folder {folder} cannot be made: {error.strerror}.") from None


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


def sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, expire_on_commit=False)


def ping(engine: Engine) -> None:
    """Raises ConfigError with one line when the database does not answer."""
    try:
        with engine.connect() as connection:
            # Whether a file is a database at all shows only when something stored is asked for.
            inspect(connection).has_table("alembic_version")
    except exc.DatabaseError as error:
        where = engine.url.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
        raise ConfigError(
            f"The database {where} does not answer ({reason}). Check PLATSVERKET_DATABASE_URL and that it runs."
        ) from None


def now() -> datetime:
    """The time, in UTC to the second: what is stored is what is shown."""
    return datetime.now(UTC).replace(microsecond=0)


def this_day() -> date:
    """The calendar day it is in Stockholm: what "today" means to those who post, answer and coordinate."""
    return datetime.now(STOCKHOLM).date()


def clock(session: Session) -> datetime:
    """The database's time, which decides between an answer and its deadline, whatever the web servers' clocks say."""
    if session.get_bind().dialect.name != "postgresql":
        return now()
    moment: datetime = session.scalars(select(func.clock_timestamp())).one()
    return moment.astimezone(UTC).replace(microsecond=0)


def insert(session: Session, model: type[Any]) -> Any:
    """An insert that can say what to do where the row is there already: each database has its own."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(model)


def writing(work: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """Run ``work(session, …)`` in one writing transaction; retry when the database says it must be run again.

    What the session had read before is forgotten, so the work decides on what holds under the lock.
    A lock that is not given in time becomes Refused("busy").
    """

    @functools.wraps(work)
    def run(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(TRIES):
            session.rollback()
            try:
                session.connection(execution_options={"writes": True})
                result = work(session, *args, **kwargs)
                session.commit()
                return result
            except exc.OperationalError as error:
                session.rollback()
                if not _again(error) or attempt == TRIES - 1:
                    raise _busy(error) from error
                time.sleep(0.02 * 2**attempt)
            except BaseException:
                session.rollback()
                raise
        raise AssertionError("unreachable")

    return run


def _again(error: exc.OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", None) in (SERIALIZATION_FAILURE, DEADLOCK)


def _busy(error: exc.OperationalError) -> Exception:
    return Refused("busy") if waited(error) or _again(error) else error


def waited(error: exc.SQLAlchemyError) -> bool:
    """Whether others held what was asked for, a lock or a connection, for too long; else the database is not there."""
    if isinstance(error, exc.TimeoutError):
        return True
    cause = getattr(error, "orig", None)
    locked = "locked" in str(cause) or "busy" in str(cause)
    return locked or getattr(cause, "sqlstate", None) == LOCK_NOT_AVAILABLE
