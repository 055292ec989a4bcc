"""What is told of the journal and of the workers' processes."""

import json
import os
import re
import signal
import sqlite3
import sys
from functools import cache

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lockgate.contract import Column, Schema
from lockgate.journal import Privacy, Record, Writer, open_store
from lockgate.service.logs import Lines, make_log
from lockgate.service.watching import Alarm
from tests.service.client import call
from tests.service.processes import answers, eventually, served, workers

UNITS = ("seconds", "bytes", "rows", "fds", "total", "info", "up", "in_flight", "state")
SCHEMA = Schema(
    entity="flat",
    entities="flats",
    version="1",
    columns=(
        Column(name="area", type="number", role="feature"),
        Column(name="rent", type="number", role="target"),
    ),
)
RECORD = Record("0" * 32, 0, "asked", "1", "primary", 0.001, 1, [{"area": 1.0}], b"[{}]")


def samples(url):
    """Return the samples of a running service."""
    text = httpx.get(f"{url}/metrics", timeout=20).text
    families = text_string_to_metric_families(text)
    return {
        (each.name, *sorted(each.labels.items())): each.value
        for family in families
        for each in family.samples
    }


@pytest.fixture
def journal(tmp_path):
    """Return a journal that holds two rows and writes none."""
    return Writer(open_store(str(tmp_path / "journal.db"), Privacy(SCHEMA)), most=2)


@pytest.fixture
def alarm(journal, capfd):
    """Return a function that looks at a moment, and returns what was logged."""
    watch = cache(lambda: Alarm(journal, make_log("info", Lines(sys.stderr.buffer, list))))

    def look(now):
        watch().look(now)
        return [json.loads(line) for line in capfd.readouterr().err.splitlines()]

    return look


def lose(journal, rows):
    """Put so many rows that find no room."""
    while journal.waiting < 2:
        journal.put(RECORD)
    for _ in range(rows):
        journal.put(RECORD)


def test_an_alarm_is_raised_at_once_then_each_minute_then_lifted(journal, alarm):
    """With how many rows were lost since the last line, and in the end in all."""
    assert alarm(0.0) == []
    lose(journal, 3)
    (first,) = alarm(1.0)
    assert (first["level"], first["event"], first["lost"]) == ("error", "the journal loses rows", 3)
    assert (first["waiting"], first["reason"]) == (2, "the queue is full")
    told = []
    for second in range(2, 122):
        lose(journal, 1)
        told += alarm(float(second))
    assert [line["lost"] for line in told] == [60, 60]
    assert alarm(130.0) == []
    (last,) = alarm(131.5)
    assert (last["level"], last["lost"]) == ("warning", 123)
    assert alarm(500.0) == []
    lose(journal, 1)
    assert [line["lost"] for line in alarm(501.0)] == [1]


def test_it_is_not_over_while_the_database_fails(journal, alarm):
    """However long nothing was asked."""
    lose(journal, 1)
    journal.failure = "OperationalError"
    assert [line["reason"] for line in alarm(0.0)] == ["OperationalError"]
    assert alarm(50.0) == []
    journal.failure = ""
    assert [line["level"] for line in alarm(51.0)] == ["warning"]


def test_what_is_lost_at_the_end_is_said(journal, alarm):
    """Also when the last line was a moment ago."""
    lose(journal, 1)
    alarm(0.0)
    journal.close(0)
    assert [line["lost"] for line in alarm(float("inf"))] == [2]


@pytest.mark.parametrize("count", [1, 2])
def test_what_the_journal_does_is_counted_over_all_workers(bundles, tmp_path, count):
    """Written, dropped and waiting rows, failures, and whether it can be written."""
    path, log = tmp_path / "journal.db", tmp_path / "log"
    variables = {"WORKERS": str(count), "LOCKGATE_JOURNAL_QUEUE": "5"}
    with (
        log.open("w") as lines,
        served(bundles["regression"], lines, LOCKGATE_JOURNAL=str(path), **variables) as (_, url),
    ):
        assert all(answers(url) for _ in range(4))
        name = "lockgate_journal_rows_total"
        written, dropped = (name, ("outcome", "written")), (name, ("outcome", "dropped"))
        eventually(lambda: samples(url)[written] == 4)
        assert samples(url)[dropped] == 0
        assert samples(url)[("lockgate_journal_up",)] == 1
        other = sqlite3.connect(path, isolation_level=None, timeout=20)
        other.execute("begin immediate")
        assert all(answers(url) for _ in range(40))
        eventually(lambda: samples(url)[dropped] >= 10)
        eventually(lambda: samples(url)[("lockgate_journal_up",)] == 0)
        assert samples(url)[("lockgate_journal_queue_rows",)] > 0
        assert samples(url)[("lockgate_journal_failures_total",)] > 0
        other.execute("rollback")
        other.close()
        eventually(lambda: samples(url)[("lockgate_journal_up",)] == 1)
        eventually(lambda: samples(url)[written] + samples(url)[dropped] == 44)
    told = [json.loads(line) for line in log.read_text().splitlines()]
    alarms = [line for line in told if line["event"] == "the journal loses rows"]
    assert 1 <= len(alarms) <= 2 * count
    assert sum(line["lost"] for line in alarms) <= 40


def test_each_worker_tells_its_process(bundles):
    """By its pid, whichever worker is asked; one that died is told of no more."""
    with served(bundles["regression"], WORKERS="2") as (server, url):
        eventually(lambda: len(workers(server)) == 2 and answers(url))

        def told(name):
            return {int(dict(key[1:])["pid"]) for key in samples(url) if key[0] == name}

        eventually(lambda: told("process_resident_memory_bytes") == set(workers(server)))
        found = samples(url)
        for pid in workers(server):
            of_worker = {key[0]: value for key, value in found.items() if ("pid", str(pid)) in key}
            assert 30e6 < of_worker["process_resident_memory_bytes"] < 200e6
            assert 0 < of_worker["process_cpu_seconds_total"] < 100
            assert of_worker["process_open_fds"] < of_worker["process_max_fds"]
            assert of_worker["process_start_time_seconds"] > 1.7e9
        victim = workers(server)[0]
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: len(set(workers(server)) - {victim}) == 2)
        eventually(lambda: told("process_cpu_seconds_total") == set(workers(server)))


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_the_names_are_those_of_the_convention(apps, task):
    """https://prometheus.io/docs/practices/naming: counters end in total, units are base units."""
    assert call(apps[task], "GET", "/ready").status_code == 200
    text = call(apps[task], "GET", "/metrics").text
    families = list(text_string_to_metric_families(text))
    names = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    assert len({name for name, _ in names}) == len(names) == len(families)
    assert {name for name, _ in names} == set(re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE))
    for name, kind in names:
        assert re.fullmatch(r"(lockgate|process)(_[a-z0-9]+)+", name)
        assert name.endswith("_total") == (kind == "counter")
        assert name == "lockgate_prediction" or name.endswith(UNITS)
        assert not re.search(r"_(count|sum|bucket|created)$", name)
        assert not re.search(r"milli|micro|minutes|percent|kb|mb", name)
