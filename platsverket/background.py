"""What goes on beside the pages: in a thread of the web process, or alone in ``platsverket worker``."""

from __future__ import annotations

import threading

from sqlalchemy.orm import Session, sessionmaker

from platsverket.config import Config


class Background:
    """Does its work over and over, with a pause in between where there is nothing to do, until told to stop."""

    pause = 1.0  # seconds

    def __init__(self, sessions: sessionmaker[Session], config: Config):
        self.sessions, self.config = sessions, config
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run in a thread of this process."""
        self._thread = threading.Thread(target=self.run, name=type(self).__name__.lower(), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()

    def run(self) -> None:
        """Work until ``stop``."""
        while not self._ended.is_set():
            if not self._once():
                self._ended.wait(self.pause)

    def _once(self) -> bool:
        """Work once; whether more may be waiting."""
        raise NotImplementedError
