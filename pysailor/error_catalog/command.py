"""What can fail in any command, and in what --record wrote."""

from __future__ import annotations

from .spec import RuntimeErrorSpec

COMMAND = (
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
    RuntimeErrorSpec(
        "unreadable_file",
        "UnreadableFile",
        "A file that the command names is not there, or may not be read.",
        "Look at its name and at who may read it.",
    ),
    RuntimeErrorSpec(
        "nothing_listens",
        "NothingListens",
        "No worker tells its metrics at this address.",
        "Start the worker with PYSAILOR_METRICS_PORT; its log names the port that it opened.",
    ),
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
)
