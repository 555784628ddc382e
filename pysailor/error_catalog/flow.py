"""What can fail in a flow, and in its import, export and test."""

from __future__ import annotations

from .spec import YES, RuntimeErrorSpec

FLOW = (
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
        "cannot_resume",
        "CannotResume",
        "A run cannot be taken up where it ended: there is none, or its flow or its input is another one now.",
        "Name a run of .pysailor/runs, and put back what has changed; else start a new run.",
    ),
)
