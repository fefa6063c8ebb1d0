"""Private streams are tolerated while the line is calm and give way when it is not."""

import pytest

from tests.spec.situations import MEGABYTE, verdict

LESSON = "2026-09-07 08:30"
BREAK = "2026-09-07 09:10"
EVENING = "2026-09-07 19:00"
HOLIDAY = "2026-10-20 10:00"


def table(rows, *, host=None, **more):
    for when, where, link, use, rule in rows:
        found = verdict(host, when, where, link, **more)
        assert (found.use, found.rule) == (use, rule), (when, where, link)


def test_web_radio_in_the_secretariat_is_tolerated_while_the_line_is_calm():
    table(
        [
            (LESSON, "office", "calm", "residual_private", "private-life"),
            (HOLIDAY, "office", "calm", "residual_private", "private-life"),
        ],
        host="scdn.nrjaudio.fm",
    )


def test_web_radio_in_the_secretariat_is_inappropriate_when_the_line_is_busy():
    table(
        [
            (LESSON, "office", "busy", "resource_inappropriate", "web-radio-line-busy"),
            (LESSON, "office", "saturated", "resource_inappropriate", "web-radio-line-busy"),
            (BREAK, "office", "busy", "resource_inappropriate", "web-radio-line-busy"),
        ],
        host="icecast.radiofrance.fr",
    )


def test_music_streaming_is_judged_like_web_radio():
    table(
        [
            (LESSON, "classroom", "calm", "residual_private", "private-life"),
            (LESSON, "classroom", "busy", "resource_inappropriate", "web-radio-line-busy"),
        ],
        host="audio.spotify.com",
    )


def test_video_in_lesson_is_resource_inappropriate_but_not_in_the_break():
    table(
        [
            (LESSON, "classroom", "calm", "residual_private", "private-life"),
            (LESSON, "classroom", "busy", "resource_inappropriate", "video-lesson-line-busy"),
            (LESSON, "classroom", "saturated", "resource_inappropriate", "video-lesson-line-busy"),
            (BREAK, "classroom", "busy", "residual_private", "private-life"),
        ],
        host="rr3---sn-25ge7nzk.googlevideo.com",
    )


def test_video_outside_lessons_gives_way_only_when_the_line_is_saturated():
    table(
        [
            (BREAK, "classroom", "saturated", "resource_inappropriate", "video-line-saturated"),
            (HOLIDAY, "office", "saturated", "resource_inappropriate", "video-line-saturated"),
        ],
        host="www.netflix.com",
    )


@pytest.mark.parametrize("host", ["www.netflix.com", "www.nrj.fr", "www.roblox.com", "discord.gg"])
def test_boarders_are_free_in_the_evening_while_the_line_bears_it(host):
    table(
        [
            (EVENING, "boarding", "calm", "residual_private", "boarding-evening"),
            (EVENING, "boarding", "busy", "residual_private", "boarding-evening"),
        ],
        host=host,
    )


def test_even_in_the_evening_video_gives_way_on_a_saturated_line():
    found = verdict("www.netflix.com", EVENING, "boarding", "saturated")
    assert (found.use, found.rule) == ("resource_inappropriate", "video-line-saturated")


def test_a_large_game_download_waits_and_a_small_one_does_not_matter():
    rows = [
        (19, "residual_private"),
        (20, "resource_inappropriate"),
        (200, "resource_inappropriate"),
    ]
    for megabytes, use in rows:
        found = verdict(
            "cdn.steamcontent.com", LESSON, "classroom", "busy", down_bytes=megabytes * MEGABYTE
        )
        assert found.use == use, megabytes
    calm = verdict("cdn.steamcontent.com", LESSON, "classroom", "calm", down_bytes=200 * MEGABYTE)
    assert calm.use == "residual_private"
