"""The platform's variables, each declared once, as a field: type, name, default, unit, help (platform contract, 1.2).

The parsing rules are in `environment`, those of a value in `checks`; `settings` reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..values import frozen
from .checks import (
    check_broker_address,
    check_level,
    check_name,
    check_pool,
    check_store,
    check_token,
    check_vector,
    check_web_address,
)
from .environment import Variable, flag, mandatory, seconds, text, variables_of, whole

if TYPE_CHECKING:
    from collections.abc import Mapping


YEAR: Final = 366 * 86_400.0


@frozen
class StepIdentity:
    """Who this step is."""

    flow_id: str = mandatory("ELASTICIO_FLOW_ID", "the flow; sent as taskId")
    exec_id: str = mandatory("ELASTICIO_EXEC_ID", "the execution")
    step_id: str = mandatory("ELASTICIO_STEP_ID", "the step within the flow")
    container_id: str = mandatory("ELASTICIO_CONTAINER_ID", "the container that the process runs in")
    workspace_id: str = mandatory("ELASTICIO_WORKSPACE_ID", "the workspace of the flow")
    user_id: str = mandatory("ELASTICIO_USER_ID", "who started the flow")
    comp_id: str = mandatory("ELASTICIO_COMP_ID", "the component")
    function: str = mandatory("ELASTICIO_FUNCTION", "the action or trigger to run, as component.json names it")


@frozen
class ApiSettings:
    """The platform's REST API."""

    uri: str = mandatory("ELASTICIO_API_URI", "base address of the platform's API", check=check_web_address)
    username: str = mandatory("ELASTICIO_API_USERNAME", "user of the API")
    key: str = mandatory("ELASTICIO_API_KEY", "password of the API", "secret")
    retry_attempts: int = whole(
        "ELASTICIO_API_REQUEST_RETRY_ATTEMPTS", 3, "", "tries for one request, the first included"
    )
    retry_delay_ms: int = whole("ELASTICIO_API_REQUEST_RETRY_DELAY", 100, "ms", "wait before the second try; doubles")
    timeout: float = seconds(
        "PYSAILOR_API_TIMEOUT",
        15.0,
        "longest silence while a request is answered; all of it may take four times as long",
        least=0.1,
    )


@frozen
class AmqpSettings:
    """The message broker. Empty texts if the process runs only the shutdown hook."""

    uri: str = mandatory(
        "ELASTICIO_AMQP_URI", "address of the broker, with user and password", "secret", check=check_broker_address
    )
    listen_on: str = mandatory(
        "ELASTICIO_LISTEN_MESSAGES_ON", "queue that the step's input comes from", check=check_name
    )
    publish_to: str = mandatory("ELASTICIO_PUBLISH_MESSAGES_TO", "exchange that everything goes to", check=check_name)
    data_routing_key: str = mandatory(
        "ELASTICIO_DATA_ROUTING_KEY", "routing key of messages for the next step", check=check_name
    )
    error_routing_key: str = mandatory("ELASTICIO_ERROR_ROUTING_KEY", "routing key of errors", check=check_name)
    rebound_routing_key: str = mandatory(
        "ELASTICIO_REBOUND_ROUTING_KEY", "routing key of messages that come back later", check=check_name
    )
    snapshot_routing_key: str = mandatory(
        "ELASTICIO_SNAPSHOT_ROUTING_KEY", "routing key of snapshots", check=check_name
    )
    prefetch: int = whole(
        "ELASTICIO_RABBITMQ_PREFETCH_SAILOR",
        20,
        "",
        "messages worked on at a time; 1 keeps their order",
        least=1,
        most=65_535,
    )
    persistent: bool = flag(
        "ELASTICIO_AMQP_PERSISTENT_MESSAGES", True, "whether messages survive a restart of the broker"
    )
    publish_retry_attempts: int | None = whole(
        "ELASTICIO_AMQP_PUBLISH_RETRY_ATTEMPTS", None, "", "tries for one publish; unset: until it is taken"
    )
    publish_retry_delay_ms: int = whole(
        "ELASTICIO_AMQP_PUBLISH_RETRY_DELAY", 100, "ms", "wait before the second try; doubles"
    )
    publish_max_retry_delay_ms: int = whole(
        "ELASTICIO_AMQP_PUBLISH_MAX_RETRY_DELAY", 300_000, "ms", "longest wait between two tries"
    )
    connect_attempts: int = whole(
        "ELASTICIO_AMQP_RECONNECT_ATTEMPTS",
        3,
        "",
        "further tries to connect at the start; a connection lost later is sought without end",
    )
    connect_delay_ms: int = whole(
        "ELASTICIO_AMQP_RECONNECT_TIMEOUT", 100, "ms", "wait before the next try to connect; doubles"
    )
    connect_max_delay_ms: int = whole(
        "PYSAILOR_RECONNECT_MAX_DELAY", 2_000, "ms", "longest wait between two tries to connect", least=1
    )


