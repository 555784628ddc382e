"""Every way to fail that this component knows: what it means, what to do, and whether trying again can help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NO, YES, BILLED = "no", "yes", "may have been billed"


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """One way to fail: its stable code, its name, what it means, what to do, and whether trying again can help.

    `again` is NO, YES, or BILLED: it could help, but the lost try may have to be paid for as well. `visitor` is what a
    visitor of a chat reads of it, where a visitor can do something about it.
    """

    code: str
    name: str
    meaning: str
    advice: str
    again: str = NO
    visitor: str = ""


ASK_OPERATOR = "The assistant cannot answer at the moment; whoever runs this chat finds the reason in the log."
TRY_AGAIN = "The assistant is not available just now; try again in a minute."


def visitor_text(code: str, *, retryable: bool) -> str:
    """Return what a visitor of a chat reads of a failure: what a visitor can do, and nothing of the operator's."""
    spec = CATALOG.get(code)
    if spec is not None and spec.visitor:
        return spec.visitor
    return TRY_AGAIN if retryable else ASK_OPERATOR


CATALOG: Mapping[str, ErrorSpec] = {
    spec.code: spec
    for spec in (
        ErrorSpec(
            "bad_key",
            "KeyRefused",
            "The service does not accept the API key.",
            "Copy the key again from the provider's page into the credential; it may have been revoked, "
            "or belong to another organization or server.",
        ),
        ErrorSpec(
            "no_permission",
            "PermissionDenied",
            "The API key is valid but may not do this.",
            "Ask the owner of the account to allow it: the key's permissions, the project, the country or the IP list.",
        ),
        ErrorSpec(
            "quota",
            "QuotaExhausted",
            "The account has no credit left, or has reached its spending limit.",
            "Add credit or raise the limit in the provider's billing settings. Waiting does not help.",
        ),
        ErrorSpec(
            "rate_limit",
            "RateLimited",
            "The service received more requests or tokens in a short time than the account may send.",
            "Wait a moment; send fewer messages at once, or ask the provider for a higher limit.",
            YES,
        ),
        ErrorSpec(
            "slow_down",
            "SlowDown",
            "The traffic grew faster than the service allows.",
            "Lower the number of messages in work at once, and raise it slowly over some minutes.",
            YES,
        ),
        ErrorSpec(
            "too_large_for_limit",
            "RequestTooLarge",
            "This one request is larger than the account's whole limit for a minute.",
            "Shorten the messages or the answer's length, choose another model, or ask for a higher limit.",
            visitor="This message is too long for the assistant; shorten it, or begin a new conversation.",
        ),
        ErrorSpec(
            "model_not_found",
            "ModelNotFound",
            "The service has no such model, or this account may not use it.",
            "Choose another model in the step; the list shows those the credential can use.",
        ),
        ErrorSpec(
            "wrong_endpoint",
            "WrongEndpoint",
            "This model is not offered for what the step asks of it.",
            "Choose a model of the step's own kind: a chat model, one for embeddings, or one for moderation. "
            "A chat model that is offered over the Responses API only needs API set to automatic or to Responses.",
        ),
        ErrorSpec(
            "wrong_address",
            "WrongAddress",
            "What was asked for is not at this address.",
            "Check the Base URL in the credential: it usually ends with /v1. Some servers have no embeddings, "
            "moderation, batches or Responses API.",
        ),
        ErrorSpec(
            "context_length",
            "ContextTooLong",
            "The messages and the longest answer asked for, or one text, do not fit into what the model can read.",
            "Send fewer or shorter messages, lower the answer's length, or choose a model with a larger context.",
            visitor="This conversation has become too long for the assistant; begin a new one.",
        ),
        ErrorSpec(
            "unsupported",
            "UnsupportedField",
            "This model does not take one of the fields that were sent, or not with that value.",
            "Leave the named field out, or choose a model that takes it.",
        ),
        ErrorSpec(
            "content_filter",
            "ContentRefused",
            "The provider's content filter refused the messages.",
            "Change the messages; the same text will be refused again.",
            visitor="The provider's content filter stopped this question; ask in another way.",
        ),
        ErrorSpec(
            "bad_request",
            "RequestRefused",
            "The service found a mistake in the request.",
            "Correct the named field. If everything looks right, the model or the server may not know that field.",
        ),
        ErrorSpec(
            "body_too_large",
            "BodyTooLarge",
            "The request is larger than the server takes.",
            "Send smaller images or files, or fewer of them.",
        ),
        ErrorSpec(
            "conflict",
            "Conflict",
            "Something else was changing the same thing at the same time.",
            "Try again.",
            YES,
        ),
        ErrorSpec(
            "server_timeout",
            "ServerTimeout",
            "The service gave up waiting for the request.",
            "Try again.",
            YES,
        ),
        ErrorSpec(
            "server_error",
            "ServerError",
            "The service failed on its side.",
            "Try again later; if it goes on, look at the provider's status page.",
            YES,
        ),
        ErrorSpec(
            "overloaded",
            "Overloaded",
            "The service has more to do than it can.",
            "Try again in some minutes, with fewer messages at once.",
            YES,
        ),
        ErrorSpec(
            "model_loading",
            "ModelLoading",
            "The server is still loading the model.",
            "Try again in a minute, or keep the model loaded on the server.",
            YES,
        ),
        ErrorSpec(
            "redirected",
            "Redirected",
            "The address answers that the service has moved.",
            "Put the new address into the credential's Base URL. A paid request is never sent on by itself.",
        ),
        ErrorSpec(
            "unreachable",
            "Unreachable",
            "No connection to the service could be made.",
            "Check the network, the proxy and the Base URL in the credential.",
            YES,
        ),
        ErrorSpec(
            "untrusted",
            "CertificateRefused",
            "The server's certificate could not be verified.",
            "Check the Base URL; behind a company proxy, set REQUESTS_CA_BUNDLE to its certificate file.",
        ),
        ErrorSpec(
            "dropped",
            "ConnectionDropped",
            "The connection broke before an answer came.",
            "Try again; the provider may have counted the broken try.",
            YES,
        ),
        ErrorSpec(
            "timeout",
            "AnswerTimeout",
            "The answer did not come in time; the provider may still bill it.",
            "Allow more time in the step, ask for a shorter answer, or let the step try again after a time-out.",
            BILLED,
        ),
        ErrorSpec(
            "cut_off",
            "AnswerCutOff",
            "The connection broke in the middle of the answer; the provider may still bill it.",
            "Try again if paying twice is acceptable.",
            BILLED,
            visitor="The answer broke off; try again.",
        ),
        ErrorSpec(
            "response_cancelled",
            "ResponseCancelled",
            "The answer was cancelled at the service before it was finished.",
            "Somebody cancelled it by its id, or its time in the background ended; send the request again if it is "
            "still wanted. What was made until then may be billed.",
        ),
        ErrorSpec(
            "cancelled",
            "Cancelled",
            "The call was stopped.",
            "Nothing is wrong; what had been answered until then may still be billed.",
        ),
        ErrorSpec(
            "unreadable",
            "UnreadableAnswer",
            "What came back is not an answer of the API.",
            "Check the Base URL in the credential: a web page or a proxy may stand there.",
        ),
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
            "response_not_found",
            "ResponseNotFound",
            "The service knows no such response.",
            "Check the id, and that the key belongs to the project that asked. Without store it is deleted about ten "
            "minutes after it was made: set store to true for what may wait longer.",
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
            "content_flagged",
            "ContentFlagged",
            "The message was flagged as harmful, and the step stops the flow then.",
            "Look at the message; raise the thresholds, or let the step hand flagged messages on, marked.",
        ),
        ErrorSpec(
            "address_refused",
            "AddressRefused",
            "An attachment lies in a network that flows may not reach.",
            "Use a public address, or ask the operator of the component to set CHATGPT_ALLOW_PRIVATE_URLS.",
        ),
        ErrorSpec(
            "attachment_not_there",
            "NotThere",
            "No attachment has this name, or nothing usable is at its address.",
            "Compare the name with those of the incoming message's attachments, or open the address in a browser.",
        ),
        ErrorSpec(
            "attachment_wrong_kind",
            "WrongKind",
            "An attachment is something else than the message says.",
            "Put it into a part of the right kind (picture, file or recording), or send it in another format.",
            visitor="One of the attachments is of a kind that the assistant cannot read; send a picture or a PDF file.",
        ),
        ErrorSpec(
            "attachment_too_large",
            "TooLarge",
            "An attachment is larger than may be sent.",
            "Make it smaller, or send fewer of them with one message.",
            visitor="The attachments are too large for the assistant; send fewer, or smaller ones.",
        ),
        ErrorSpec(
            "attachment_not_fetched",
            "NotFetched",
            "An attachment could not be fetched.",
            "Try again later; if it goes on, check its address and the network between.",
            YES,
        ),
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
        ),
        ErrorSpec(
            "budget_spent",
            "BudgetSpent",
            "The request was not sent: what is left of a budget that several messages share is less than it can cost.",
            "Wait until the budget begins anew, as the message says, raise it, or raise it for now with "
            "pysailor budget set.",
        ),
        ErrorSpec(
            "budget_unreadable",
            "BudgetUnreadable",
            "What is kept of a budget cannot be read, so the request was not sent.",
            "Ask the operator of the component to look at the store that PYSAILOR_JOURNAL names.",
        ),
        ErrorSpec(
            "conversation_busy",
            "ConversationBusy",
            "Another question of the same conversation is being answered.",
            "Try again in a moment, or let the step wait.",
            YES,
            visitor="Another message of this conversation is still being answered. Send "
            "this one again when that is done.",
        ),
        ErrorSpec(
            "turn_lost",
            "TurnLost",
            "The conversation went on without this question, or was deleted; its answer was not kept.",
            "Ask again. The answer may have been paid for.",
            YES,
            visitor="The conversation went on elsewhere, or was deleted, before this "
            "answer could be kept; send the message again.",
        ),
        ErrorSpec(
            "turn_too_large",
            "TurnTooLarge",
            "The question and its answer are larger than a conversation keeps.",
            "Send smaller pictures or texts, or switch the memory off.",
            visitor="This message is too large to be kept; send a smaller one.",
        ),
        ErrorSpec(
            "conversation_store_unavailable",
            "StoreUnavailable",
            "The place where conversations are kept does not answer.",
            "Ask the operator of the component to look at CHATGPT_CONVERSATIONS.",
            YES,
            visitor="Conversations cannot be read or kept just now; try again in a minute.",
        ),
        ErrorSpec(
            "bad_token",
            "TokenRefused",
            "The chat's token is wrong or missing.",
            "Ask the operator of the chat for the token.",
        ),
        ErrorSpec(
            "bad_conversation",
            "ConversationRefused",
            "The id of the conversation cannot be used.",
            "Open the page without it; a new conversation begins.",
        ),
        ErrorSpec(
            "bad_address",
            "ChatAddressRefused",
            "The page's address asks for what the chat's settings do not allow, or lacks a part that they ask for.",
            "Correct the address as the message says.",
        ),
        ErrorSpec(
            "no_key",
            "NoKey",
            "The chat has no API key to ask with.",
            "Add it to the address, or have the operator of the chat set OPENAI_API_KEY.",
        ),
        ErrorSpec(
            "full",
            "ChatFull",
            "No further page can be served just now.",
            "Close other pages of this chat, or try again later.",
            YES,
        ),
        ErrorSpec(
            "hook_failed",
            "HookFailed",
            "One of the Python functions that the chat's settings name failed.",
            "Its traceback is in the chat's log; correct the function.",
            visitor="The assistant cannot answer this just now; whoever runs this chat finds the reason in the log.",
        ),
        ErrorSpec(
            "internal",
            "ChatDefect",
            "The chat server itself failed.",
            "Its traceback is in the chat's log.",
            visitor="The server made a mistake; whoever runs this chat finds it in the log.",
        ),
        ErrorSpec(
            "not_text",
            "NotText",
            "A frame was binary.",
            "Send text frames.",
        ),
        ErrorSpec(
            "not_understood",
            "NotUnderstood",
            "A frame is not valid in the JSON protocol of the chat.",
            "Send what docs/chat.md describes, or use the plain text protocol.",
        ),
        ErrorSpec(
            "too_long",
            "MessageTooLong",
            "The message has more bytes than the chat takes.",
            "Shorten it.",
        ),
        ErrorSpec(
            "attachments_off",
            "AttachmentsOff",
            "A picture or file came to a chat that takes none.",
            "Leave it out; the operator of the chat can allow attachments in its settings.",
        ),
        ErrorSpec(
            "too_many_attachments",
            "TooManyAttachments",
            "More pictures and files came with one message than the chat takes.",
            "Send fewer of them with one message.",
        ),
        ErrorSpec(
            "attachment_not_kept",
            "AttachmentNotKept",
            "A question was to be asked again whose attachments were too large to be kept.",
            "Add them again and ask anew.",
        ),
        ErrorSpec(
            "too_fast",
            "TooFast",
            "More messages came in a minute than one address may send.",
            "Wait a little; the operator of the chat can allow more.",
            YES,
        ),
        ErrorSpec(
            "too_many",
            "TooManyQuestions",
            "Too many questions of one page wait for an answer.",
            "Wait for an answer, then ask again.",
            YES,
        ),
        ErrorSpec(
            "busy",
            "AnswerUnderWay",
            "An answer is being made, and only one can be.",
            "Stop it, or wait for its end.",
            YES,
        ),
        ErrorSpec(
            "nothing_to_retry",
            "NothingToRetry",
            "Nothing was asked yet that could be asked again.",
            "Ask something first.",
        ),
        ErrorSpec(
            "stopping",
            "ChatStopping",
            "The chat server is being stopped.",
            "Open the page again in a moment.",
            YES,
        ),
        ErrorSpec(
            "no_answer",
            "NoAnswer",
            "The server that a visitor of the chat chose did not answer, or may not be reached.",
            "Check the url and the key in the page's address; the chat's log has the reason.",
        ),
        ErrorSpec(
            "unknown",
            "UnknownError",
            "The service answered in an unknown way.",
            "Show the request id to the provider's support.",
        ),
    )
}
