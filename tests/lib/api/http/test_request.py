"""An address is sent as requests would send it, whether requests is loaded for it or not."""

from __future__ import annotations

import pytest
import requests

from lib.api.http.request import Template

USUAL = ["http://a.b/v1", "https://a.b:8443/v1/chat/completions", "http://127.0.0.1:9/v1?api-version=2024-10-21"]
ODD = ["http://a.b/v1?", "http://a.b:0/v1", "http://a.b", "https://a.b/v1/../v2", "http://A.b/v1", "http://a.b/ü?x=a b"]
ODD += ["http://a.b//v1", "http://a.b/v1#part", "http://a.b/%7Ev1", "http://a.b/v1?a=%zz", "http://a.b:080/v1"]


@pytest.mark.parametrize("url", USUAL + ODD)
def test_an_address_is_sent_as_requests_does(url: str) -> None:
    prepared = requests.Request("POST", url).prepare()
    template = Template("POST", url, {})
    assert template.url == prepared.url
    assert template.request(b"{}").head.startswith(f"POST {prepared.path_url} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("url", ["http://.a/v1", "http://*a/v1", "http:///v1", "http://a.b:99999x/v1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Template("POST", url, {})
