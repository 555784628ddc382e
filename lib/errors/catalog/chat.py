"""How the chat server turns down a page or a frame."""

from __future__ import annotations

from .spec import YES, ErrorSpec

CHAT = (
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
)
