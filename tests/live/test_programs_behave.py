"""Two short programs under the real collector. The others are replayed from recordings
(tests/behaviour); all of them, ten times: `python -m tests.behaviour.play --runs 10 --abreast 7`.
"""

import pytest

from tests.behaviour.play import play
from tests.behaviour.scenes import SCENES
from tests.behaviour.verdicts import wrong
from tests.support.needs import need_all, need_root

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]


@pytest.mark.parametrize("name", ["torrent-encrypted", "apt-update"])
def test_the_category_is_right_with_names_without_them_and_without_marks(name):
    need_root()
    need_all(ip="iproute2", tc="iproute2", nft="nftables", ethtool="ethtool")
    need_all(caddy="caddy", dnsmasq="dnsmasq-base", aria2c="aria2")
    assert wrong(SCENES[name], play(name)) == [[]]