@frozen
class Crypto:
    """What messages are encrypted with."""

    iv: str = mandatory("ELASTICIO_MESSAGE_CRYPTO_IV", "initialisation vector, 16 bytes", "secret", check=check_vector)
    password: str = mandatory("ELASTICIO_MESSAGE_CRYPTO_PASSWORD", "password that the key is made of", "secret")


@frozen
class WorkerLimits:
    """How much, how often, how long. A rate that is unset or 0 does not throttle."""

    data_rate: int | None = whole("ELASTICIO_DATA_RATE_LIMIT", None, "", "messages for the next step per interval")
    error_rate: int | None = whole("ELASTICIO_ERROR_RATE_LIMIT", None, "", "errors per interval")
    snapshot_rate: int | None = whole("ELASTICIO_SNAPSHOT_RATE_LIMIT", None, "", "snapshots per interval")
    rate_interval_ms: int = whole("ELASTICIO_RATE_INTERVAL", 100, "ms", "the interval of the three rates")
    message_size: int = whole(
        "ELASTICIO_OUTGOING_MESSAGE_SIZE_LIMIT", 10_485_760, "bytes", "largest content of a message"
    )
    input_size: int = whole("PYSAILOR_INPUT_SIZE_LIMIT", 33_554_432, "bytes", "largest content that is taken", least=1)
    input_depth: int = whole(
        "PYSAILOR_INPUT_DEPTH_LIMIT", 200, "", "most levels of lists and objects in a body that is taken", least=1
    )
    input_headers: int = whole("PYSAILOR_INPUT_HEADERS_LIMIT", 200, "", "most headers that are taken", least=1)
    input_header_bytes: int = whole(
        "PYSAILOR_INPUT_HEADER_BYTES_LIMIT", 65_536, "bytes", "most bytes of headers that are taken", least=1
    )
    rebound_initial_ms: int = whole(
        "ELASTICIO_REBOUND_INITIAL_EXPIRATION", 15_000, "ms", "rest before the first rebound; doubles"
    )
    rebounds: int = whole("ELASTICIO_REBOUND_LIMIT", 20, "", "rebounds before the message fails")
    retries: int = whole(
        "PYSAILOR_RETRIES", 0, "", "how often a message comes back, as a rebound does, when its error may pass"
    )
    message_deadline: float | None = seconds("PYSAILOR_MESSAGE_DEADLINE", None, "time for one message; unset: no limit")
    shutdown_deadline: float = seconds("PYSAILOR_SHUTDOWN_DEADLINE", 60.0, "time for messages in work after SIGTERM")
    service_deadline: float = seconds(
        "PYSAILOR_SERVICE_DEADLINE", 45.0, "time for a service to answer; the platform waits a minute"
    )


@frozen
class Storage:
    """The platform's object storage; absent if it has no address."""

    uri: str | None = text(
        "ELASTICIO_OBJECT_STORAGE_URI", None, "base address of the object storage", check=check_web_address
    )
    token: str | None = text(
        "ELASTICIO_OBJECT_STORAGE_TOKEN", None, "bearer token of the object storage", "secret", check=check_token
    )
    threshold: int = whole(
        "ELASTICIO_OBJECT_STORAGE_SIZE_THRESHOLD",
        1_048_576,
        "bytes",
        "bodies that are larger together are stored, if lightweight messages are on",
    )
    lightweight: bool = flag(
        "ELASTICIO_EMIT_LIGHTWEIGHT_MESSAGE", False, "whether large bodies are emitted as references"
    )
    retries: int = whole("REQUEST_MAX_RETRY", 2, "", "further tries for one request")
    timeout_ms: int = whole("REQUEST_TIMEOUT", 10_000, "ms", "longest silence while a request is answered", least=1)
    object_size: int = whole("PYSAILOR_OBJECT_SIZE_LIMIT", 104_857_600, "bytes", "largest object that is fetched")


