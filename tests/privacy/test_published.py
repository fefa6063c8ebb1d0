"""What is published is looked at without being opened."""

from privacy.published import Published


def test_before_anything_is_published_there_is_still_something_to_compare(tmp_path):
    (tmp_path / "seal.pub").write_bytes(b"key")
    before = Published(tmp_path).stamp_of_all()
    (tmp_path / "releases" / "T1").mkdir(parents=True)
    assert Published(tmp_path).stamp_of_all() == before
    (tmp_path / "releases" / "T1" / "2026-W41.json").write_text("{}")
    assert Published(tmp_path).stamp_of_all() != before


def test_a_file_that_is_being_written_is_not_published_yet(tmp_path):
    (tmp_path / "seal.pub").write_bytes(b"key")
    directory = tmp_path / "documents"
    directory.mkdir()
    before = Published(tmp_path).stamp_of_all()
    (directory / ".school.json.tmp").write_text("{")
    assert Published(tmp_path).stamp_of_all() == before
