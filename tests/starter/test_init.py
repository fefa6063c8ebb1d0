"""`jauge init`: what it finds on a machine, how it reads answers, and that its files are always right."""

import json
import os
import pty
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from cli.declared import other_files
from cli.exits import Exit
from cli.starter import answers, files, network
from cli.starter.timetables import OF_KIND
from collector.settings import CollectorSettings
from school.days_off import TERRITORIES
from school.load import load_school, load_settings

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 27)


def address(name, *nets, up=True, **more):
    info = [
        {"local": net.split("/")[0], "prefixlen": int(net.split("/")[1]), "scope": "global"}
        for net in nets
    ]
    flags = ["UP"] if up else []
    return {"ifname": name, "link_type": "ether", "flags": flags, "addr_info": info, **more}


GATEWAY = [
    {"ifname": "lo", "link_type": "loopback", "flags": ["UP"]},
    address("eth0", "203.0.113.7/29"),
    address("eth1", "10.0.0.1/24"),
    address(
        "eth1.30",
        "10.30.0.1/24",
        link="eth1",
        linkinfo={"info_kind": "vlan", "info_data": {"id": 30}},
    ),
    address("eth2", up=False),
    address("ifb0", linkinfo={"info_kind": "ifb"}),
]
FOUND = network.interfaces(GATEWAY, [{"dst": "default", "dev": "eth0"}], [])


def test_interfaces_and_vlans_are_found_with_the_side_they_look_from():
    seen = [(one.name, one.side, one.vlan, one.up) for one in FOUND]
    assert seen == [
        ("eth0", "wan", None, True),
        ("eth1", "lan", None, True),
        ("eth1.30", "lan", 30, True),
        ("eth2", "mirror", None, False),
    ]


def test_the_inside_is_proposed_and_the_carrier_goes_before_its_vlans():
    assert [one.name for one in network.candidates(FOUND)] == ["eth1", "eth2", "eth0"]
    assert answers.proposed_interface(FOUND) == "eth1"
    assert answers.proposed_networks(FOUND, "eth1") == ("10.0.0.0/24", "vlan:30,10.30.0.0/24")
    assert answers.proposed_networks(FOUND, "eth0") == (), "the Internet is no place of the school"


def test_nothing_is_proposed_where_two_could_be_meant():
    two = network.interfaces([address("a"), address("b")])
    assert answers.proposed_interface(two) is None


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("300/100", ("300 Mbit/s", "100 Mbit/s")),
        ("1 Gbit/s / 200 Mbit/s", ("1 Gbit/s", "200 Mbit/s")),
        ("2,5 Gbit/s/700", ("2,5 Gbit/s", "700 Mbit/s")),
    ],
)
def test_a_rate_is_read_with_or_without_its_unit(text, rates):
    assert answers.parse_line(text) == rates


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (answers.parse_line, "300", "down/up"),
        (answers.parse_line, "300 Mo/s / 100", "octets"),
        (answers.parse_kind, "université", "lycee"),
        (answers.parse_holidays, "D", "A, B or C"),
        (answers.parse_holidays, "metropole", "A, B or C"),
        (answers.parse_holidays, "corse", "rector's decree"),
        (answers.parse_holidays, "corse 2026-10-17", "2026-10-17..2026-11-01"),
        (answers.parse_holidays, "corse 2026-11-17..2026-11-01", "ends before"),
        (answers.parse_place, "salles 10.10.0.0/20", "PERSONS"),
        (answers.parse_place, "salles 10.10.0.1/20 5", "neither a subnet"),
        (answers.parse_place, "salles vlan:4095 5", "neither a subnet"),
        (answers.parse_place, "sales vlan:10 5", "salles"),
        (answers.parse_place, "salles vlan:10 many", "number of persons"),
        (answers.parse_places, " ; ", "at least one"),
    ],
)
def test_an_answer_that_cannot_be_used_says_how_to_write_it(read, text, says):
    with pytest.raises(answers.BadAnswer, match=says):
        read(text)


def answered(**changes):
    given = {
        "name": 'Lycée « Ada "Lovelace" »: \\ #1',
        "kind": "lycee",
        "holidays": answers.parse_holidays("C"),
        "interface": "eth1",
        "side": "lan",
        "down": "300 Mbit/s",
        "up": "100 Mbit/s",
        "places": answers.parse_places("salles 10.10.0.0/20 420"),
        **changes,
    }
    return answers.Answers(**given)


