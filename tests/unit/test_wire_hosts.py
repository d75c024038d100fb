"""A file is fetched from Replicate's delivery hosts, and from nowhere else, whatever the address looks like."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from pvideo.settings import Endpoint
from pvideo.wire.download import DownloadFailed, fetch
from pvideo.wire.hosts import StrangeAddressError, check, follow

REAL = ("replicate.delivery", "*.replicate.delivery")
DEMO = (*REAL, "127.0.0.1")

GOOD = [
    "https://replicate.delivery/xezq/a/output.mp4",
    "https://pbxt.replicate.delivery/a.mp4?x=1#y",
    "https://a.b.replicate.delivery/",
    "https://replicate.delivery:443/a",
    "HTTPS://Replicate.Delivery/a",
]
# The list of Vercel's download check, and what else hides an address.
BAD = [
    "",
    "replicate.delivery/a.mp4",
    "//replicate.delivery/a.mp4",
    "http://replicate.delivery/a.mp4",
    "ftp://replicate.delivery/a.mp4",
    "file:///etc/passwd",
    "file://replicate.delivery/etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
    "blob:https://replicate.delivery/x",
    "gopher://replicate.delivery/",
    "https://localhost/a",
    "https://printer.local/a",
    "https://127.0.0.1/a",
    "https://127.1/a",
    "https://0.0.0.0/a",
    "https://0/a",
    "https://2130706433/a",
    "https://0x7f000001/a",
    "https://0177.0.0.1/a",
    "https://10.0.0.1/a",
    "https://172.16.0.1/a",
    "https://192.168.0.1/a",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/a",
    "https://224.0.0.1/a",
    "https://192.0.2.1/a",
    "https://198.51.100.1/a",
    "https://203.0.113.1/a",
    "https://[::1]/a",
    "https://[::]/a",
    "https://[fc00::1]/a",
    "https://[fe80::1%25eth0]/a",
    "https://[::ffff:127.0.0.1]/a",
    "https://[::ffff:a9fe:a9fe]/a",
    "https://user@replicate.delivery/a",
    "https://user:pass@replicate.delivery/a",
    "https://replicate.delivery@evil.example/a",
    "https://evil.example/replicate.delivery",
    "https://evil.example#@replicate.delivery/a",
    "https://evil.example\\@replicate.delivery/a",
    "https://replicate.delivery\\.evil.example/a",
    "https://replicate.delivery.evil.example/a",
    "https://evilreplicate.delivery/a",
    "https://.replicate.delivery/a",
    "https://-.replicate.delivery/a",
    "https://replicate.delivery./a",
    "https://replicate%2edelivery/a",
    "https://a%2f.replicate.delivery/a",
    "https://replicate.delivery:8443/a",
    "https://replicate.delivery:99999/a",
    "https://replicate.delivery:x/a",
    "https://replicate.delivery:0443/a",
    "https://replicate.delivery/a b",
    "https://replicate.delivery/\r\nHost: evil",
    "https://replicate.delivery/\x00",
    "https://replicate。delivery/a",
    "https://réplicate.delivery/a",
    "https://replicate.delivery/" + "a" * 5000,
    "https://api.replicate.com/v1/files/x",
    "https://",
    "https:///a",
    "https://[",
]


@pytest.mark.parametrize("url", GOOD)
def test_replicates_delivery_hosts_are_allowed(url):
    assert check(url, REAL).endswith("replicate.delivery")


@pytest.mark.parametrize("url", BAD)
def test_other_addresses_are_refused(url):
    with pytest.raises(StrangeAddressError):
        check(url, REAL)
    if "127.0.0.1/" not in url or "::" in url:
        with pytest.raises(StrangeAddressError):
            check(url, DEMO)


def test_the_list_is_long_enough():
    assert len(BAD) >= 40


def test_loopback_only_where_the_endpoint_allows_it():
    assert check("http://127.0.0.1:8080/a", DEMO) == "127.0.0.1"
    for other in ("http://localhost:8080/a", "http://127.0.0.2/a", "http://2130706433/a", "http://u@127.0.0.1/a", "ftp://127.0.0.1/a"):
        with pytest.raises(StrangeAddressError):
            check(other, DEMO)
    with pytest.raises(StrangeAddressError):
        check("http://127.0.0.1:8080/a", REAL)


@pytest.mark.parametrize("url", [None, 7, b"https://replicate.delivery/a", ["https://replicate.delivery/a"]])
def test_what_is_no_text_is_no_address(url):
    with pytest.raises(StrangeAddressError):
        check(url, REAL)


@pytest.mark.parametrize("location", ["/b", "b", "https://x.replicate.delivery/b", "//replicate.delivery/b"])
def test_a_redirect_within_the_hosts(location):
    assert follow("https://replicate.delivery/a", location, REAL).endswith("/b")


@pytest.mark.parametrize(
    "location", ["http://replicate.delivery/b", "https://evil.example/b", "//evil.example/b", "http://[", "http://127.0.0.1/b"]
)
def test_a_redirect_out_of_them(location):
    with pytest.raises(StrangeAddressError):
        follow("https://replicate.delivery/a", location, DEMO)


@pytest.mark.parametrize("url", BAD)
def test_a_refused_address_is_never_asked(url, tmp_path):
    asked = []
    endpoint = Endpoint(base_url="https://gateway.ai.cloudflare.com/v1/a/b/replicate", kind="gateway")

    async def run():
        transport = httpx.MockTransport(lambda request: asked.append(request) or httpx.Response(200))
        await fetch(url, tmp_path / "x.part", endpoint=endpoint, on_progress=lambda *_: None, transport=transport)

    with pytest.raises(DownloadFailed) as caught:
        asyncio.run(run())
    assert (caught.value.error.key, caught.value.retry, caught.value.gone) == ("output_strange", False, False)
    assert not asked
    assert not list(tmp_path.iterdir())
