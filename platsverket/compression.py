"""Answers in fewer bytes: the built files are compressed once, pages as they are sent."""

from __future__ import annotations

import gzip
import io
import secrets
import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from flask import Response, request
from whitenoise.compress import Compressor

from platsverket.config import ROOT

log = structlog.get_logger()
BUILT = ROOT / "platsverket" / "static"
KINDS = {"text/html", "text/csv", "image/svg+xml", "application/json", "application/geo+json"}
LEAST_BYTES = 1_000
LONGEST_NAME = 100


def static_files() -> str:
    """The folder of the built files with a compressed copy beside each; WhiteNoise sends what the browser can read.

    Where there is no room for the copies the files are sent as they are.
    """
    try:
        return str(Path(_folder().name) / "static")
    except OSError as error:
        log.warning("files_not_compressed", error=str(error))
        return str(BUILT)


@lru_cache
def _folder() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="platsverket-static-")
    copies = Path(shutil.copytree(BUILT, Path(folder.name) / "static"))
    compressor = Compressor(quiet=True)
    for path in sorted(copies.iterdir()):
        compressor.compress(str(path))
    return folder


def compressed(response: Response) -> Response:
    """The answer compressed where the browser can read that and it is worth it.

    A page may hold both a secret (the token of its forms) and what a stranger chose (a search). So that nobody learns
    the one from the length of the answers to many of the other, a name of random length stands in front of the bytes,
    as in "Heal the Breach" (Palacios, Garcia, Sanchez and Manzano, 2022).
    """
    if response.mimetype not in KINDS or response.is_streamed or response.headers.get("ETag"):
        return response
    response.vary.add("Accept-Encoding")
    plain = response.get_data()
    if len(plain) < LEAST_BYTES or not request.accept_encodings["gzip"] or response.content_encoding:
        return response
    packed = io.BytesIO()
    name = "a" * secrets.randbelow(LONGEST_NAME)
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=6, fileobj=packed, mtime=0) as file:
        file.write(plain)
    response.set_data(packed.getvalue())
    response.content_encoding = "gzip"
    return response
