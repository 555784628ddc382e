"""The sandbox: a local HTTP server that behaves like the API (chat twice, embeddings, moderations, batches). No model.

    with Sandbox() as sandbox:
        requests.post(f"{sandbox.base_url}/chat/completions", …)

It is for people without a key, for tests and for demos: it refuses what the API refuses, with the same status codes and
error bodies, and answers what it takes, always the same to the same request. What goes wrong on the way to a real
server is a scenario, chosen by base URL (`sandbox.base_url_of("rate_limit")`) or by header (`X-Sandbox-Scenario`).

    server          the life of it: port, connections, start and stop
    http            the listening socket; one request read from a connection, one reply written to it
    api             request → reply: key, address, model, scenario
    scenarios       what may go wrong, by name
    errors          the error bodies; schema_check, rules, tool_rules and strict_schema find which one applies
    answers         the completion; generate and pattern make values that fit a schema; chunks cuts it for a stream
    responses       the same answers by the other endpoint, streams and what is stored included
    embeddings      the vectors of texts; moderations says what is wrong with them
    batches         files and batches, answered at the first look; batch_file reads what is uploaded
    models          what it lists
    reply           what goes back, as a value; recorder keeps what came in
"""

from .recorder import RecordedRequest
from .scenarios import SCENARIOS
from .server import KEY, Sandbox

__all__ = ["KEY", "SCENARIOS", "RecordedRequest", "Sandbox"]
