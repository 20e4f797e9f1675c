"""gunicorn with our settings: one process, eight threads, and beside them the worker that runs rounds and the clock."""

from typing import Any

from flask_babel import force_locale
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from platsverket import words
from platsverket.app import create_app
from platsverket.clock import Clock
from platsverket.config import Config
from platsverket.jobs import Worker

THREADS = 8
LONGEST_ADDRESS = 8190  # gunicorn's own most
STATUS = {LimitRequestLine: "414 URI Too Long", LimitRequestHeaders: "431 Request Header Fields Too Large"}


class Threads(ThreadWorker):
    """Says in plain words, in every language, what is wrong with a request that cannot even be read.

    What was asked for is not known then, so pages and API get the same text.
    """

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        status = STATUS.get(type(exc), "400 Bad Request")
        text = self._said(int(status[:3])).encode()
        head = (
            f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(text)}\r\n\r\n"
        )
        try:
            util.write(client, head.encode() + text)
        except OSError:
            self.log.debug("Nobody was left to answer.")

    def _said(self, status: int) -> str:
        sentences = []
        for language in self.app.settings.site.languages:
            with self.wsgi.app_context(), force_locale(language):
                title, advice = words.HTTP[status]
                sentences.append(f"{title}. {advice}\n")
        return "".join(sentences)


class Server(BaseApplication):
    """Serves one configuration; the application is made in the serving process, after the fork."""

    def __init__(self, config: Config, host: str, port: int):
        self.settings, self.bind = config, f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", self.bind)
        self.cfg.set("workers", 1)
        self.cfg.set("threads", THREADS)
        self.cfg.set("worker_class", Threads)
        self.cfg.set("limit_request_line", LONGEST_ADDRESS)
        self.cfg.set("loglevel", "warning")
        self.cfg.set("control_socket_disable", True) if "control_socket_disable" in self.cfg.settings else None

    def load(self) -> Any:
        app = create_app(self.settings)
        if self.settings.jobs.runner == "thread":
            sessions = app.extensions["platsverket"].sessions
            Worker(sessions, self.settings).start()
            Clock(sessions, self.settings).start()
        return app
