"""What can fail between a worker and its broker."""

from __future__ import annotations

from .spec import YES, RuntimeErrorSpec

QUEUE = (
    RuntimeErrorSpec(
        "undecodable",
        "Undecodable",
        "What was in the queue is not a message of this flow, or was encrypted with another password.",
        "Compare ELASTICIO_MESSAGE_CRYPTO_PASSWORD and ELASTICIO_MESSAGE_CRYPTO_IV with those of the other steps.",
    ),
    RuntimeErrorSpec(
        "transport_failed",
        "TransportError",
        "Messages cannot be read from the queue or published.",
        "Look at the broker, its log, and ELASTICIO_AMQP_URI.",
        YES,
    ),
    RuntimeErrorSpec(
        "monitoring_unavailable",
        "MonitoringUnavailable",
        "The port for metrics and probes cannot be opened, or the heartbeat file cannot be written.",
        "Set PYSAILOR_METRICS_PORT to a free port and PYSAILOR_HEARTBEAT_FILE to a file in a folder that can be "
        "written, and install the extra [metrics].",
    ),
    RuntimeErrorSpec(
        "unreachable",
        "Unreachable",
        "The message broker cannot be reached, or refuses the login.",
        "Check that it runs, and the host, user and password in ELASTICIO_AMQP_URI.",
        YES,
    ),
    RuntimeErrorSpec(
        "input_missing",
        "InputMissing",
        "The queue that the step reads from is missing, or the user may not read it.",
        "Check ELASTICIO_LISTEN_MESSAGES_ON and the user's permissions. "
        "The platform makes the queue when it starts the flow.",
    ),
    RuntimeErrorSpec(
        "not_published",
        "NotPublished",
        "A message could not be published.",
        "If it goes on, look at the broker and its log.",
        YES,
    ),
    RuntimeErrorSpec(
        "unroutable",
        "Unroutable",
        "No queue takes the message that the step emitted, so it was not kept.",
        "Check that the next step's queue exists and is bound to the exchange; stop and start the flow.",
    ),
    RuntimeErrorSpec(
        "refused",
        "Refused",
        "The broker refused the message.",
        "Look at the reason in the message: a full queue needs room, a long routing key a shorter one.",
    ),
    RuntimeErrorSpec(
        "too_large",
        "TooLarge",
        "The message's content or headers are larger than the broker takes.",
        "Have the step emit less, or have the operator switch large bodies to the object storage.",
    ),
    RuntimeErrorSpec(
        "unconfirmed",
        "Unconfirmed",
        "The broker did not confirm the message in time; it may have arrived all the same.",
        "Nothing needs to be done: the input is delivered again, with the same ids. "
        "If it goes on, the broker has too much to do.",
        YES,
    ),
    RuntimeErrorSpec(
        "stopped",
        "Stopped",
        "The worker stopped before the message was finished.",
        "Nothing needs to be done: the message is delivered again, to this or another worker.",
        YES,
    ),
)
