"""What is said of a folder's lists is what the import makes of them: the two are held together."""

from importlib.resources import files

import pytest

from school.lists.folder import FolderRefused
from school.lists.holdings import Standing, holdings
from school.lists.settings import load_settings
from tests.lists.examples import folder_of, imported, many

LISTS = {
    "malware": [*many("piege", 40), "partage.com"],
    "vpn": ["partage.com", "tunnel.net", "x.jeu.net"],
    "games": ["jeu.net", "partage.com", "gravatar.com", "fandom.com"],
    "radio": ["jeu.net", "onde.fr"],
    "press": ["onde.fr", "a.b.c.onde.fr"],
    "child": ["diep.io", "com.np", "conte.fr"],
    "liste_bu": ["onde.fr"],
}
ASKED = """partage.com www.partage.com jeu.net x.jeu.net y.x.jeu.net onde.fr d.a.b.c.onde.fr conte.fr
    diep.io com.np a.com.np gravatar.com fandom.com tunnel.net rien.fr piege3.example.com"""


@pytest.mark.parametrize("own", [False, True])
def test_the_list_that_decides_is_the_one_that_the_file_answers(tmp_path, own):
    settings = load_settings()
    if own:
        text = tmp_path / "lists.yaml"
        shipped = files("school.lists").joinpath("default.yaml").read_text(encoding="utf-8")
        entry = "own:\n  - {name: jeu.net, category: press, because: essai}\n"
        text.write_text(shipped.replace("own: []\n", entry), encoding="utf-8")
        settings = load_settings(text)
    root = folder_of(tmp_path / "lists", LISTS)
    file, _ = imported(root, settings=settings)
    for name in ASKED.split():
        found, lines = file.found(name), holdings(root, settings, name)
        winners = [one for one in lines if one.standing is Standing.WINS]
        assert len(winners) == (found is not None), name
        if found is not None:
            assert (winners[0].list, winners[0].suffix) == (found.row.list, found.suffix), name
            assert lines[0] is winners[0]


def test_losers_say_who_beat_them_and_why(tmp_path):
    root = folder_of(tmp_path / "lists", LISTS)
    lines = holdings(root, load_settings(), "x.jeu.net")
    assert [(one.list, one.standing.value, one.beaten_by) for one in lines] == [
        ("vpn", "wins", ""),
        ("radio", "shorter", "vpn"),
        ("games", "shorter", "vpn"),
    ]
    lines = holdings(root, load_settings(), "onde.fr")
    assert [(one.list, one.standing.value) for one in lines] == [
        ("radio", "wins"),
        ("press", "weaker"),
        ("liste_bu", "left"),
    ]


def test_lines_with_carriage_returns_and_without_a_last_end_are_found(tmp_path):
    root = tmp_path / "lists"
    (root / "games").mkdir(parents=True)
    (root / "games" / "domains").write_bytes(b"jeu.net\r\nautre.net")
    settings = load_settings()
    assert [one.list for one in holdings(root, settings, "jeu.net")] == ["games"]
    assert [one.list for one in holdings(root, settings, "autre.net")] == ["games"]
    assert holdings(root, settings, "eu.net") == ()


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(FolderRefused):
        holdings(tmp_path / "none", load_settings(), "jeu.net")
