"""Real programs at work, and what each of them truly does.

Two sets. The bounds of `analyzer.behaviour` were fitted on captures of the programs of `FIT`; the
programs of `SCORE` do the same things in their own way and had no part in them.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from school.words import Category
from tests.behaviour import media_files, peers
from tests.behaviour.stage import CALLS, FILES, PLACE, RADIO, UPDATES, VIDEO, Stage
from tests.support import media
from tests.support.netns import SCHOOL_V4
from tests.support.processes import running

RADIO_S = 250
"""Two minutes until a stream counts as lasting, and two whole clock minutes after them."""
VIDEO_S = 245
"""Three whole clock minutes, wherever the first falls."""
CALL_S = 185
FILE_MB = 100
AHEAD_S = 30
"""What mpv keeps in its buffer, as players in pages do; by itself it takes a whole film at once."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One program at work."""

    play: Callable[[Stage], None]
    truth: Category
    """What the person or the machine does."""
    unnamed: Category | None
    """What is right without any name; None: nobody can know, abstaining is right."""
    bare: Category | None
    """The same without names and without what the protocol shows on the wire."""
    fit: bool
    offloads: bool = False


def _radio_ffmpeg(stage: Stage) -> None:
    with media.icecast(stage.wire.gateway, stage.work, media.PROGRAMME):
        media.play(stage.wire.school, f"https://{RADIO}/direct.ogg", RADIO_S)


def _mpv(stage: Stage, url: str, seconds: int) -> None:
    stage.client(
        *("mpv", "--no-config", "--really-quiet", "--vo=null", "--ao=null"),
        *("--demuxer-max-bytes=6MiB", f"--demuxer-readahead-secs={AHEAD_S}"),
        *(f"--length={seconds}", "--tls-verify=no", url),
        timeout_s=seconds + 60,
    )


def _radio_mpv(stage: Stage) -> None:
    with media.icecast(stage.wire.gateway, stage.work, media.PROGRAMME):
        _mpv(stage, f"https://{RADIO}/direct.ogg", RADIO_S)


def _video_ffmpeg(stage: Stage) -> None:
    media_files.film(stage.site, VIDEO_S)
    media.play(stage.wire.school, f"https://{VIDEO}/film.m3u8", VIDEO_S)


def _video_mpv(stage: Stage) -> None:
    media_files.film(stage.site, VIDEO_S + 30)
    _mpv(stage, f"https://{VIDEO}/film.m3u8", VIDEO_S)


def _download_curl(stage: Stage) -> None:
    media_files.large_file(stage.site / "film.bin", FILE_MB)
    url = f"https://{FILES}/film.bin"
    trust = ("--cacert", str(stage.certificates.authority))
    stage.client("curl", "-4", "-sS", "--fail", *trust, "-o", "/dev/null", url, timeout_s=180)


def _download_wget(stage: Stage) -> None:
    media_files.large_file(stage.site / "film.bin", FILE_MB)
    url = f"https://{FILES}/film.bin"
    trust = f"--ca-certificate={stage.certificates.authority}"
    stage.client("wget", "-4", "-q", "-O", "/dev/null", trust, url, timeout_s=180)


