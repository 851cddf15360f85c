"""How a partner's service is stated."""

from __future__ import annotations

import pytest

from portal.domain.errors import Refused
from portal.domain.realtime import service


def stated(url: str = "https://payer.example/core", user: str = "juniper", sender: str = "JUNIPER"):
    return service(url, user, sender=sender, receiver="PAYER")


def test_https_or_this_machine():
    for url in ("https://payer.example/core", "https://payer.example:8443/core?x=1", "http://127.0.0.1:8080/core"):
        assert stated(f" {url} ").url == url


@pytest.mark.parametrize("url", [
    "", "payer.example", "http://payer.example/core", "ftp://payer.example", "https://", "https://u:p@payer.example/",
    "https://payer.example/#x", "https://payer.example:port/", "https://payer.example/\n", "https://[::1",
    "https://e/" + "x" * 600,
])  # fmt: skip
def test_other_addresses_are_refused(url: str):
    with pytest.raises(Refused) as refused:
        stated(url.replace("\n", "\x07"))
    assert refused.value.code == "service-url"


@pytest.mark.parametrize("name", ["", "x" * 51, "jün", "a\x00b", "a\nb"])
def test_names_are_plain_and_short(name: str):
    for more in ({"user": name}, {"sender": name}):
        with pytest.raises(Refused) as refused:
            stated(**more)
        assert refused.value.code == "service-name"
