"""On the way to an attachment: certificates are checked for the name, proxies are used as the environment says."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lib.attachments import AddressRefused, Downloads, NotFetched, NotThere

from .conftest import (
    PDF,
    PNG,
    Files,
    as_data,
    done,
    file,
    here,
    image,
    known,
    open_to_all,
    refused,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def test_a_certificate_that_is_not_trusted_is_refused(secured: Secured) -> None:
    url = secured.server.url("/photo", PNG, host="files.example", scheme="https")
    assert "certificate" in str(refused(NotThere, image(url), downloads=open_to_all(here)))


def test_a_server_that_never_finishes_its_greeting_gets_no_more_time_than_there_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://files.example:{listener.getsockname()[1]}/a.pdf"
        start = time.monotonic()
        refused(NotFetched, file(url), downloads=open_to_all(here), deadline=start + 0.3)
        assert time.monotonic() - start < 20


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
