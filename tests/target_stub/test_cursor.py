"""Cursors: they lead on from where a page ended, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from target_stub.cursor import CursorError, Cursors, Position, cursor_key

POSITION = Position(0.123456789012345, 3957, 20)
ASKED, VERSION = b"what was asked", "v1"


def test_a_cursor_gives_back_the_very_position() -> None:
    """To the last bit of the score, since the next page begins behind it."""
    cursors = Cursors(b"key")
    cursor = cursors.seal(POSITION, ASKED, VERSION)
    assert cursors.open(cursor, ASKED, VERSION) == POSITION
    assert Cursors(b"key").open(cursor, ASKED, VERSION) == POSITION
    assert cursor.isascii()
    assert "=" not in cursor


def test_every_changed_character_is_noticed() -> None:
    """A cursor that was tampered with is none."""
    cursors = Cursors()
    cursor = cursors.seal(POSITION, ASKED, VERSION)
    for place, letter in enumerate(cursor[:-1]):  # the last one carries bits that base64 ignores
        changed = cursor[:place] + ("A" if letter != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(CursorError) as error:
            cursors.open(changed, ASKED, VERSION)
        assert error.value.code == "bad_cursor"


@pytest.mark.parametrize("cursor", ["", "A", "x" * 10_000, "😀", "\x00", "../../etc", "=" * 8, "A" * 54])
def test_what_is_no_cursor_is_told_so(cursor: str) -> None:
    """Whatever it is: a refusal, never an error of ours."""
    with pytest.raises(CursorError) as error:
        Cursors().open(cursor, ASKED, VERSION)
    assert error.value.code == "bad_cursor"


def test_a_cursor_is_good_for_its_query_and_its_documents() -> None:
    """Each other use is told by its name, with what to do."""
    cursors = Cursors()
    cursor = cursors.seal(POSITION, ASKED, VERSION)
    with pytest.raises(CursorError, match="another search") as foreign:
        cursors.open(cursor, b"something else", VERSION)
    with pytest.raises(CursorError, match="begin with the first again") as stale:
        cursors.open(cursor, ASKED, "v2")
    assert (foreign.value.code, stale.value.code) == ("foreign_cursor", "stale_cursor")
    with pytest.raises(CursorError):
        Cursors().open(cursor, ASKED, VERSION)


def test_processes_over_one_folder_share_the_key(tmp_path: Path) -> None:
    """Made once, readable by its owner only, and nothing else is left in the folder."""
    folder = tmp_path / "cache"
    assert cursor_key(folder) == cursor_key(folder)
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_place_for_it_the_key_is_this_processs_own(tmp_path: Path) -> None:
    """A file where the folder should be, or a key cut short: cursors still work, here."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert len(cursor_key(blocked)) == 32
    (tmp_path / "cursor.key").write_bytes(b"short")
    assert cursor_key(tmp_path) != cursor_key(tmp_path)
