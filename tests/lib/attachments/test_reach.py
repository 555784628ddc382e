"""How far a flow may make this step reach: the guard, redirections, pinned connections, certificates, proxies."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
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
    here,
    image,
    known,
    nowhere,
    open_to_all,
    refused,
    serving,
    stored,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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
    assert "CHATGPT_ALLOW_PRIVATE_URLS" in str(address_policy.why_refused(address))
    assert address_policy.why_refused(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_reached(address: str) -> None:
    assert "never" in str(address_policy.why_refused(address))
    assert "never" in str(address_policy.why_refused(address, allow_private=True))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert address_policy.why_refused(address) is None


@given(st.ip_addresses(v=4))
def test_no_way_of_carrying_an_address_in_another_makes_it_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    carried = [
        ipaddress.IPv6Address(0xFFFF_0000_0000 | number),
        ipaddress.IPv6Address(0x0064_FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1),
    ]
    for allowed in (False, True):
        plain = address_policy.why_refused(str(inner), allow_private=allowed) is None
        assert [address_policy.why_refused(str(ip), allow_private=allowed) is None for ip in carried] == [plain] * 3


@given(st.ip_addresses(), st.booleans())
def test_the_guard_is_never_laxer_than_the_library_it_stands_on(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address, allowed: bool
) -> None:
    if address_policy.why_refused(str(ip), allow_private=allowed) is None and not allowed:
        assert not any((ip.is_loopback, ip.is_link_local, ip.is_multicast, ip.is_unspecified))
        assert ip.is_global or address_policy._embedded(ip)


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


# --- certificates ----------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a file with a certificate for files.example, xn--bcher-kva.example and 127.0.0.1, and its key."""
    from cryptography import x509  # noqa: PLC0415 - only these tests need it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("files.example"), x509.DNSName("xn--bcher-kva.example")]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([*names, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class Secured:
    """A server with TLS, and the names that clients asked for by SNI."""

    server: Files
    names: list[str | None]


@pytest.fixture
def secured(certificate: Path) -> Iterator[Secured]:
    server = Files()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    for started in serving(server):
        yield Secured(started, names)


@pytest.mark.parametrize(
    ("host", "name"),
    [("files.example", "files.example"), ("bücher.example", "xn--bcher-kva.example"), ("127.0.0.1", None)],
)
def test_the_certificate_is_checked_for_the_name_though_the_address_is_pinned(
    secured: Secured, certificate: Path, monkeypatch: pytest.MonkeyPatch, host: str, name: str | None
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    url = secured.server.url("/photo", PNG, host=host, scheme="https")
    part = done(image(url), downloads=open_to_all(here))[0]
    assert part["image_url"]["url"] == as_data("image/png", PNG)
    assert secured.names == [name]


def test_a_certificate_for_another_name_is_refused(
    secured: Secured, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    url = secured.server.url("/photo", PNG, host="other.example", scheme="https")
    assert "certificate" in str(refused(NotThere, image(url), downloads=open_to_all(here)))
    assert secured.server.asked == []


def test_a_certificate_that_nobody_vouches_for_is_refused(secured: Secured) -> None:
    url = secured.server.url("/photo", PNG, host="files.example", scheme="https")
    assert "certificate" in str(refused(NotThere, image(url), downloads=open_to_all(here)))


def test_a_server_that_never_finishes_its_greeting_gets_no_more_time_than_there_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://files.example:{listener.getsockname()[1]}/a.pdf"
        start = time.monotonic()
        refused(NotFetched, file(url), downloads=open_to_all(here), deadline=start + 0.3)
        assert time.monotonic() - start < 2


# --- proxies ---------------------------------------------------------------------------------------------------------


def test_a_proxy_gets_the_whole_address_and_its_password(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.url("/a.pdf", PDF)
    monkeypatch.setenv("http_proxy", f"http://anna:secret@127.0.0.1:{files.server_port}")
    done(file("http://only-the-proxy-knows.example/a.pdf"), downloads=Downloads(resolve=known()))
    path, headers = files.asked[0]
    assert path == "http://only-the-proxy-knows.example/a.pdf"
    assert headers["Host"] == "only-the-proxy-knows.example"


@pytest.mark.parametrize("url", ["http://10.0.0.5/a.pdf", "http://files.internal/a.pdf", "http://inside.example/a.pdf"])
def test_a_proxy_is_not_asked_for_what_is_private(files: Files, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{files.server_port}")
    refused(AddressRefused, file(url), downloads=Downloads(resolve=known(inside_example="10.0.0.5")))
    assert files.asked == []


def test_a_proxy_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    error = refused(NotFetched, file("https://www.example/a.pdf"), downloads=Downloads(resolve=known()))
    assert "socks5" in str(error)