def loaded(directory, given):
    for name, text in files.render(given, TODAY).items():
        (directory / name).write_text(text, "utf-8")
    return load_school(directory, also=other_files())


EVERY_PLACE = "; ".join(
    f"{name} 10.{number}.0.0/24,vlan:{number} {persons}"
    for number, (name, persons) in enumerate(
        zip(answers.PLACES.values(), (400, 60, 19, 1, 90, 130, 0, 12), strict=True), 10
    )
)


@pytest.mark.parametrize("kind", answers.KINDS)
def test_the_files_of_every_kind_of_school_are_right(kind, tmp_path):
    school = loaded(tmp_path, answered(kind=kind, places=answers.parse_places(EVERY_PLACE)))
    assert school.name == 'Lycée « Ada "Lovelace" »: \\ #1'
    assert school.zones.named("bureaux").published_as == "salles", "19 persons do not stand alone"
    assert school.zones.named("serveurs").published_as is None
    assert len(school.calendar.slots) == len(OF_KIND[kind]) + 1 <= 12
    assert school.calendar.slots[-1].persons == 90, "the evening belongs to the boarders"
    assert school.lines[0].capacity_at(TODAY).down_bit_s == 300_000_000
    settings = load_settings(tmp_path / "collector.yaml", CollectorSettings)
    assert (settings.interface, settings.side) == ("eth1", "lan")


TERRITORIES_APART = [name for name, one in TERRITORIES.items() if not one.has_zone]


@pytest.mark.parametrize("territory", TERRITORIES_APART)
def test_territories_with_a_calendar_of_their_own_start_with_their_time_zone(territory, tmp_path):
    said = f"{territory.replace('_', '-')} 2026-10-17..2026-11-01, 2027-07-03..2027-08-31"
    school = loaded(tmp_path, answered(holidays=answers.parse_holidays(said)))
    assert school.calendar.is_off(date(2027, 8, 31))
    assert not school.calendar.is_off(date(2026, 10, 16))
    assert school.calendar.timezone.key == TERRITORIES[territory].timezones[0]


@pytest.mark.parametrize(
    ("places", "published"),
    [
        ("salles 10.1.0.0/24 12", []),
        ("salles 10.1.0.0/24 12; cdi 10.2.0.0/24 9", ["salles"]),
        ("salles 10.1.0.0/24 30; cdi 10.2.0.0/24 9; wifi 10.3.0.0/24 50", ["salles", "wifi"]),
        ("serveurs 10.1.0.0/24 0", []),
        ("salles 2001:db8:1::/64 40; salles vlan:3 40", ["salles", "salles-2"]),
    ],
)
def test_places_of_few_persons_are_published_with_the_largest_or_not_at_all(
    places, published, tmp_path
):
    school = loaded(tmp_path, answered(places=answers.parse_places(places)))
    assert [zone.name for zone in school.zones.published()] == published


def test_every_file_explains_itself_in_french():
    for name, text in files.render(answered(), TODAY).items():
        assert text.startswith("# "), name
        assert any(letter in text for letter in "éèà"), name


OPTIONS = ["--kind", "college", "--holidays", "b", "--rate", "300/100"]


def jauge(*arguments, **more):
    command = [sys.executable, "-m", "cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, **more
    )


def an_interface():
    return network.candidates(network.read())[0].name


def test_files_that_are_there_are_written_over_only_when_asked_and_are_kept_then(tmp_path):
    full = [*OPTIONS, "--name", "Collège", "--interface", an_interface(), "--json"]
    full += ["--place", "salles 10.1.0.0/16 300"]
    (tmp_path / "zones.yaml").write_text("mine")
    refused = jauge("init", tmp_path, *full)
    assert refused.returncode == Exit.USAGE
    assert "zones.yaml" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["zones.yaml"]
    done = jauge("init", tmp_path, *full, "--replace")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["written"] == list(files.NAMES)
    assert (tmp_path / "zones.yaml.before").read_text() == "mine"
    assert jauge("check", tmp_path).returncode == 0


def test_without_a_terminal_what_is_missing_is_named(tmp_path):
    refused = jauge("init", tmp_path / "s", *OPTIONS, stdin=subprocess.DEVNULL)
    assert refused.returncode == Exit.USAGE
    assert "--name, --interface, --place" in refused.stderr
    assert not (tmp_path / "s").exists()


