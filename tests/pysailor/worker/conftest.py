"""What tests of the worker share."""

from __future__ import annotations

import pytest

from tests.support.worker_bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def environ() -> dict[str, str]:
    names = (
        *("FLOW_ID", "EXEC_ID", "STEP_ID", "CONTAINER_ID", "WORKSPACE_ID", "USER_ID", "COMP_ID", "FUNCTION"),
        *("API_URI", "API_USERNAME", "API_KEY", "AMQP_URI", "LISTEN_MESSAGES_ON", "PUBLISH_MESSAGES_TO"),
        *("DATA_ROUTING_KEY", "ERROR_ROUTING_KEY", "REBOUND_ROUTING_KEY", "SNAPSHOT_ROUTING_KEY"),
        "MESSAGE_CRYPTO_PASSWORD",
    )
    return {f"ELASTICIO_{name}": name for name in names} | {
        "ELASTICIO_MESSAGE_CRYPTO_IV": "0123456789abcdef",
        "ELASTICIO_API_URI": "http://127.0.0.1:1",
        "ELASTICIO_AMQP_URI": "amqp://127.0.0.1:1",
    }
