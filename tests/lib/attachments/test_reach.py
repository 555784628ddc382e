"""How far a flow may make this step reach: the guard, redirections, pinned connections, certificates, proxies."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.attachments import AddressRefused, Downloads, NotFetched, NotThere, address_policy
from pysailor import StepError

from .conftest import (
    IMAGE_AT,
    OBJECT,
    PDF,
    PNG,
    Files,
    Reply,
    as_data,
    at,
    done,
    file,
    image,
    known,
    nowhere,
    open_to_all,
    refused,
    serving,
    stored,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

# --- redirections ----------------------------------------------------------------------------------------------------


def onwards(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_followed(files: Files, status: int) -> None:
    files.url("/there/photo", PNG)
    url = files.url("/here/photo", onwards("../there/photo", status))
    assert done(image(url))[0]["image_url"]["url"] == as_data("image/png", PNG)


def test_five_redirections_are_followed_and_no_sixth(files: Files) -> None:
    for number in range(6):
        files.url(f"/{number}", onwards(f"/{number + 1}"))
    files.url("/6", PNG)
    done(image(files.url("/1", onwards("/2"))))
    assert "more than 5" in str(refused(NotThere, image(files.url("/0", onwards("/1")))))


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "data:image/png;base64,AAAA", "gopher://x/", "", "http://["]
)
def test_a_redirection_to_anything_but_the_web_is_refused(files: Files, location: str) -> None:
    refused(NotThere, image(files.url("/photo", onwards(location))))


def test_a_redirection_never_leads_to_the_platform_s_storage(files: Files) -> None:
    url = files.url("/photo", onwards(OBJECT.format("abc")))
    refused(NotFetched, image(url), storage=stored(abc=PNG))


def test_an_address_that_is_refused_is_named_once() -> None:
    error = refused(AddressRefused, image("http://127.0.0.1:9/photo"), downloads=Downloads())
    assert "127.0.0.1 is this machine's own address" in str(error)


def test_each_hop_is_checked(files: Files) -> None:
    """The first server is reached as if it were public; the second one is not."""
    url = files.url("/photo", onwards(f"http://inside.example:{files.server_port}/secret"), host="outside.example")
    checked: list[str] = []

    def resolve(host: str, port: int) -> Iterable[str]:
        checked.append(host)
        return ["127.0.0.1"] if host == "outside.example" else ["169.254.169.254"]

    error = refused(AddressRefused, image(url), downloads=open_to_all(resolve))
    assert "inside.example leads to 169.254.169.254" in str(error)
    assert checked[-1] == "inside.example"
    assert [path for path, _ in files.asked] == ["/photo"]


# --- the guard -------------------------------------------------------------------------------------------------------

PRIVATE = (
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.5",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "2001:db8::1",
    "::ffff:10.0.0.5",
    "::ffff:127.0.0.1",
    "2002:0a00:0005::1",
    "64:ff9b::10.0.0.5",
)
NEVER = (
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "0.1.2.3",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "2002:a9fe:a9fe::1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a00:5",
    "::10.0.0.5",
    "4000::1",
)
PUBLIC = ("93.184.215.14", "8.8.8.8", "172.32.0.1", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8")


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_unless_it_is_allowed(address: str) -> None:
    assert "CHATGPT_ALLOW_PRIVATE_URLS" in str(address_policy.refusal_reason(address))
    assert address_policy.refusal_reason(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_reached(address: str) -> None:
    assert "never" in str(address_policy.refusal_reason(address))
    assert "never" in str(address_policy.refusal_reason(address, allow_private=True))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert address_policy.refusal_reason(address) is None


@given(st.ip_addresses(v=4))
def test_no_way_of_carrying_an_address_in_another_makes_it_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    carried = [
        ipaddress.IPv6Address(0xFFFF_0000_0000 | number),
        ipaddress.IPv6Address(0x0064_FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1),
    ]
    for allowed in (False, True):
        plain = address_policy.refusal_reason(str(inner), allow_private=allowed) is None
        assert [address_policy.refusal_reason(str(ip), allow_private=allowed) is None for ip in carried] == [plain] * 3


@given(st.ip_addresses(), st.booleans())
def test_the_guard_is_never_laxer_than_the_library_it_stands_on(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address, allowed: bool
) -> None:
    if address_policy.refusal_reason(str(ip), allow_private=allowed) is None and not allowed:
        assert not any((ip.is_loopback, ip.is_link_local, ip.is_multicast, ip.is_unspecified))
        assert ip.is_global or address_policy._embedded_addresses(ip)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "LOCALHOST.",
    ],
)
def test_no_way_of_writing_this_machine_gets_past_the_guard(files: Files, host: str) -> None:
    url = files.url("/photo", PNG, host=host)
    guarded = Downloads()
    error = refused(StepError, image(url), downloads=guarded)
    assert isinstance(error, AddressRefused | NotFetched)
    assert at(error) == IMAGE_AT
    assert files.asked == []


@pytest.mark.parametrize(
    "host", ["maester.platform.svc.cluster.local", "a.localhost", "db", "files.internal.", "10.0.0.5", "127.1"]
)
def test_a_private_name_is_not_passed_on_to_the_service_either(host: str) -> None:
    downloads = Downloads(resolve=lambda *_: ["10.0.0.5"])
    assert "10.0.0.5" in str(refused(AddressRefused, image(f"https://{host}/a"), downloads=downloads))


def test_one_bad_address_among_good_ones_is_enough_to_refuse() -> None:
    downloads = Downloads(resolve=known(mixed_example="93.184.215.14 10.0.0.5"))
    assert "10.0.0.5" in str(refused(AddressRefused, file("https://mixed.example/a.pdf"), downloads=downloads))


def test_what_was_checked_is_what_is_connected_to(files: Files) -> None:
    """The name is known to nobody but the resolver, which is asked once: there is no second look-up."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

    url = files.url("/a.pdf", PDF, host="rebinding.example")
    done(file(url), downloads=open_to_all(resolve))
    assert asked == ["rebinding.example"]
    assert files.asked[0][1]["Host"] == f"rebinding.example:{files.server_port}"


def test_the_next_address_is_tried_when_the_first_does_not_answer(files: Files) -> None:
    url = files.url("/a.pdf", PDF, host="two.example")
    assert done(file(url), downloads=open_to_all(known(two_example="127.0.0.77 127.0.0.1")))


def test_a_name_in_another_script_is_asked_for_as_dns_has_it(files: Files) -> None:
    url = files.url("/a.pdf", PDF, host="bücher.example")

    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host == "xn--bcher-kva.example" else nowhere()

    done(file(url), downloads=open_to_all(resolve))
    assert files.asked[0][1]["Host"].startswith("xn--bcher-kva.example")


def test_an_ipv6_address_is_reached() -> None:
    try:
        server = Files("::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    for started in serving(server):
        done(image(started.url("/photo", PNG, host="[::1]")))
        assert started.asked[0][1]["Host"] == f"[::1]:{started.server_port}"
