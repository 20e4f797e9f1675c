"""A real SMTP server on this machine, which keeps what it is sent and can be told to refuse an address."""

from __future__ import annotations

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """``messages`` holds every message taken, in order, ``recipients`` every address that one was for.

    ``refuse`` maps an address to the server's answer to it, ``dislike`` a word in a message likewise; ``hang_up`` says
    how many times it hangs up in the middle of a message.
    """

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse: dict[str, str] = {}
        self.dislike: dict[str, str] = {}
        self.hang_up = 0
        self.controller = self._new()

    def _new(self) -> Controller:
        return Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - named by aiosmtpd
        if answer := self.refuse.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        self.recipients.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - named by aiosmtpd
        if self.hang_up:
            self.hang_up -= 1
            server.transport.close()
            return "421 Closing"
        for word, answer in self.dislike.items():
            if word.encode() in envelope.content:
                return answer
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"

    def start(self) -> None:
        self.controller.start()

    def stop(self) -> None:
        """Nobody answers on its port any more; ``start`` serves there again."""
        self.controller.stop()
        self.controller = self._new()

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.messages if address in message["To"]]


def plain(message: EmailMessage) -> str:
    """What a message says, as plain text."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
