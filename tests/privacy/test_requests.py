"""The one thing that the web process may ask: to stop."""

import os

import pytest

from privacy.requests import DIRECTORY, remove_request, request_stop, stop_file, stop_requested


def test_a_request_stands_until_it_is_taken_away(tmp_path):
    (tmp_path / DIRECTORY).mkdir()
    assert not stop_requested(tmp_path)
    request_stop(tmp_path)
    request_stop(tmp_path)
    assert stop_requested(tmp_path)
    remove_request(tmp_path)
    assert not stop_requested(tmp_path)


def test_without_its_directory_nothing_is_asked_and_nothing_can_be(tmp_path):
    assert not stop_requested(tmp_path)
    with pytest.raises(FileNotFoundError):
        request_stop(tmp_path)
    (tmp_path / DIRECTORY).write_bytes(b"")
    assert not stop_requested(tmp_path)


def test_a_link_in_its_place_is_not_followed_and_counts_as_a_request(tmp_path):
    (tmp_path / DIRECTORY).mkdir()
    stop_file(tmp_path).symlink_to(tmp_path / "elsewhere")
    request_stop(tmp_path)
    assert stop_requested(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_in_doubt_the_capture_stops(tmp_path, monkeypatch):
    def refused(_path):
        raise PermissionError("not to be looked at")

    monkeypatch.setattr(os, "lstat", refused)
    assert stop_requested(tmp_path)