def test_answers_that_do_not_fit_together_write_nothing(tmp_path):
    places = ["--place", "salles 10.1.0.0/16 300", "--place", "cdi 10.1.2.0/24 30"]
    refused = jauge(
        "init", tmp_path, *OPTIONS, "--name", "X", "--interface", an_interface(), *places
    )
    assert refused.returncode == Exit.CONFIGURATION
    assert "overlaps" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def answer_on_a_terminal(directory, said, *options):
    """Type some answers; return how it ended and what was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cli", "init", str(directory), *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True
    ) as process:
        os.write(ours, "".join(f"{line}\n" for line in said).encode())
        shown = process.communicate(timeout=60)[1]
    os.close(ours)
    os.close(theirs)
    return process.returncode, shown


def test_seven_questions_are_asked_on_a_terminal_and_a_bad_answer_is_asked_again_at_once(tmp_path):
    said = [
        "Collège Curie", "0750655", "0750655d", "0750655e", "collège", "Z", "B", "nowhere0",
        an_interface(), "500/250", "salles 10.1.0.0/16 300; cdi 10.1.2.0/24 30", "salles vlan:10 300",
    ]  # fmt: skip
    code, shown = answer_on_a_terminal(tmp_path / "school", said)
    assert code == 0, shown
    times = {2: 3, 4: 2, 5: 2, 7: 2}
    for number in range(1, 8):
        assert shown.count(f"{number}/7") == times.get(number, 1), number
    asked_again = shown.index("`nowhere0`: not on this machine, which has: ")
    assert asked_again < shown.index("6/7"), "told at once, not after the last question"
    assert "letter does not belong" in shown
    assert "overlaps" in shown
    school = load_school(tmp_path / "school")
    assert (school.name, school.uai) == ("Collège Curie", "0750655E")
    assert school.calendar.holiday_zone == "B"


def test_the_number_may_be_left_for_later_and_is_not_asked_where_all_else_is_given(tmp_path):
    options = ["--name", "X", *OPTIONS, "--interface", an_interface()]
    code, shown = answer_on_a_terminal(tmp_path / "a", ["", "salles vlan:10 300"], *options)
    assert (code, "2/7" in shown) == (0, True), shown
    assert load_school(tmp_path / "a").uai is None
    code, shown = answer_on_a_terminal(
        tmp_path / "b", [], *options, "--place", "salles vlan:10 300"
    )
    assert (code, "2/7" in shown) == (0, False), shown


@pytest.mark.parametrize("number", ["0750655E", "0750654D", "0000000A", "6200001G"])
def test_a_national_number_is_taken_with_its_own_letter_only(number):
    assert answers.parse_uai(f" {number.lower()} ") == number
    for letter in set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") - {number[-1]}:
        with pytest.raises(answers.BadAnswer, match="mistyped"):
            answers.parse_uai(number[:-1] + letter)


PLACE = ["--name", "X", "--place", "salles vlan:10 300"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--interface", "nowhere0"], "--interface: `nowhere0`: not on this machine"),
        (["--interface", "eth/0", "--side", "lan"], "--interface: `eth/0`: no name"),
        (["--interface", "eth0", "--side", "inside"], "--side inside: use lan, wan, mirror"),
        (["--interface", "eth0", "--side", "lan", "--uai", "0750655D"], "--uai: `0750655D`: its letter"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_used_is_refused_before_anything_is_written(
    options, says, tmp_path
):
    refused = jauge("init", tmp_path / "s", *OPTIONS, *PLACE, *options)
    assert (refused.returncode, says in refused.stderr) == (Exit.USAGE, True), refused.stderr
    assert not (tmp_path / "s").exists()


def test_files_for_another_machine_say_where_its_interface_looks(tmp_path):
    done = jauge("init", tmp_path, *OPTIONS, *PLACE, "--interface", "eno9", "--side", "lan")
    assert done.returncode == 0, done.stderr
    assert load_settings(tmp_path / "collector.yaml", CollectorSettings).interface == "eno9"


def test_a_directory_that_cannot_be_made_is_refused_before_the_first_question(tmp_path):
    (tmp_path / "file").touch()
    code, shown = answer_on_a_terminal(tmp_path / "file" / "school", [])
    assert code == Exit.USAGE
    assert "not a directory" in shown
    assert "1/7" not in shown
