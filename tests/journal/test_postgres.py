"""The journal in PostgreSQL, which is killed and comes back."""

import signal
import time

import pytest

from lockgate.journal import Conflict, Privacy, Writer, open_store
from tests.journal.test_journal import SCHEMA, record, until
from tests.postgres import INSTALLED, REASON, serving

pytestmark = pytest.mark.skipif(not INSTALLED, reason=REASON)


@pytest.fixture
def server():
    """Return a PostgreSQL that runs."""
    with serving() as server:
        yield server


def test_a_killed_postgresql_loses_nothing_once_it_is_back(server):
    """Killed and started again between and while records come."""
    writer = Writer(open_store(server.url, Privacy(SCHEMA)), 10_000)
    writer.start()
    writer.put(record(1))
    until(lambda: writer.written == 1)
    server.stop(signal.SIGQUIT)
    for number in range(2, 1_002):
        writer.put(record(number))
    until(lambda: writer.failure)
    time.sleep(0.3)
    server.start()
    until(lambda: writer.written == 1_001, 40)
    store = writer.store
    assert len(list(store.all())) == 1_001
    store.write([record(1)])
    assert store.give([(record(1).id, 0, 2.0)]) == 1
    assert store.give([(record(1).id, 0, 2.0)]) == 0
    with pytest.raises(Conflict):
        store.give([(record(1).id, 0, 3.0)])
    assert store.find([record(1).id])[record(1).id]["feedback"] == {0: 2.0}
    assert store.prune(time.time_ns() // 1_000_000) == 1_001
    writer.close(20)
    assert writer.dropped == 0