@frozen
class Behaviour:
    """What the platform may switch."""

    component_path: str = text("ELASTICIO_COMPONENT_PATH", "", "the component's directory, from where we are")
    startup_required: bool = flag("ELASTICIO_STARTUP_REQUIRED", False, "whether the startup hook runs")
    hook_shutdown: bool = flag("ELASTICIO_HOOK_SHUTDOWN", False, "whether the shutdown hook is all that runs")
    self_passthrough_off: bool = flag(
        "ELASTICIO_NO_SELF_PASSTRHOUGH",
        False,
        "whether the step leaves its own message out of the passthrough and puts its input there",
    )
    protocol_version: int = whole(
        "ELASTICIO_PROTOCOL_VERSION", 1, "", "content of emitted messages: 1 is base64, 2 is raw", choices=(1, 2)
    )
    error_replies_off: bool = flag(
        "ELASTICIO_NO_ERROR_REPLIES", False, "whether errors are not sent to whoever waits for a reply"
    )
    input_format: str = text(
        "ELASTICIO_INPUT_FORMAT", "default", "'error': the step is a flow's error handler", choices=("default", "error")
    )
    log_level: str = text("LOG_LEVEL", "info", "least level that is logged, by name or number", check=check_level)
    pool: str = text(
        "PYSAILOR_POOL",
        "threads",
        "how messages are worked on at a time: 'threads', or 'greenlets', which cost less, on one thread; for steps "
        "that component.json declares to be cooperative",
        check=check_pool,
    )
    one_cpu: bool | None = flag(
        "PYSAILOR_ONE_CPU",
        None,
        "whether the worker keeps to one processor at a time, which costs less; unset: while it is busy, and does not "
        "compute outside of Python",
    )


@frozen
class Monitoring:
    """Metrics and probes; none of them unless set."""

    port: int | None = whole(
        "PYSAILOR_METRICS_PORT",
        None,
        "",
        "port of /metrics, /healthz and /readyz; 0 takes a free one, which the log names; unset: none is opened",
        most=65_535,
    )
    host: str = text(
        "PYSAILOR_METRICS_HOST",
        "127.0.0.1",
        "address that the port is opened on; 0.0.0.0 in a container, or neither probes nor Prometheus reach it",
    )
    heartbeat_file: str | None = text(
        "PYSAILOR_HEARTBEAT_FILE",
        None,
        "file that is touched every two seconds for as long as the worker's I/O loop turns",
    )


@frozen
class JournalSettings:
    """What a worker remembers of paid calls, and where."""

    url: str = text(
        "PYSAILOR_JOURNAL",
        "off",
        "where paid calls are remembered so that a message brought again is not paid for twice: "
        "sqlite:///file, postgresql://…, redis://… or off",
        "secret",
        check=check_store,
    )
    kept: float = seconds(
        "PYSAILOR_JOURNAL_SECONDS",
        604_800.0,
        "how long a call is remembered whose message is not done",
        least=1,
        most=YEAR,
    )
    kept_when_done: float = seconds(
        "PYSAILOR_JOURNAL_DONE_SECONDS",
        900.0,
        "how long it is remembered after its message is done",
        least=1,
        most=YEAR,
    )
    on_failure: str = text(
        "PYSAILOR_JOURNAL_FAILURE",
        "continue",
        "when the journal cannot be written: continue without, wait until it can, or rebound the message",
        choices=("continue", "wait", "rebound"),
    )


GROUPS: Final[Mapping[str, type[Any]]] = {
    "step": StepIdentity,
    "api": ApiSettings,
    "amqp": AmqpSettings,
    "crypto": Crypto,
    "limits": WorkerLimits,
    "storage": Storage,
    "behaviour": Behaviour,
    "monitoring": Monitoring,
    "journal": JournalSettings,
}
"""The parts of a worker's settings, in the order in which their variables are demanded."""


def variables() -> tuple[Variable, ...]:
    """Return every variable of a worker, in the order in which they are demanded: for documentation."""
    return tuple(each for group in GROUPS.values() for each in variables_of(group).values())
