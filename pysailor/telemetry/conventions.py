"""The names of OpenTelemetry's conventions that are used here.

Those of generative AI and of messaging are not stable, and the package that holds them renames its constants; so the
names are written out: https://opentelemetry.io/docs/specs/semconv/gen-ai/ and …/messaging/.
"""

from __future__ import annotations

from typing import Final

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
TOKEN_TYPE: Final = "gen_ai.token.type"
ERROR_TYPE: Final = "error.type"
USAGE: Final = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cached_input_tokens": "gen_ai.usage.cache_read.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}
"""The attribute of a span for each unit of a call."""
TOKEN_TYPES: Final = {"input_tokens": "input", "output_tokens": "output"}
METRIC_ATTRIBUTES: Final = (OPERATION, PROVIDER, REQUEST_MODEL, RESPONSE_MODEL, SERVER_ADDRESS, SERVER_PORT)
DURATION: Final = "gen_ai.client.operation.duration"
DURATION_BUCKETS: Final = tuple(0.01 * 2**power for power in range(14))
TOKENS: Final = "gen_ai.client.token.usage"
TOKEN_BUCKETS: Final = tuple(float(4**power) for power in range(14))

MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_OPERATION: Final = "messaging.operation.type"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_DESTINATION: Final = "messaging.destination.name"
MESSAGE_ID: Final = "messaging.message.id"
CONVERSATION_ID: Final = "messaging.message.conversation_id"
PROCESS_DURATION: Final = "messaging.process.duration"
PROCESS_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
