"""Abusive needs strong evidence; what is not recognised is imputed to nobody."""

import pytest

from tests.spec.situations import verdict

LESSON = "2026-09-07 08:30"
ABUSES = {
    "www.thepiratebay.org": "peer-to-peer",
    "zurich.nordvpn.com": "circumvention",
    "www.pornhub.com": "adults-only",
    "www.winamax.fr": "adults-only",
    "eth.nanopool.org": "crypto-mining",
}


@pytest.mark.parametrize(("host", "rule"), ABUSES.items())
def test_what_is_banned_is_abusive_when_the_client_named_it(host, rule):
    for link in ("calm", "saturated"):
        found = verdict(host, LESSON, "classroom", link)
        assert (found.use, found.rule, found.clause) == ("abusive", rule, "C3")
        assert found.evidence == "strong"


@pytest.mark.parametrize("host", ABUSES)
@pytest.mark.parametrize("doubt", [{"site_source": "dns"}, {"site_source": "log"}, {"ech": True}])
def test_a_name_from_dns_or_an_outer_name_accuses_nobody(host, doubt):
    found = verdict(host, LESSON, "classroom", **doubt)
    assert (found.use, found.rule) == ("undetermined", "not-sure-enough")


@pytest.mark.parametrize("listed", ["adult", "gambling", "vpn", "warez", "dating", "redirector"])
def test_an_imported_list_alone_accuses_nobody(listed):
    found = verdict("www.unknown-site.fr", LESSON, "classroom", list_category=listed)
    assert (found.use, found.evidence) == ("undetermined", "weak")


def test_an_imported_list_decides_what_accuses_nobody():
    found = verdict("www.unknown-site.fr", LESSON, "classroom", list_category="press")
    assert found.use == "residual_private"


def test_the_reviewed_catalogue_wins_over_an_imported_list():
    assert verdict("www.pix.fr", LESSON, "classroom", list_category="adult").use == "pedagogical"


def test_a_torrent_is_recognised_by_its_protocol_without_a_name():
    found = verdict(None, LESSON, "classroom", app="bittorrent", server_port=51413)
    assert (found.use, found.rule, found.evidence) == ("abusive", "peer-to-peer", "strong")


def test_a_vpn_in_an_office_may_be_telework():
    assert verdict(None, LESSON, "office", app="wireguard").use == "undetermined"
    assert verdict(None, LESSON, "boarding", app="wireguard").use == "abusive"


def test_an_encrypted_resolver_is_often_the_browsers_choice():
    assert verdict("mozilla.cloudflare-dns.com", LESSON, "classroom").use == "undetermined"


@pytest.mark.parametrize("host", ["d111abc.cloudfront.net", "fonts.gstatic.com", "www.google.com"])
def test_a_shared_network_or_a_search_engine_says_nothing(host):
    assert verdict(host, LESSON, "classroom", "saturated").rule == "says-nothing"


def test_unknown_names_and_unnamed_flows_are_undetermined():
    assert verdict("www.unknown-site.fr", LESSON, "classroom").rule == "otherwise"
    assert verdict(None, LESSON, "classroom", down_bytes=10**9).rule == "otherwise"
    assert verdict(None, LESSON, "outside", "saturated").use == "undetermined"


def test_dns_and_time_without_a_name_are_technical():
    for port in (53, 123):
        found = verdict(None, LESSON, "classroom", transport="udp", server_port=port)
        assert found.use == "technical"
    assert verdict(None, LESSON, "classroom", transport="tcp", server_port=123).use == (
        "undetermined"
    )


STREAM = {
    "age_s": 600,
    "active_s": 60,
    "down_bytes": 960_000,  # 128 kbit/s
    "up_bytes": 30_000,
    "down_sumsq_bytes_s": 60 * 16_000.0**2,
}


def test_a_long_steady_stream_without_a_name_is_web_radio_on_weak_evidence():
    calm = verdict(None, LESSON, "office", **STREAM)
    assert (calm.use, calm.evidence) == ("residual_private", "weak")
    assert verdict(None, LESSON, "office", "busy", **STREAM).rule == "web-radio-line-busy"


@pytest.mark.parametrize(
    "other",
    [
        {"age_s": 60},  # just begun
        {"active_s": 20},  # pauses
        {"down_bytes": 6_000_000},  # too fast: video
        {"down_bytes": 60_000},  # too slow
        {"up_bytes": 300_000},  # balanced: a call
        {"transport": "udp"},
        {"down_sumsq_bytes_s": 5 * 60 * 16_000.0**2},  # bursts
    ],
)
def test_what_is_not_quite_a_radio_stream_is_left_alone(other):
    assert verdict(None, LESSON, "office", "busy", **(STREAM | other)).use == "undetermined"


@pytest.mark.parametrize(
    ("behaviour", "link", "rule", "use"),
    [
        ("video_bursts", "calm", "private-life", "residual_private"),
        ("video_bursts", "busy", "video-lesson-line-busy", "resource_inappropriate"),
        ("call", "saturated", "call-without-name", "undetermined"),
        ("bulk_download", "calm", "download-without-name", "undetermined"),
        ("bulk_download", "busy", "download-line-busy", "resource_inappropriate"),
        ("software_update", "saturated", "machines", "technical"),
        ("peer_to_peer", "calm", "peer-to-peer", "abusive"),  # two independent signs
        ("none", "saturated", "otherwise", "undetermined"),
    ],
)
def test_what_a_flow_without_a_name_looks_like_decides_only_what_it_can(behaviour, link, rule, use):
    found = verdict(
        None, LESSON, "classroom", link, behaviour=behaviour, down_bytes=60_000_000, server_port=443
    )
    assert (found.rule, found.use) == (rule, use)
