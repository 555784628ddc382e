"""What can fail in a step with one message."""

from __future__ import annotations

from .spec import YES, RuntimeErrorSpec

STEP = (
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
)
