"""The two AWS calls of the receiver, answered as cheaply as Python can: python -m infra.benchmarks.loopback_aws SECRET.

So that receiving is measured and not a cloud emulator. Prints its port, then answers until its input ends. What is sent
to the queue is confirmed by its digest and forgotten.
"""

import asyncio
import hashlib
import json
import sys
from typing import cast

import msgspec
import uvloop


class _Message(msgspec.Struct):
    MessageBody: str


_message = msgspec.json.Decoder(_Message)


class LoopbackAws(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, one request after another on a kept connection."""

    def __init__(self, secret: str) -> None:
        self._secret = json.dumps({"SecretString": json.dumps({"signing_secrets": [secret]})}).encode()
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is none by inheritance

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end].lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self._held) < end + 4 + length:
                return
            body, self._held = self._held[end + 4 : end + 4 + length], self._held[end + 4 + length :]
            answer = self._secret if b"getsecretvalue" in head else _confirmed(body)
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))


def _confirmed(body: bytes) -> bytes:
    digest = hashlib.md5(_message.decode(body).MessageBody.encode(), usedforsecurity=False).hexdigest()
    return b'{"MessageId":"m","MD5OfMessageBody":"%s"}' % digest.encode()


async def _serve(secret: str) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: LoopbackAws(secret), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)  # whoever started us holds the other end, and may be killed
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