def _apt(stage: Stage) -> None:
    media_files.repository(stage.site)
    home = stage.work / "apt"
    for name in ("state/lists/partial", "cache/archives/partial", "etc"):
        (home / name).mkdir(parents=True)
    (home / "etc" / "sources.list").write_text(f"deb [trusted=yes] http://{UPDATES}/ jauge main\n")
    options = {
        "Dir::State": home / "state",
        "Dir::Cache": home / "cache",
        "Dir::Etc::SourceList": home / "etc" / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    given = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    stage.client("apt-get", *given, "-q", "update", timeout_s=120)
    assert list((home / "state" / "lists").glob("*Packages*")), "apt fetched no index"


def _torrent_plain(stage: Stage) -> None:
    peers.play_aria2(stage, encrypted=False)


def _torrent_encrypted(stage: Stage) -> None:
    peers.play_aria2(stage, encrypted=True)


def _call(stage: Stage, sender: Callable[[str, str, str, int, int], list[str]]) -> None:
    """Play voice and picture as two RTP flows, each sent both ways between the same two ports."""
    stage.wire.school.call("getent", "ahostsv4", CALLS)  # a browser resolves the meeting's name
    far = PLACE[CALLS].v4
    ends = {"school": (SCHOOL_V4, far), "gateway": (far, SCHOOL_V4)}
    with ExitStack() as stack:
        for media_kind, school_port, far_port in (("voice", 40000, 30000), ("face", 40002, 30002)):
            for where, (ours, theirs) in ends.items():
                ports = (school_port, far_port) if where == "school" else (far_port, school_port)
                command = sender(media_kind, ours, theirs, *ports)
                command = getattr(stage.wire, where).within(*command)
                log = stage.work / f"{media_kind}-{where}.log"
                process = stack.enter_context(running(command, log=log, home=stage.work))
                if where == "school":
                    time.sleep(0.3)  # the school calls: what comes first from outside is refused
        time.sleep(CALL_S)
        assert process.poll() is None, log.read_text()


def _ffmpeg_sender(kind: str, ours: str, theirs: str, port: int, far_port: int) -> list[str]:
    sound = ("-f", "lavfi", "-i", "anoisesrc=color=pink:sample_rate=48000")
    picture = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=15,noise=alls=20:allf=t")
    voice = ("-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20")
    face = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "250k")
    given = (*sound, *voice) if kind == "voice" else (*picture, *face)
    target = f"rtp://{theirs}:{far_port}?localrtpport={port}&localaddr={ours}&pkt_size=1200"
    return ["ffmpeg", "-v", "error", "-nostdin", "-re", *given, "-f", "rtp", target]


def _gst_sender(kind: str, ours: str, theirs: str, port: int, far_port: int) -> list[str]:
    voice = "audiotestsrc is-live=true wave=pink-noise ! audioconvert ! opusenc bitrate=48000 ! rtpopuspay"
    face = (
        "videotestsrc is-live=true pattern=snow ! video/x-raw,width=160,height=120,framerate=15/1 "
        "! vp8enc deadline=1 target-bitrate=500000 ! rtpvp8pay mtu=1100"
    )
    sink = f"udpsink host={theirs} port={far_port} bind-address={ours} bind-port={port}"
    return ["gst-launch-1.0", "-q", *f"{voice if kind == 'voice' else face} ! {sink}".split()]


def _call_ffmpeg(stage: Stage) -> None:
    _call(stage, _ffmpeg_sender)


def _call_gstreamer(stage: Stage) -> None:
    _call(stage, _gst_sender)


_RADIO, _VIDEO, _CALL = Category.WEB_RADIO, Category.VIDEO_STREAMING, Category.CONFERENCING
_FILES, _UPDATE, _P2P = Category.FILE_HOSTING, Category.OS_UPDATE, Category.P2P

SCENES: dict[str, Scene] = {
    "radio-ffmpeg": Scene(_radio_ffmpeg, _RADIO, _RADIO, _RADIO, fit=True),
    "video-ffmpeg": Scene(_video_ffmpeg, _VIDEO, _VIDEO, _VIDEO, fit=True, offloads=True),
    "download-curl": Scene(_download_curl, _FILES, _FILES, _FILES, fit=True, offloads=True),
    "apt-update": Scene(
        *(_apt, _UPDATE, Category.SOFTWARE_UPDATE, Category.SOFTWARE_UPDATE),
        fit=True,
        offloads=True,
    ),
    "torrent-plain": Scene(_torrent_plain, _P2P, _P2P, None, fit=True, offloads=True),
    "torrent-encrypted": Scene(_torrent_encrypted, _P2P, _P2P, None, fit=True, offloads=True),
    "call-ffmpeg": Scene(_call_ffmpeg, _CALL, _CALL, _CALL, fit=True),
    "radio-mpv": Scene(_radio_mpv, _RADIO, _RADIO, _RADIO, fit=False),
    "video-mpv": Scene(_video_mpv, _VIDEO, _VIDEO, _VIDEO, fit=False, offloads=True),
    "download-wget": Scene(_download_wget, _FILES, _FILES, _FILES, fit=False, offloads=True),
    "call-gstreamer": Scene(_call_gstreamer, _CALL, _CALL, _CALL, fit=False),
}
