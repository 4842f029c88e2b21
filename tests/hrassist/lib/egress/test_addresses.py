"""What leaves goes where it was said to, and nowhere else."""

from __future__ import annotations

import datetime
import socket
import time

import pytest

from hrassist.lib import egress, tally
from hrassist.models import Tally
from tests.hrassist.lib.egress.outside import HOST, PUBLIC

HOSTILE = [
    # other schemes
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "javascript:alert(1)",
    "//hooks.example.com/",
    "hooks.example.com",
    "https:hooks.example.com",
    "https:/hooks.example.com",
    "HTTPS:\\\\hooks.example.com",
    "",
    # addresses in every spelling
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1%25eth0]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://93.184.216.34/",
    "https://1.1.1.1.1/",
    "https://hooks.example.0x7f/",
    "https://hooks.example.127/",
    # who is meant
    "https://hooks.example.com@127.0.0.1/",
    "https://user:pw@hooks.example.com/",
    "https://hooks.example.com:443@evil.example/",
    "https://@hooks.example.com/",
    "https://hooks.example.com%40evil.example/",
    "https://evil.example#@hooks.example.com/",
    "https://evil.example?@hooks.example.com",
    "https://evil.example\\@hooks.example.com/",
    "https://hooks.example.com\\.evil.example/",
    # names that are another's, or none
    "https://localhost/",
    "https://metadata/",
    "https://hooks.example.com./",
    "https://hooks.example.com../",
    "https://.hooks.example.com/",
    "https://hooks..example.com/",
    "https://evil.example/",
    "https://hooks.example.com.evil.example/",
    "https://xhooks.example.com/",
    "https://-hooks.example.com/",
    "https://hooks_.example.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://" + "a." * 130 + "com/",
    # unicode that becomes something else
    "https://hooks。example。com/",
    "https://hooks.ｅxample.com/",
    "https://①②⑦.⓪.⓪.①/",
    "https://lоcalhost.example/",
    "https://hooks.example.com․evil.example/",
    "https://exam\u00adple.com/",
    "https://hooks.example.com\u2044evil/",
    "https://xn--hooks-.example.com./",
    # ports
    "https://hooks.example.com:22/",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:0443/",
    "https://hooks.example.com:-1/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:/",
    "https://hooks.example.com:443:443/",
    "https://hooks.example.com:four/",
    # lines, blanks and lengths
    "https://hooks.example.com/\r\nHost: evil.example",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\x00",
    " https://hooks.example.com/",
    "https://hooks.example.com/\t",
    "https://hooks.\nexample.com/",
    "https://hooks.example.com/" + "a" * 2000,
]

NOT_PUBLIC = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_before_a_name_is_looked_up(url, names, db):
    asked = names([PUBLIC])
    with pytest.raises(egress.EgressRefused):
        egress.call("GET", url, purpose="webhook")
    assert asked == []


def test_there_are_enough_hostile_addresses():
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("url", [f"https://{HOST}", f"https://{HOST}:443/a/b?c=d%20e", f"HTTPS://{HOST.upper()}/"])
def test_an_ordinary_address_is_understood(url):
    assert egress.checked(url).host == HOST


@pytest.mark.parametrize("ip", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_not_called(ip):
    assert not egress.may_be_called(ip)


@pytest.mark.parametrize("ip", [PUBLIC, "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_one_is(ip):
    assert egress.may_be_called(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "::ffff:10.0.0.1",
        "fe80::1",
    ],
)
def test_a_host_of_ones_own_network_may_not_be_where_clouds_keep_credentials(ip):
    assert not egress.may_be_called(ip, internal=True)
    assert egress.may_be_called("10.1.2.3", internal=True)


@pytest.mark.parametrize(
    "ips", [["127.0.0.1"], [PUBLIC, "127.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"]]
)
def test_a_name_that_leads_inside_is_not_called_even_if_it_leads_outside_too(ips, names, db):
    names(ips)
    with pytest.raises(egress.EgressRefused, match="not public"):
        egress.call("GET", f"https://{HOST}/", purpose="webhook")
    assert Tally.objects.get().what == f"webhook: {HOST}"


def test_the_connection_goes_to_the_address_that_was_looked_at(names, db):
    """A name that turns from a public address to ours in between is asked only once."""
    asked = names([PUBLIC], ["127.0.0.1"])
    # The guard of all tests names the address that somebody tried to reach.
    with pytest.raises(RuntimeError, match=PUBLIC):
        egress.call("GET", f"https://{HOST}/", purpose="webhook")
    assert asked == [HOST]


def test_a_name_without_an_address_is_a_failure_and_not_a_crash(names, db):
    names([])
    with pytest.raises(egress.EgressFailed, match="no address"):
        egress.call("GET", f"https://{HOST}/", purpose="webhook")


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch, db):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: time.sleep(3))
    began = time.monotonic()
    with pytest.raises(egress.EgressFailed):
        egress.call("GET", f"https://{HOST}/", purpose="webhook", seconds=0.3)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1\r\nX-B: 2"},
        {"X A": "1"},
        {"Host": "evil.example"},
        {"content-length": "1"},
        {"Transfer-Encoding": "chunked"},
        {"X-A": "ü"},
    ],
)
def test_a_header_cannot_become_another(headers, names, db):
    asked = names([PUBLIC])
    with pytest.raises(egress.EgressRefused):
        egress.call("POST", f"https://{HOST}/", purpose="webhook", headers=headers)
    assert asked == []


def test_nothing_is_called_that_nobody_named(settings, names, db):
    settings.EGRESS_HOSTS = []
    names([PUBLIC])
    with pytest.raises(egress.EgressRefused, match="HRASSIST_EGRESS_HOSTS"):
        egress.call("GET", f"https://{HOST}/", purpose="webhook")
    assert egress.checked(f"https://{HOST}/", hosts=[HOST]).host == HOST
    assert egress.checked(f"https://{HOST}/", hosts=[".example.com"]).host == HOST


def test_refusals_are_counted_for_the_security_page(names, db):
    names([PUBLIC])
    for _ in range(2):
        with pytest.raises(egress.EgressRefused):
            egress.call("GET", "https://evil.example/", purpose="webhook")
    assert tally.since(tally.EGRESS, datetime.datetime.now(tz=datetime.UTC)) == {"webhook: evil.example": 2}
