"""Files of JSON lines, whole or cut short."""

from __future__ import annotations

import pytest

from loadtests.lines import LineWriter, read_lines


def write(path, *objects):
    with LineWriter(path) as lines:
        lines.write(*objects)


def test_what_is_written_is_read_back(tmp_path):
    """Objects come back in order; several writers may append to one file."""
    path = tmp_path / "a.jsonl"
    write(path, {"n": 1}, {"n": 2})
    write(path, {"n": 3})
    notes: list[str] = []
    assert [row["n"] for row in read_lines(path, notes)] == [1, 2, 3]
    assert notes == []


def test_a_last_line_without_its_end_is_left_out_and_said(tmp_path):
    """A crash in mid-write costs one line; the reader says where it stopped."""
    path = tmp_path / "a.jsonl"
    write(path, {"n": 1}, {"n": 2})
    path.write_bytes(path.read_bytes()[:-4])
    notes: list[str] = []
    assert [row["n"] for row in read_lines(path, notes)] == [1]
    assert notes == ["a.jsonl: ends within line 2; read up to line 1"]


def test_a_broken_line_in_the_middle_is_left_out_and_said(tmp_path):
    """Garbage does not hide what follows it."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"n":1}\n\x00\xff garbage\n[3]\n{"n":4}\n')
    notes: list[str] = []
    assert [row["n"] for row in read_lines(path, notes)] == [1, 4]
    assert [note.split(" is ")[0] for note in notes] == ["a.jsonl: line 2", "a.jsonl: line 3"]


def test_a_missing_file_has_no_lines(tmp_path):
    """A part that was off leaves no file; that is not an error."""
    assert list(read_lines(tmp_path / "none.jsonl", [])) == []


def test_a_full_disk_is_an_error_and_keeps_what_was_written():
    """/dev/full fails every write as a full disk does."""
    with LineWriter(__import__("pathlib").Path("/dev/full")) as lines, pytest.raises(OSError, match="No space left"):
        lines.write({"n": 1})
