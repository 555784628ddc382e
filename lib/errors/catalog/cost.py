"""A request that was not sent for what it would cost, or because its tokens cannot be counted."""

from __future__ import annotations

from .spec import YES, ErrorSpec

COST = (
    ErrorSpec(
        "no_tokenizer",
        "NoTokenizer",
        "Text was to be turned into token ids, and the tokenizer is not installed.",
        "Give token ids instead of text, or ask the operator of the component to install its extra tokens.",
    ),
    ErrorSpec(
        "over_budget",
        "OverBudget",
        "The request was not sent: at worst it would cost more than the step allows.",
        "Lower the longest answer, shorten the input, or raise the maximum cost.",
        visitor="This question may cost more than this chat allows; ask a shorter one, or begin a new conversation.",
    ),
    ErrorSpec(
        "budget_spent",
        "BudgetSpent",
        "The request was not sent: what is left of a budget that several messages share is less than it can cost.",
        "Wait until the budget begins anew, as the message says, raise it, or raise it for now with "
        "pysailor budget set.",
    ),
    ErrorSpec(
        "budget_held",
        "BudgetHeld",
        "The request was not sent yet: calls under way hold what is left of a budget that several messages share.",
        "Nothing needs to be done: it is sent when they have ended. If there are many, raise the budget.",
        YES,
        visitor="Other answers are being made, and what this chat may cost allows no more until they end; ask again in "
        "a minute.",
    ),
    ErrorSpec(
        "budget_unreadable",
        "BudgetUnreadable",
        "What is kept of a budget cannot be read, so the request was not sent.",
        "Ask the operator of the component to look at the store that PYSAILOR_JOURNAL names.",
    ),
)
