"""The right to object: what the school does not measure, and who does not want to be, is not recorded."""

import stat
from ipaddress import ip_network
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.exits import Refusal
from cli.main import app
from collector.meter import layout as lay
from collector.objections import Book, Objections, ObjectionsRefused, mac_of
from collector.placement import place_zones
from collector.sources.files import replay
from privacy.store.layout import keys_beside
from school.declared import Label
from school.zones import Zone, Zones
from tests.collector import frames as f
from tests.support.acknowledged import log_of
from tests.support.metering import Memory, collected, new_meter

OBJECTOR = "02:d7:e3:9b:51:c6"
OTHER = "02:00:00:00:00:77"


def zone(name: str, subnet: str, *, counts: bool = True, measured: bool = True) -> Zone:
    label = Label(fr=name, en=name)
    return Zone(name, label, "classroom", (ip_network(subnet),), (), 100, counts, None, measured)


ZONES = Zones(
    (ip_network("10.0.0.0/8"),),
    (zone("salles", "10.1.0.0/16"), zone("infirmerie", "10.2.0.0/16", measured=False),
     zone("invites", "10.3.0.0/16", counts=False)),
)  # fmt: skip


def syn(source: str, mac: str = OTHER) -> bytes:
    return f.tcp_frame(flags=f.SYN, source=source, target="203.0.113.9", mac=mac_of(mac))


def metered(tmp_path: Path, frames: list, objections: Objections | None = None):
    sink = Memory()
    meter = new_meter(sink, placement=place_zones(ZONES), objections=objections)
    packets = [(f.NOON_US + i, frame) for i, frame in enumerate(frames)]
    fault = replay(f.write(tmp_path / "x.pcap", packets), meter)
    return collected(sink, meter, fault), meter


def objecting(tmp_path: Path, mac: str = OBJECTOR) -> Objections:
    book = Book(tmp_path / "keys")
    book.change(mac_of(mac), objects=True)
    objections = Objections(measured=place_zones(ZONES).measured)
    objections.follow(book)
    return objections


def test_a_zone_that_is_not_measured_leaves_no_slice_and_all_packets_are_counted(tmp_path):
    done, meter = metered(tmp_path, [syn("10.1.0.1", mac=OTHER), syn("10.2.0.1", mac=OBJECTOR)])
    assert done.slices["zone"].to_pylist() == ["salles"]
    assert (done.totals.packets_parsed, done.totals.gap(), meter.objections.dropped) == (2, 0, 1)
    assert sum(done.links["parsed"].to_pylist()) == 2


@pytest.mark.parametrize("place", ["10.1.0.1", "10.3.0.1"])
def test_a_device_that_objects_leaves_no_slice_wherever_it_is(place, tmp_path):
    frames = [syn(place, mac=OBJECTOR), syn("10.1.0.9", mac=OTHER), syn("10.1.0.8", mac=OTHER)]
    done, meter = metered(tmp_path, frames, objecting(tmp_path))
    assert done.slices.num_rows == 2
    assert meter.objections.dropped == 1
    assert (done.totals.packets_parsed, done.totals.gap()) == (3, 0)


def test_a_device_that_objects_is_known_however_many_addresses_it_takes(tmp_path):
    """More than four make it look like a router, whose addresses stand for devices."""
    frames = [syn(f"10.1.0.{n}", mac=OBJECTOR) for n in range(1, 12)]
    done, meter = metered(tmp_path, frames, objecting(tmp_path))
    assert (done.slices.num_rows, meter.objections.dropped) == (0, 11)


def test_looking_for_devices_that_object_gives_no_device_to_zones_that_count_none(tmp_path):
    frames = [syn("10.3.0.1", mac=OTHER), syn("10.1.0.1", mac=OTHER), syn("10.1.0.2", mac="02:00:00:00:00:78")]  # fmt: skip
    done, _ = metered(tmp_path, frames, objecting(tmp_path))
    by_zone = dict(
        zip(done.slices["zone"].to_pylist(), done.slices["device"].to_pylist(), strict=True)
    )
    assert by_zone["invites"] is None
    assert by_zone["salles"] is not None


def test_an_objection_counts_without_a_restart_and_can_be_taken_back(tmp_path):
    book, mac = Book(tmp_path / "keys"), mac_of(OBJECTOR)
    objections = Objections()
    objections.follow(book)
    assert not objections.objects(mac)
    book.change(mac, objects=True)
    objections.refresh()
    assert objections.objects(mac)
    book.change(mac, objects=False)
    objections.refresh()
    assert not objections.objects(mac)


def test_the_list_holds_no_address_and_two_schools_lists_have_nothing_in_common(tmp_path):
    for name in ("one", "two"):
        Book(tmp_path / name).change(mac_of(OBJECTOR), objects=True)
    lists = [
        (tmp_path / name / "collector" / "objections.json").read_bytes() for name in ("one", "two")
    ]
    assert lists[0] != lists[1]
    written = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert mac_of(OBJECTOR) not in written
    assert OBJECTOR.replace(":", "").encode() not in written.lower()
    for path in (tmp_path / "one").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) in ({0o700} if path.is_dir() else {0o600})


@pytest.mark.parametrize(
    ("typed", "octets"),
    [
        ("02:D7:e3:9b:51:c6\n", "02d7e39b51c6"), ("02-d7-e3-9b-51-c6", "02d7e39b51c6"),
        ("02d7.e39b.51c6", "02d7e39b51c6"), ("02d7e39b51c6", "02d7e39b51c6"),
        ("02:d7:e3:9b:51", None), ("02:d7:e3:9b:51:c6:00", None), ("", None), ("10.1.0.1", None),
    ],
)  # fmt: skip
def test_an_address_is_taken_as_people_write_it(typed, octets):
    assert (mac_of(typed) or b"").hex() == (octets or "")


def test_the_command_takes_the_address_from_standard_input_alone(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    run = CliRunner()
    for command, says in (
        ("add", "1 device is not recorded"), ("add", "(as before)"), ("list", "1 device"),
        ("remove", "0 devices"),
    ):  # fmt: skip
        done = run.invoke(app, ["object", command, "--store", str(store)], input=OBJECTOR + "\n")
        assert done.exit_code == 0
        assert says in done.output
        assert "d7" not in done.output
    kinds = [entry.kind for entry in log_of(store).entries()][1:]
    assert kinds == ["objection_added", "objection_removed"]
    assert run.invoke(app, ["object", "add", OBJECTOR, "--store", str(store)]).exit_code == 2
    done = run.invoke(app, ["object", "add", "--store", str(store)], input="nonsense\n")
    assert isinstance(done.exception, Refusal)


def test_a_list_without_its_key_is_refused_rather_than_passed_over(tmp_path):
    objecting(tmp_path)
    (tmp_path / "keys" / "collector" / "objections.key").unlink()
    with pytest.raises(ObjectionsRefused, match="nobody knows who objects; restore it"):
        Objections().follow(Book(tmp_path / "keys"))


def test_the_key_lies_in_a_directory_that_only_the_collector_opens():
    """By name, in every source file of the other rooms."""
    root = Path(__file__).resolve().parents[2]
    rooms = ("analyzer", "api", "dashboards", "school", "privacy", "simulator")
    texts = (path.read_text("utf-8") for room in rooms for path in (root / room).rglob("*.py"))
    assert not any("objections" in text and "from collector" in text for text in texts)
    assert keys_beside(Path("x")).name == "x.keys"


def test_the_meter_has_room_for_the_machine_behind_each_device():
    assert lay.DEVICE["mac"] == "i8"
