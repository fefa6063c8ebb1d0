"""Education and the school's own services are pedagogical everywhere, whatever the line does."""

import pytest

from tests.spec.situations import verdict

LESSON = "2026-09-07 08:30"
MEAL = "2026-09-07 12:30"
EVENING = "2026-09-07 20:00"
NIGHT = "2026-09-07 23:00"


@pytest.mark.parametrize(
    "host",
    [
        "psn.monlycee.net",  # ENT
        "0123456a.index-education.net",  # Pronote
        "app.pix.fr",
        "www.lumni.fr",
        "versailles.elea.apps.education.fr",
        "www.geogebra.org",
        "www.parcoursup.fr",
    ],
)
@pytest.mark.parametrize("where", ["classroom", "office", "boarding", "outside"])
def test_services_of_the_school_are_pedagogical_even_on_a_saturated_line(host, where):
    for when in (LESSON, MEAL, EVENING):
        found = verdict(host, when, where, "saturated")
        assert (found.use, found.rule, found.clause) == ("pedagogical", "education", "C1")


def test_private_webmail_at_lunch_is_residual_private():
    found = verdict("mail.proton.me", MEAL, "office")
    assert (found.use, found.rule, found.clause) == ("residual_private", "private-life", "C2")


def test_social_networks_and_shopping_weigh_little_and_stay_residual_on_a_busy_line():
    for host in ("www.instagram.com", "www.tiktok.com", "www.vinted.fr"):
        assert verdict(host, LESSON, "classroom", "busy").use == "residual_private"


def test_a_video_call_is_work_by_day_and_family_in_the_boarding_evening():
    assert verdict("zoom.us", LESSON, "office").use == "pedagogical"
    assert verdict("zoom.us", EVENING, "office").use == "pedagogical"
    assert verdict("zoom.us", EVENING, "boarding").rule == "boarding-calls"
    assert verdict("zoom.us", NIGHT, "boarding").use == "residual_private"
    assert verdict("zoom.us", LESSON, "boarding").use == "pedagogical"


@pytest.mark.parametrize(
    "host",
    [
        "au.download.windowsupdate.com",
        "swcdn.apple.com",
        "database.clamav.net",
        "r3.o.lencr.org",
        "www.google-analytics.com",
    ],
)
def test_what_machines_do_by_themselves_is_technical_even_when_it_chokes_a_lesson(host):
    found = verdict(host, LESSON, "classroom", "saturated")
    assert (found.use, found.rule) == ("technical", "machines")


def test_remote_control_is_maintenance_in_offices_and_undetermined_elsewhere():
    assert verdict("router1.teamviewer.com", LESSON, "office").rule == "maintenance"
    assert verdict("router1.teamviewer.com", LESSON, "classroom").use == "undetermined"


def test_an_assistant_in_a_lesson_may_have_been_asked_for():
    assert verdict("chatgpt.com", LESSON, "classroom").use == "undetermined"
    assert verdict("chatgpt.com", MEAL, "classroom").use == "residual_private"
