"""An answer that came, and that the step is set not to hand on."""

from __future__ import annotations

from .spec import BILLED, YES, ErrorSpec

ANSWER = (
    ErrorSpec(
        "answer_truncated",
        "AnswerTruncated",
        "The answer was cut off: it reached the longest length.",
        "Allow more tokens for the answer, or ask for less. It was paid for.",
    ),
    ErrorSpec(
        "answer_filtered",
        "AnswerFiltered",
        "The provider's content filter cut the answer.",
        "Change the messages. It was paid for.",
    ),
    ErrorSpec(
        "answer_refused",
        "AnswerRefused",
        "The model refused to answer.",
        "Change the messages; result.refusal has the model's words if the step hands refusals on. It was paid for.",
    ),
    ErrorSpec(
        "answer_empty",
        "AnswerEmpty",
        "The answer is empty.",
        "Ask again, or choose another model. It was paid for.",
        YES,
    ),
    ErrorSpec(
        "answer_misfit",
        "AnswerMisfit",
        "The answer is not what the response format asks for.",
        "Allow a repair round in the step, describe the fields better, or choose a larger model. It was paid for.",
        YES,
    ),
    ErrorSpec(
        "answer_broken",
        "AnswerBroken",
        "The answer is not what the request asked for, and nothing of it can be relied on.",
        "Try again; if it goes on, the server does not keep to the API: choose another model or server. "
        "It may have been paid for.",
        BILLED,
    ),
    ErrorSpec(
        "content_flagged",
        "ContentFlagged",
        "The message was flagged as harmful, and the step stops the flow then.",
        "Look at the message; raise the thresholds, or let the step hand flagged messages on, marked.",
    ),
)
