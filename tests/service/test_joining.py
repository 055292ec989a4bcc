"""What an answer is written in reaches the client whole, in order, and not piece by piece."""

import asyncio

from lockgate.service.joining import MOST, Joining


class Client(asyncio.Protocol):
    """Keeps what arrives, as it arrives, until the connection ends."""

    def __init__(self):
        self.arrived = []
        self.ended = asyncio.get_running_loop().create_future()

    def data_received(self, data):
        """Keep it."""
        self.arrived.append(data)

    def connection_lost(self, exc):
        """Say so."""
        self.ended.set_result(exc)


def received(write):
    """Return what a client got of what `write` did with the transport of a real connection."""

    class Server(asyncio.Protocol):
        def connection_made(self, transport):
            loop = asyncio.get_running_loop()
            self.writing = loop.create_task(write(Joining(transport, loop)))

    async def run():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Server, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        _, client = await loop.create_connection(Client, "127.0.0.1", port)
        await asyncio.wait_for(client.ended, 10)
        server.close()
        return client.arrived

    return asyncio.run(run())


def test_head_and_body_arrive_together_and_in_order():
    """One system call sends both."""

    async def write(transport):
        transport.write(b"head ")
        transport.write(b"body")
        await asyncio.sleep(0.05)
        transport.write(b"next")
        transport.close()

    arrived = received(write)
    assert arrived[0] == b"head body"
    assert b"".join(arrived) == b"head bodynext"


def test_what_was_written_is_sent_before_the_connection_is_closed():
    """A last answer is not lost."""

    async def write(transport):
        transport.write(b"last")
        transport.close()
        assert transport.is_closing()

    assert b"".join(received(write)) == b"last"


def test_much_is_not_kept_back():
    """So that the transport says when a client reads too slowly."""

    async def write(transport):
        transport.write(b"x" * 4)
        transport.write(b"y" * MOST)
        transport.write(b"z")
        assert transport.get_write_buffer_size() < MOST
        transport.close()

    assert b"".join(received(write)) == b"x" * 4 + b"y" * MOST + b"z"


def test_nothing_is_written_to_a_connection_that_is_gone():
    """The client went away between the answer and its sending."""

    async def write(transport):
        transport.write(b"too late")
        transport.abort()

    assert b"".join(received(write)) == b""
