"""What the web server itself says, where a request never reaches a page."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from platsverket.config import ROOT


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server of our own, on an empty database."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = int(free.getsockname()[1])
    url = f"sqlite:///{tmp_path_factory.mktemp('served')}/x.sqlite"
    env = {**os.environ, "PORT": str(number), "HOST": "127.0.0.1", "PLATSVERKET_DATABASE_URL": url}
    with subprocess.Popen(
        [sys.executable, "-m", "platsverket.cli", "serve", "--demo"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
    ) as server:
        _wait_for(number)
        yield number
        server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("The server did not start.")


def asked(port: int, request: str) -> tuple[str, str]:
    """The status line and the rest of an answer to these very bytes."""
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(request.encode())
        parts = []
        with suppress(ConnectionResetError):  # the server may hang up on what it no longer reads
            while part := connection.recv(65536):
                parts.append(part)
    status, _, rest = b"".join(parts).decode().partition("\r\n")
    return status, rest


def get(port: int, path: str, *headers: str) -> tuple[str, str]:
    return asked(port, "\r\n".join((f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *headers, "", "")))


@pytest.mark.parametrize("path", ["/?text=", "/api/v1/features?text="])
def test_a_long_address_is_read_and_answered_by_the_service(port: int, path: str) -> None:
    """Five thousand characters are no reason for the web server to answer in its own words."""
    status, answer = get(port, path + "x" * 5000)
    assert status.split()[1] == "200" and "Strict-Transport-Security" not in answer
    assert "X-Content-Type-Options" in answer


@pytest.mark.parametrize(
    ("path", "header", "status", "says"),
    [
        ("/?text=" + "x" * 9000, "Accept: */*", "414", ("Adressen är för lång.", "The address is too long.")),
        ("/api/v1/offers?text=" + "x" * 9000, "Accept: */*", "414", ("Adressen är för lång.",)),
        ("/", "Cookie: " + "x" * 20_000, "431", ("Ta bort webbplatsens kakor", "cookies")),
        ("/", "no header at all", "400", ("gick inte att förstå", "could not be understood")),
    ],
)
def test_what_cannot_be_read_is_refused_in_both_languages(
    port: int, path: str, header: str, status: str, says: tuple[str, ...]
) -> None:
    answered, answer = get(port, path, header)
    assert answered.split()[1] == status
    assert "Content-Type: text/plain; charset=utf-8" in answer and "<html" not in answer
    for sentence in says:
        assert sentence in answer
