"""A folder is written to by one process at a time; the next one is told by which."""

import multiprocessing
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from deepmix import holding

WHO = re.escape(f"is being written to by process {os.getpid()} on {socket.gethostname()} since 2")
SPAWN = multiprocessing.get_context("spawn")


def hold(folder: Path, ready, end) -> None:
    with holding.held(folder):
        ready.set()
        end.wait()


def test_the_second_is_told_who_holds_it_and_the_next_may(tmp_path):
    for _ in range(2):
        with holding.held(tmp_path):
            with pytest.raises(ValueError, match=WHO), holding.held(tmp_path):
                pass
            assert (tmp_path / holding.FILE).exists()  # the second has not taken it away
        assert list(tmp_path.iterdir()) == []


def test_folders_are_held_each_for_itself(tmp_path):
    with holding.held(tmp_path / "one"), holding.held(tmp_path / "other"):
        pass


def test_what_stays_empty_goes_and_nothing_else(tmp_path):
    with pytest.raises(OSError, match="full"), holding.held(tmp_path / "new" / "out"):
        raise OSError("the disk is full")
    assert list(tmp_path.iterdir()) == []
    with holding.held(tmp_path / "new" / "out"):
        (tmp_path / "new" / "out" / "labels").touch()
    assert [path.name for path in (tmp_path / "new" / "out").iterdir()] == ["labels"]


def test_what_a_killed_process_held_is_free(tmp_path):
    ready, end = SPAWN.Event(), SPAWN.Event()
    process = SPAWN.Process(target=hold, args=(tmp_path, ready, end))
    process.start()
    assert ready.wait(60)
    with pytest.raises(ValueError, match=f"process {process.pid} on "), holding.held(tmp_path):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert (tmp_path / holding.FILE).exists()
    with holding.held(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_locks_it_warns(tmp_path, monkeypatch):
    def lock(file):
        raise OSError("Function not implemented")

    monkeypatch.setattr(holding, "_lock", lock)
    with pytest.warns(UserWarning, match="cannot be locked") as warned, holding.held(tmp_path):
        pass
    assert warned[0].filename == __file__
