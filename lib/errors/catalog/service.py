"""How a call to the service fails: refused, unreachable, broken off."""

from __future__ import annotations

from .spec import BILLED, YES, ErrorSpec

SERVICE = (
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
        "cassette_mismatch",
        "RequestNotRecorded",
        "Recorded answers are replayed, and this request was not recorded.",
        "Undo the change that the difference shows, or record again with --record.",
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
        "response_pending",
        "ResponsePending",
        "The service put the answer off: it took the request, and is still making the answer.",
        "Do not send it again, it would be paid for twice. Where the service keeps answers (store), Batch: Collect "
        "takes the id as Response; for long answers set background and store to true from the start.",
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
        "response_not_found",
        "ResponseNotFound",
        "The service knows no such response.",
        "Check the id, and that the key belongs to the project that asked. Without store it is deleted about ten "
        "minutes after it was made: set store to true for what may wait longer.",
    ),
    ErrorSpec(
        "unknown",
        "UnknownError",
        "The service answered in an unknown way.",
        "Show the request id to the provider's support.",
    ),
)
