"""The shipped configuration of nginx by itself: accepted, its limits, and who counts as one who asks."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.deploy.conftest import AROUND, CONFIGURATION, NGINX, free_port
from tests.deploy.tools import run

pytestmark = pytest.mark.deploy


def test_the_configuration_is_accepted_without_a_warning(nginx_folder):
    one = nginx_folder()
    done = subprocess.run(
        [str(NGINX), "-t", "-c", f"{one.folder}/nginx.conf", "-p", str(one.folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_how_often_one_may_ask_is_what_the_pages_say():
    rates = dict(re.findall(r"zone=hrassist_(\w+):10m +rate=(\S+);", CONFIGURATION.read_text()))
    assert rates == {"any": "30r/s", "signin": "30r/m", "public": "10r/s", "static": "200r/s"}


@pytest.mark.parametrize(
    ("addresses", "who"),
    [
        (["2001:db8:1:2:a:b:c:d", "2001:db8:1:2::1", "2001:db8:1:2:0:0:0:9"], "2001:db8:1:2"),
        (["2001:db8:1:0:a:b:c:d", "2001:db8:1:0:a:b:0:1"], "2001:db8:1:0"),
        # nginx writes zeros of the network as :: as well; each of these was somebody else once.
        (["2001:db8:0:0:a:b:c:d", "2001:db8:0:0:1:2:3:4"], "2001:db8::"),
        (["2001:db8:1:0:0:0:0:1", "2001:db8:1:0:0:0:0:2"], "2001:db8:1::"),
        (["198.51.100.7"], "198.51.100.7"),
    ],
)
def test_all_addresses_of_one_home_are_one_who_asks(tmp_path, addresses, who):
    """The shipped map, in an nginx that is told which address it sees."""
    if NGINX is None:
        pytest.skip("There is no nginx on this machine.")
    port = free_port()
    shipped = re.search(r"map \$remote_addr \$who_asks \{.*?\n\}", CONFIGURATION.read_text(), re.DOTALL)
    assert shipped is not None
    (tmp_path / "hrassist.conf").write_text(
        f"{shipped[0]}\nserver {{ listen 127.0.0.1:{port}; set_real_ip_from 127.0.0.1; real_ip_header X-Seen;"
        " location / { return 200 $who_asks; } }\n"
    )
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path, user=""))
    process = subprocess.Popen([str(NGINX), "-c", tmp_path / "nginx.conf", "-p", tmp_path], stderr=subprocess.DEVNULL)
    try:
        asked = ("curl", "--silent", "--retry", "50", "--retry-connrefused", "--retry-delay", "1")
        found = [run(*asked, "-H", f"X-Seen: {one}", f"http://127.0.0.1:{port}/").stdout for one in addresses]
    finally:
        process.terminate()
        process.wait(20)
    assert found == [who] * len(addresses)
