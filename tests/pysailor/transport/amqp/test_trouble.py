"""What a person reads when there is no connection: what was tried, what was found, what to do; never the password."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from pysailor.transport.amqp import Amqp
from pysailor.transport.base import Unreachable
from tests.support.broker import free_port
from tests.support.sockets import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.broker import Node, Rabbit
    from tests.support.relay import StepQueues

SECRET = "wr0ng-and-secret"


def told(step: StepQueues, uri: str) -> str:
    """Return what is said of this address."""
    with pytest.raises(Unreachable) as refused:
        Amqp(step.settings(uri=uri, reconnect_attempts=0)).connect()
    assert SECRET not in str(refused.value)
    return str(refused.value)


@pytest.fixture
def node(broker: Rabbit) -> Node:
    if broker.node is None:
        pytest.skip("this test makes users and virtual hosts, and AMQP_URI names a broker that is not ours")
    return broker.node


@contextmanager
def listener(answer: bytes) -> Iterator[int]:
    """Return the port of a server that answers so whatever it gets, and hangs up."""

    def serve(server: socket.socket) -> None:
        while True:
            client = server.accept()[0]
            with client, suppress(OSError):  # it may go at any moment
                client.recv(100)
                client.sendall(answer)

    with listening(serve) as port:
        yield port


@pytest.mark.parametrize("user", ["guest", "nobody"])
def test_a_refused_login(step: StepQueues, node: Node, user: str) -> None:
    text = told(step, f"amqp://{user}:{SECRET}@127.0.0.1:{node.port}/%2F")
    assert text.startswith(f'RabbitMQ at 127.0.0.1:{node.port} refused the login of the user "{user}": ')
    assert "ELASTICIO_AMQP_URI" in text
    assert "@ as %40" in text


def test_an_unknown_virtual_host(step: StepQueues, node: Node) -> None:
    text = told(step, f"amqp://guest:guest@127.0.0.1:{node.port}/nowhere")
    assert text.startswith(f'RabbitMQ at 127.0.0.1:{node.port} has no virtual host "nowhere". ')
    assert text.endswith("rabbitmqctl add_vhost nowhere")


def test_a_user_without_permissions(step: StepQueues, node: Node) -> None:
    node.ctl("add_user", "eve", SECRET)
    text = told(step, f"amqp://eve:{SECRET}@127.0.0.1:{node.port}/%2F")
    assert 'does not let the user "eve" into the virtual host "/". ' in text
    assert text.endswith('rabbitmqctl set_permissions --vhost / eve ".*" ".*" ".*"')


def test_tls_where_none_is_spoken(step: StepQueues, node: Node) -> None:
    text = told(step, f"amqps://guest:{SECRET}@127.0.0.1:{node.port}/%2F")
    assert f"127.0.0.1:{node.port} answers, but does not speak TLS" in text
    assert "Write amqp:// in" in text


def test_no_tls_where_it_is_spoken(step: StepQueues, node: Node) -> None:
    text = told(step, f"amqp://guest:{SECRET}@127.0.0.1:{node.tls_port}/%2F")
    assert "hung up without a word of AMQP" in text
    assert "A port for TLS needs amqps://" in text


def test_a_certificate_that_nobody_vouches_for(step: StepQueues, node: Node) -> None:
    text = told(step, f"amqps://guest:{SECRET}@127.0.0.1:{node.tls_port}/%2F")
    assert "could not be verified (self-signed certificate). " in text
    assert "SSL_CERT_FILE" in text


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_another_server_at_the_port(step: StepQueues, answer: bytes) -> None:
    with listener(answer) as port:
        text = told(step, f"amqp://guest:{SECRET}@127.0.0.1:{port}/")
    assert f"127.0.0.1:{port} took the connection and hung up without a word of AMQP. " in text
    assert "15672 is that of its web page" in text


def test_a_server_that_says_nothing(step: StepQueues) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = told(step, f"amqp://guest:{SECRET}@127.0.0.1:{port}/?stack_timeout=0.1")
    assert text.startswith(f"RabbitMQ cannot be reached: 127.0.0.1:{port} takes connections, but says nothing. ")


def test_a_port_that_nobody_listens_at(step: StepQueues) -> None:
    port = free_port()
    text = told(step, f"amqp://guest:{SECRET}@127.0.0.1:{port}/")
    assert text.startswith(f"RabbitMQ cannot be reached: nothing listens at 127.0.0.1:{port}. Start RabbitMQ, or ")


def test_a_name_that_leads_nowhere(step: StepQueues) -> None:
    text = told(step, f"amqp://guest:{SECRET}@no-such-host.invalid/")
    assert 'there is no address for the name "no-such-host.invalid" (' in text
    assert "Check its spelling" in text


@pytest.mark.parametrize("password", [f"a#{SECRET}", f"1/{SECRET}", f"1?{SECRET}"])
def test_a_password_that_ends_the_address_early_is_not_shown_as_a_host(step: StepQueues, password: str) -> None:
    text = told(step, f"amqp://guest:{password}@127.0.0.1/")
    assert text == (
        "A sign in the user or password of the AMQP address (ELASTICIO_AMQP_URI) ends it early; "
        "write / as %2F, # as %23, ? as %3F."
    )
