"""What a source could not know stands in the footer of the files that hold its slices."""

from collector.store import DirectoryStore
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA
from tests.exports import wire as w
from tests.exports.listening import listen, new_listener
from tests.support.stores import footers, reader_of, segments_of

T = 256


def test_slices_that_differ_in_what_is_unknown_stand_in_different_files(tmp_path):
    listener, _ = new_listener()
    store = DirectoryStore(tmp_path)
    listener._sink = store
    store.open()
    ended = [*w.PLAIN, (136, 1)]
    for data in (
        w.v5(w.v5_record(octets=11)),
        w.v9(w.v9_template(T, ended), w.flow_set(T, w.plain("10.0.0.2", octets=22) + b"\1")),
    ):
        listener.offer(data, source=w.EXPORTER, port=w.PORT, now=w.NOW)
    listener.finish(w.NOW)
    store.close()
    found = {}
    reader = reader_of(tmp_path)
    for segment in segments_of(tmp_path, "flows"):
        schema = reader.schema(segment)
        assert schema.names == SLICE_SCHEMA.names
        assert schema.metadata[b"jauge.record"] == b"slice"
        unknown = schema.metadata[b"jauge.unknown"].decode().split(",")
        assert set(unknown) <= set(SLICE_SCHEMA.names)
        octets = sum(
            octets
            for batch in reader.batches([segment], ["up_bytes"])
            for octets in batch["up_bytes"].to_pylist()
        )
        found[octets] = ("end_reason" in unknown, b"jauge.unscaled" in schema.metadata)
    assert found == {11: (True, False), 22: (False, True)}
    for schema in footers(tmp_path, "link"):
        assert schema.names == LINK_SCHEMA.names
        assert schema.metadata[b"jauge.unknown"] == b"counter_up_bytes,counter_down_bytes"


def test_captured_slices_have_no_such_footer(tmp_path):
    store = DirectoryStore(tmp_path)
    store.open()
    _, sink = listen(w.v5(w.v5_record()))
    plain = sink.slice_parts[0].replace_schema_metadata(SLICE_SCHEMA.metadata)
    store.slices(plain, sink.days[0])
    store.slices(plain, sink.days[0])
    store.close()
    (schema,) = footers(tmp_path, "flows")
    assert b"jauge.unknown" not in schema.metadata
