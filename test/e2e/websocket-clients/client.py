"""Prints what python3-websockets finds at the app, as JSON."""

import asyncio
import json
import sys

import websockets

ORIGIN, ID, PINGS = sys.argv[1:4]
BYTES = bytes((index * index) >> 3 & 0xFF for index in range(1048576))


def connect(query, **options):
    return websockets.connect(
        f"{ORIGIN}/?{query}", subprotocols=["other", "chat"], max_size=None, **options
    )


async def closed(word, **options):
    async with connect("id=other&max=1000", **options) as socket:
        await socket.recv()
        await socket.send(word)
        await socket.wait_closed()
        return [socket.close_code, socket.close_reason]


async def echoes(query, **options):
    """Whether each message came back, of a socket that is then closed with 3456."""
    messages = {
        "an empty text": "",
        "a text": "héllo 𝄞",
        "70 kB of text": "kilobyte" * 8750,
        "1 MiB of text": "0123456789abcdef" * 65536,
        "no bytes": b"",
        "three bytes": BYTES[:3],
        "70 kB": BYTES[:70000],
        "1 MiB": BYTES,
    }
    fragments = {
        "text in fragments": ["hé", "", "llo ", "𝄞", "x" * 70000],
        "bytes in fragments": [BYTES[:1], BYTES[1:70000], b"", BYTES[70000:80000]],
    }
    async with connect(query, **options) as socket:
        agreed = json.loads(await socket.recv())
        own = [socket.subprotocol, len(socket.extensions) > 0]
        came = {}
        for name, message in messages.items():
            await socket.send(message)
            came[name] = await socket.recv() == message
        for name, pieces in fragments.items():
            await socket.send(pieces)
            whole = pieces[0][:0].join(pieces)
            came[name] = await socket.recv() == whole
        pong = await socket.ping(b"p" * 125)
        await asyncio.wait_for(pong, 20)
        came["a ping"] = True
        numbers = [f"number {index}" for index in range(500)]
        for text in numbers:
            await socket.send(text)
        in_order = [await socket.recv() for _ in numbers] == numbers
        await socket.close(3456, "done")
        return agreed, own, came, in_order, [socket.close_code, socket.close_reason]


class Silent(websockets.WebSocketClientProtocol):
    """A client that tells when it has answered two pings of the server."""

    pongs = 0

    async def pong(self, data=b""):
        await super().pong(data)
        self.pongs += 1
        if self.pongs == 2:
            self.answered.set()


async def answers_pings():
    """Whether a socket whose client is silent, but for its pongs, outlives its time of 4 s."""
    async with connect("id=other&idle=4", create_protocol=Silent) as socket:
        socket.answered = asyncio.Event()
        await socket.recv()
        await asyncio.wait_for(socket.answered.wait(), 20)
        await socket.send("still here")
        return await socket.recv() == "still here"


async def main():
    (whole, plain, *closes) = await asyncio.gather(
        echoes(f"id={ID}"),
        echoes("id=other", compression=None),
        closed("close 1000 bye"),
        closed("close 4000 enough"),
        closed("close none"),
        closed("x" * 1001),
    )
    alive = await answers_pings() if PINGS == "pings" else None
    names = ["1000 of the app", "4000 of the app", "no code of the app", "a message that is too long"]
    runs = [
        {"agreed": agreed, "own": own, "echoes": came, "inOrder": in_order, "close": close}
        for agreed, own, came, in_order, close in (whole, plain)
    ]
    print(json.dumps({"runs": runs, "closes": dict(zip(names, closes)), "answersPings": alive}))


asyncio.run(main())
