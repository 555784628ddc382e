"""How a batch fails, as a whole and in one of its lines."""

from __future__ import annotations

from .spec import BILLED, YES, ErrorSpec

BATCH = (
    ErrorSpec(
        "batch_failed",
        "BatchRefused",
        "The service refused the file of the batch; nothing was run or billed.",
        "Correct the lines that it names, and submit the batch again.",
    ),
    ErrorSpec(
        "batch_queue_full",
        "BatchQueueFull",
        "Too many tokens of this account wait in batches already; nothing was run or billed.",
        "Submit the batch again once one of the others has ended, or split it.",
        YES,
    ),
    ErrorSpec(
        "batch_expired",
        "BatchExpired",
        "The service made the batch and let it expire at once; no answer is to be expected of it.",
        "Send the message again: Batch: Collect then tells which of its lines may be submitted anew.",
    ),
    ErrorSpec(
        "batch_cancelled",
        "BatchCancelled",
        "The service made the batch and cancelled it at once; no answer is to be expected of it.",
        "Find out on the provider's page who cancels batches. Send the message again: Batch: Collect then tells which "
        "of its lines may be submitted anew.",
    ),
    ErrorSpec(
        "batch_unsure",
        "BatchUnsure",
        "Whether the batch was created is not known: the answer was lost, and the list of batches did not come.",
        "Send the same message again: a batch that is there is found, not made twice. If it goes on, look on the "
        "provider's page.",
        YES,
    ),
    ErrorSpec(
        "batch_not_found",
        "BatchNotFound",
        "The service knows no such batch.",
        "Check the id, and that the key belongs to the project that submitted it; old batches are deleted.",
    ),
    ErrorSpec(
        "batch_file_unreadable",
        "BatchFileUnreadable",
        "The batch has ended and is paid for, but a file of its answers cannot be read.",
        "Collect it again later, or fetch the files by their ids from the provider's page; they are kept for up to "
        "30 days.",
    ),
    ErrorSpec(
        "batch_file_too_slow",
        "BatchFileTooSlow",
        "The batch has ended and is paid for, but a file of its answers did not come whole within the time limit.",
        "Raise the time limit of the step, then send the message again; the files are kept for up to 30 days.",
        YES,
    ),
    ErrorSpec(
        "batch_no_space",
        "BatchNoSpace",
        "There is no room on the disk for the file of the batch.",
        "Have the operator make room where temporary files go (TMPDIR), then send the message again.",
        YES,
    ),
    ErrorSpec(
        "batch_line_expired",
        "BatchLineExpired",
        "The day that a batch may take was over before this line was answered; it was not billed.",
        "Submit the line again.",
        YES,
    ),
    ErrorSpec(
        "batch_line_cancelled",
        "BatchLineCancelled",
        "The batch was cancelled before this line was answered; it was not billed.",
        "Submit the line again if it is still wanted.",
        YES,
    ),
    ErrorSpec(
        "batch_line_timeout",
        "BatchLineTimeout",
        "The service did not finish this line of the batch in its time.",
        "Submit the line again; ask for a shorter answer if it goes on.",
        YES,
    ),
    ErrorSpec(
        "batch_line_lost",
        "BatchLineLost",
        "The batch has ended, and this line is neither among its answers nor among its errors.",
        "Submit the line again; whether it was billed, only the provider's page tells.",
        BILLED,
    ),
    ErrorSpec(
        "batch_line_unreadable",
        "BatchLineUnreadable",
        "A line of the batch's files cannot be read; it may be paid for.",
        "Fetch the file by its id from the provider's page; the summary message names it.",
    ),
    ErrorSpec(
        "batch_line_unknown",
        "BatchLineUnknown",
        "An answer of the batch names no line that was sent, so whose it is, nobody can tell; it may be paid for.",
        "What came is in raw; the lines that have no answer are emitted as lost.",
    ),
)
