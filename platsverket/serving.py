"""gunicorn with our settings: one process, eight threads, and the worker that runs rounds beside them."""

from typing import Any

from gunicorn.app.base import BaseApplication

from platsverket.app import create_app
from platsverket.config import Config
from platsverket.jobs import Worker

THREADS = 8


class Server(BaseApplication):  # type: ignore[misc]
    """Serves one configuration; the application is made in the serving process, after the fork."""

    def __init__(self, config: Config, host: str, port: int):
        self.settings, self.bind = config, f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", self.bind)
        self.cfg.set("workers", 1)
        self.cfg.set("threads", THREADS)
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("loglevel", "warning")
        self.cfg.set("control_socket_disable", True) if "control_socket_disable" in self.cfg.settings else None

    def load(self) -> Any:
        app = create_app(self.settings)
        if self.settings.jobs.runner == "thread":
            Worker(app.extensions["platsverket"].sessions, self.settings).start()
        return app
