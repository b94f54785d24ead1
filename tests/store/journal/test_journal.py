"""The journal keeps every whole record, whatever happens to its end."""

import struct
import threading
import time
import tracemalloc

import pytest
from recorded_runs import run_started, story

from hhstudio.core.errors import SessionError
from hhstudio.core.run import events
from hhstudio.store.journal import journal as journals
from hhstudio.store.journal.flush_thread import FlushThread
from hhstudio.store.journal.journal import HEADER_SIZE, JournalReader, JournalWriter

SESSION = "0123456789abcdef" * 2


@pytest.fixture
def written(tmp_path):
    """A journal of three short records, where each ends, and the records."""
    path = tmp_path / "s.h5.journal"
    writer = JournalWriter(path, SESSION, base=7)
    said = [events.Log(time=t, level="info", message="m" * (3 + t)) for t in range(3)]
    ends = []
    for event in said:
        writer.append(event)
        ends.append(writer.size)
    writer.close()
    return path, ends, said


def read(path):
    with JournalReader(path) as reader:
        found = [(frame.sequence, events.decode(payload)) for frame, payload in reader.frames()]
        return found, reader.lost, reader.torn


def test_records_come_back_in_order_with_their_numbers(tmp_path):
    happened = [run_started(), *story()]
    writer = JournalWriter(tmp_path / "j", SESSION, base=40)
    for event in happened:
        writer.append(event)
    writer.close()
    found, lost, _ = read(tmp_path / "j")
    assert [number for number, _ in found] == list(range(41, 41 + len(happened)))
    assert [events.encode(e) for _, e in found] == [events.encode(e) for e in happened]
    assert lost == 0
    with JournalReader(tmp_path / "j") as reader:
        assert reader.header == (SESSION, 40)


def test_a_journal_cut_at_any_byte_keeps_every_record_before_the_cut(written):
    path, ends, said = written
    data = path.read_bytes()
    assert ends[-1] == len(data)
    for size in range(len(data)):
        path.write_bytes(data[:size])
        found, lost, torn = read(path)
        whole = [end for end in ends if end <= size]
        assert [event for _, event in found] == said[: len(whole)]
        if size < HEADER_SIZE:
            assert lost == size
        else:
            assert lost == size - (whole[-1] if whole else HEADER_SIZE)
            assert torn


def test_a_changed_byte_ends_the_journal_at_that_record(written):
    path, ends, said = written
    data = path.read_bytes()
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x55
        path.write_bytes(changed)
        found, lost, _ = read(path)
        before = [end for end in ends if end <= at] if at >= HEADER_SIZE else []
        assert [event for _, event in found] == said[: len(before)]
        assert lost > 0


def test_an_absurd_length_takes_no_memory(written):
    path, _, said = written
    data = bytearray(path.read_bytes())
    data[HEADER_SIZE : HEADER_SIZE + 4] = struct.pack("<I", 0xFFFFFFF0)
    path.write_bytes(data)
    tracemalloc.start()
    found, lost, _ = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found, lost) == ([], len(data) - HEADER_SIZE)
    assert peak < 1 << 20
    assert said


def test_a_file_that_is_no_journal_holds_nothing(tmp_path):
    (tmp_path / "j").write_bytes(b"hello, I am a text file" * 10)
    found, lost, _ = read(tmp_path / "j")
    assert (found, lost) == ([], 230)


def test_a_newer_journal_is_refused(written):
    path, _, _ = written
    data = bytearray(path.read_bytes())
    data[8:10] = struct.pack("<H", 2)
    data[HEADER_SIZE - 4 : HEADER_SIZE] = struct.pack("<I", journals.zlib.crc32(data[: HEADER_SIZE - 4]))
    path.write_bytes(data)
    with pytest.raises(SessionError, match="version 2"):
        JournalReader(path)


def test_a_tick_brings_records_into_the_file_when_it_is_time(tmp_path, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(journals.time, "monotonic", lambda: now)
    writer = JournalWriter(tmp_path / "j", SESSION)
    writer.append(events.Log(time=0, level="info", message="one"))
    assert len(read(tmp_path / "j")[0]) == 0
    now += 0.6
    writer.tick()
    assert len(read(tmp_path / "j")[0]) == 1
    now += 0.6
    writer.append(events.Log(time=0, level="info", message="two"))
    assert len(read(tmp_path / "j")[0]) == 2
    writer.close()


def test_much_at_once_does_not_wait_in_memory(tmp_path):
    writer = JournalWriter(tmp_path / "j", SESSION)
    writer.append(events.Log(time=0, level="info", message="m" * (2 << 20)))
    assert len(read(tmp_path / "j")[0]) == 1
    writer.close()


def test_a_restarted_journal_goes_on_counting(tmp_path):
    writer = JournalWriter(tmp_path / "j", SESSION)
    for number in range(3):
        writer.append(events.Log(time=number, level="info", message=""))
    writer.flush()
    writer.restart()
    assert read(tmp_path / "j")[0] == []
    writer.append(events.Log(time=3, level="info", message=""))
    writer.close()
    assert [number for number, _ in read(tmp_path / "j")[0]] == [4]
    assert [p.name for p in tmp_path.iterdir()] == ["j"]


def test_records_are_in_the_file_by_the_clock_while_who_recorded_them_is_busy(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "FLUSH_SECONDS", 0.05)
    writer = JournalWriter(tmp_path / "j", SESSION)
    flushing = FlushThread(writer)
    writer.add(events.Log(time=0, level="info", message="one"))
    busy_until = time.monotonic() + 10.0
    while not read(tmp_path / "j")[0]:
        sum(range(100_000))
        assert time.monotonic() < busy_until
    flushing.close()
    assert [thread for thread in threading.enumerate() if thread.name == "hhstudio-journal"] == []
    writer.close()


def test_records_of_several_threads_lie_one_behind_the_other_while_another_flushes(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "FLUSH_SECONDS", 0.001)
    writer = JournalWriter(tmp_path / "j", SESSION)
    flushing = FlushThread(writer)
    frames = []

    def add(level):
        for number in range(300):
            record = events.Log(time=number, level=level, message="m" * number)
            frames.append((writer.add(record), record))

    threads = [threading.Thread(target=add, args=(level,)) for level in ("info", "warning", "error")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for frame, record in frames:  # some of them still wait, some are in the file
        assert events.decode(writer.payload(frame)) == record
    flushing.close()
    writer.close()
    found, lost, _ = read(tmp_path / "j")
    assert lost == 0
    assert found == [(frame.sequence, record) for frame, record in sorted(frames, key=lambda each: each[0])]


def test_the_flush_thread_of_a_journal_that_nobody_holds_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(journals, "FLUSH_SECONDS", 0.01)
    writer = JournalWriter(tmp_path / "j", SESSION)
    thread = FlushThread(writer)._thread
    writer.abandon()
    del writer
    thread.join(5.0)
    assert not thread.is_alive()
