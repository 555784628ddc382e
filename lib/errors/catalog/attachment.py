"""An attachment that cannot be sent with a message."""

from __future__ import annotations

from .spec import YES, ErrorSpec

ATTACHMENT = (
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
)
