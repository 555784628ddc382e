"""Every way to fail that the runtime knows: what it means, what to do, and whether trying again can help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NO, YES = "no", "yes"


@dataclass(frozen=True, slots=True)
class RuntimeErrorSpec:
    """One way to fail: its stable code, its name, what it means, what to do, and whether trying again can help."""

    code: str
    name: str
    meaning: str
    advice: str
    again: str = NO


RUNTIME_ERRORS: Mapping[str, RuntimeErrorSpec] = {
    spec.code: spec
    for spec in (
        # any command
        RuntimeErrorSpec(
            "error",
            "SailorError",
            "Something failed for a reason that has no code of its own.",
            "Read the message beside it: it says what to change.",
        ),
        RuntimeErrorSpec(
            "bad_usage",
            "BadUsage",
            "A command was used wrongly, or was given a file that cannot be read.",
            "Correct the command as the message says; the option --help shows an example.",
        ),
        RuntimeErrorSpec(
            "broken_component",
            "BrokenComponent",
            "component.json, or a file that it names, is missing or cannot be loaded.",
            "Run pysailor lint in the component's directory, or name the directory with --component.",
        ),
        RuntimeErrorSpec(
            "unknown_mark",
            "UnknownMark",
            "A page of the documentation has a mark that pysailor docs cannot fill, or one that is not closed.",
            "Correct the mark; pysailor docs names the known ones.",
        ),
        # a flow
        RuntimeErrorSpec(
            "invalid_flow",
            "InvalidFlow",
            "The flow file says something that cannot be meant, or names what is not there.",
            "Correct each line that the message names; pysailor flow check shows all of them without running anything.",
        ),
        RuntimeErrorSpec(
            "mapping_failed",
            "MappingFailed",
            "An expression of the flow file cannot be evaluated with this message, so the step did not get it.",
            "Correct the expression at the place that the message names, or let an earlier step give what it reads.",
        ),
        RuntimeErrorSpec(
            "not_a_flow",
            "NotAFlow",
            "The file to import is not a flow in one of the platform's forms.",
            "Export the flow on the platform, or fetch it from its API (GET /v2/flows/{id}); one flow a file.",
        ),
        RuntimeErrorSpec(
            "flow_not_exportable",
            "NotExportable",
            "The flow has something that the platform has no place for, and that cannot be left out.",
            "Change what the message names, or give what is missing: --replace, --credential, --as recipe.",
        ),
        RuntimeErrorSpec(
            "made_to_fail",
            "MadeToFail",
            "A case of pysailor flow test had this step fail.",
            "It is what the case wants; write errors: {STEP: …} to expect it, or take it out of fails.",
        ),
        RuntimeErrorSpec(
            "stage_failed",
            "StageFailed",
            "The process of a step ends again and again as soon as it is started.",
            "Read the end of its log, which the message names; for a component in JavaScript, install its packages.",
        ),
        RuntimeErrorSpec(
            "broker_unavailable",
            "BrokerUnavailable",
            "The broker cannot be reached, or does not let the program in.",
            "Look whether it is up, and whether address, user and password of --broker are right.",
        ),
        # what was recorded
        RuntimeErrorSpec(
            "unreadable_cassette",
            "UnreadableCassette",
            "What was recorded cannot be read, or cannot be written.",
            "Name the folder that --record wrote; record again if a file in it is broken.",
        ),
        RuntimeErrorSpec(
            "cassette_mismatch",
            "CassetteMismatch",
            "A request is not the one that was recorded.",
            "Undo the change that the message shows, or record again with --record.",
        ),
        RuntimeErrorSpec(
            "condition_not_boolean",
            "NoBoolean",
            "The condition of a way out of a router gave neither true nor false, so the message failed at the router.",
            "Have the condition compare something, or write $boolean(…) around it.",
        ),
        RuntimeErrorSpec(
            "step_timeout",
            "TimeOver",
            "The step did not finish the message in the time that the flow file gives it (local.timeout).",
            "Give it more time there, or less to do; pysailor flow run --resume RUN --retry-failed tries again.",
            YES,
        ),
        RuntimeErrorSpec(
            "flow_stopped",
            "FlowStopped",
            "The run of a flow ended early: a step that is set to stop it failed, or the ledger cannot be written.",
            "Correct what the message names, then go on with pysailor flow run --resume RUN.",
        ),
        RuntimeErrorSpec(
            "invalid_row",
            "InvalidRow",
            "A line of the input cannot be read, so the run ended there; what came before it was finished.",
            "Correct the line that the message names and start a new run, or go on with --resume if it is the last.",
        ),
        RuntimeErrorSpec(
            "unreadable_file",
            "UnreadableFile",
            "A file that the command names is not there, or may not be read.",
            "Look at its name and at who may read it.",
        ),
        RuntimeErrorSpec(
            "cannot_resume",
            "CannotResume",
            "A run cannot be taken up where it ended: there is none, or its flow or its input is another one now.",
            "Name a run of .pysailor/runs, and put back what has changed; else start a new run.",
        ),
        # a step
        RuntimeErrorSpec(
            "step_failed",
            "StepError",
            "The step failed for a reason that has no code of its own.",
            "Read the message beside it: the component's author wrote it for this case.",
        ),
        RuntimeErrorSpec(
            "message_over_limit",
            "TooMuch",
            "The message has more bytes, levels or headers than the worker takes. Nothing was done with it.",
            "Let the step before send less, or raise the limit that the message names (PYSAILOR_INPUT_…_LIMIT).",
        ),
        RuntimeErrorSpec(
            "invalid_config",
            "InvalidConfig",
            "A setting of the step or of its credential is missing or wrong, so that every message fails.",
            "Correct the setting that the message names: in the step's form, or on the command line with --cfg.",
        ),
        RuntimeErrorSpec(
            "invalid_input",
            "InvalidInput",
            "The message's body is not what the step takes. Nothing was done with it.",
            "Map the member that the message points to as it says. pysailor meta FUNCTION shows what the step takes.",
        ),
        RuntimeErrorSpec(
            "fate_unknown",
            "FateUnknown",
            "A worker ended after it had asked for this message, before an answer came; the step is set to fail then.",
            "See in the provider's log whether it was answered. The step's field says whether it is asked again.",
        ),
        RuntimeErrorSpec(
            "store_unavailable",
            "StoreUnavailable",
            "The store that PYSAILOR_JOURNAL names cannot be reached, or has no room; the message says why.",
            "Bring the store back, or make room. PYSAILOR_JOURNAL_FAILURE says what becomes of messages meanwhile.",
            YES,
        ),
        RuntimeErrorSpec(
            "invalid_output",
            "InvalidOutput",
            "The step's result is not what it promises to the next step, so it was not handed on.",
            "Tell the component's author which member the message points to; the input is not at fault.",
        ),
        RuntimeErrorSpec(
            "invalid_credentials",
            "InvalidCredentials",
            "The credential does not work.",
            "Correct it as the message says, and verify it.",
        ),
        RuntimeErrorSpec(
            "defect",
            "Defect",
            "The component failed in a way that its author did not foresee.",
            "Send the author the log's lines about it, with the ids of the message; the traceback is there.",
        ),
        RuntimeErrorSpec(
            "rebound",
            "Rebound",
            "The step cannot work on the message yet, so the platform delivers it again later.",
            "Nothing needs to be done. The message says what the step waits for, if it is delivered many times.",
            YES,
        ),
        RuntimeErrorSpec(
            "rebound_limit",
            "ReboundLimitExceeded",
            "The message was put off as often as the platform allows, so it failed.",
            "Mend what the step waits for, then send the message anew. ELASTICIO_REBOUND_LIMIT is how often it waits.",
        ),
        RuntimeErrorSpec(
            "deadline_exceeded",
            "DeadlineExceeded",
            "The step took longer for the message than it may. What it does with it now is ignored.",
            "Lower the step's own time limit, or have the operator raise PYSAILOR_MESSAGE_DEADLINE.",
            YES,
        ),
        RuntimeErrorSpec(
            "too_late",
            "TooLate",
            "The step emitted something for a message that was finished already; it was not sent.",
            "The component's author must emit everything before process returns.",
        ),
        RuntimeErrorSpec(
            "no_reply_address",
            "NoReplyAddress",
            "The step answered an HTTP request, but no request waits for an answer.",
            "Begin the flow with a webhook that waits for the flow's answer, or leave the answering step out.",
        ),
        RuntimeErrorSpec(
            "message_too_large",
            "MessageTooLarge",
            "The step's result is larger than the platform takes.",
            "Have the step emit less, or have the operator raise ELASTICIO_OUTGOING_MESSAGE_SIZE_LIMIT.",
        ),
        RuntimeErrorSpec(
            "not_json",
            "NotJson",
            "A value has no form in JSON, or a text that should be JSON is not.",
            "Correct the value or the text that the message names; not-a-number and infinity are no JSON.",
        ),
        # large bodies
        RuntimeErrorSpec(
            "object_storage",
            "ObjectStorageError",
            "The platform's object storage did not hand out or take a large body.",
            "Have the operator look at the storage, if it goes on. The status in the message is the storage's answer.",
            YES,
        ),
        RuntimeErrorSpec(
            "unusable_object",
            "UnusableObject",
            "A large body in the object storage is too large for this worker, or is not a body of this flow.",
            "Send less in one message, or have the operator raise PYSAILOR_OBJECT_SIZE_LIMIT.",
        ),
        RuntimeErrorSpec(
            "no_object_storage",
            "NoObjectStorage",
            "The message's body is in an object storage, and the worker was told of none.",
            "Have the operator set ELASTICIO_OBJECT_STORAGE_URI and ELASTICIO_OBJECT_STORAGE_TOKEN.",
        ),
        # the platform
        RuntimeErrorSpec(
            "platform_api",
            "PlatformApiError",
            "The platform's API did not do what it was asked.",
            "Check ELASTICIO_API_URI, ELASTICIO_API_USERNAME and ELASTICIO_API_KEY; the message has the answer.",
        ),
        RuntimeErrorSpec(
            "platform_unreachable",
            "PlatformUnreachable",
            "The platform's API did not answer, or only with failures, however often it was asked.",
            "If it goes on, check the network and ELASTICIO_API_URI.",
            YES,
        ),
        RuntimeErrorSpec(
            "platform_refused",
            "PlatformRefused",
            "The platform's API refused the request: the user or key is wrong, or it knows no such step.",
            "Check ELASTICIO_API_USERNAME, ELASTICIO_API_KEY, and the ids of the flow and the step.",
        ),
        RuntimeErrorSpec(
            "result_not_delivered",
            "ResultNotDelivered",
            "The answer for a form could not be delivered to the platform.",
            "Open the form again; if it goes on, check that ELASTICIO_POST_RESULT_URL can be reached from here.",
            YES,
        ),
        RuntimeErrorSpec(
            "too_slow",
            "TooSlow",
            "The component did not answer a form in time.",
            "If it goes on, check that its service can be reached; PYSAILOR_SERVICE_DEADLINE is how long a form waits.",
            YES,
        ),
        RuntimeErrorSpec(
            "invalid_settings",
            "InvalidSettings",
            "Environment variables are missing or wrong, so the process did not start.",
            "Correct all that the message names; docs/settings.md describes each.",
        ),
        RuntimeErrorSpec(
            "invalid_cipher",
            "InvalidCipher",
            "Messages cannot be encrypted with the settings, so the process did not start.",
            "Set ELASTICIO_MESSAGE_CRYPTO_PASSWORD, and an ELASTICIO_MESSAGE_CRYPTO_IV of 16 bytes.",
        ),
        # the queue
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
            "nothing_listens",
            "NothingListens",
            "No worker tells its metrics at this address.",
            "Start the worker with PYSAILOR_METRICS_PORT; its log names the port that it opened.",
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
}
