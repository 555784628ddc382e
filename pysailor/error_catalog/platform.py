"""What can fail between the process and the platform: its object storage, API, forms and settings."""

from __future__ import annotations

from .spec import YES, RuntimeErrorSpec

PLATFORM = (
    RuntimeErrorSpec(
        "object_storage",
        "ObjectStorageError",
        "The platform's object storage did not hand out or take a large body.",
        "Have the operator look at the storage, if it goes on. The status in the message is the storage's answer.",
        YES,
    ),
    RuntimeErrorSpec(
        "unusable_object",
        "UnusableObject",
        "A large body in the object storage is too large for this worker, or is not a body of this flow.",
        "Send less in one message, or have the operator raise PYSAILOR_OBJECT_SIZE_LIMIT.",
    ),
    RuntimeErrorSpec(
        "no_object_storage",
        "NoObjectStorage",
        "The message's body is in an object storage, and the worker was told of none.",
        "Have the operator set ELASTICIO_OBJECT_STORAGE_URI and ELASTICIO_OBJECT_STORAGE_TOKEN.",
    ),
    RuntimeErrorSpec(
        "platform_api",
        "PlatformApiError",
        "The platform's API did not do what it was asked.",
        "Check ELASTICIO_API_URI, ELASTICIO_API_USERNAME and ELASTICIO_API_KEY; the message has the answer.",
    ),
    RuntimeErrorSpec(
        "platform_unreachable",
        "PlatformUnreachable",
        "The platform's API did not answer, or only with failures, however often it was asked.",
        "If it goes on, check the network and ELASTICIO_API_URI.",
        YES,
    ),
    RuntimeErrorSpec(
        "platform_refused",
        "PlatformRefused",
        "The platform's API refused the request: the user or key is wrong, or it knows no such step.",
        "Check ELASTICIO_API_USERNAME, ELASTICIO_API_KEY, and the ids of the flow and the step.",
    ),
    RuntimeErrorSpec(
        "result_not_delivered",
        "ResultNotDelivered",
        "The answer for a form could not be delivered to the platform.",
        "Open the form again; if it goes on, check that ELASTICIO_POST_RESULT_URL can be reached from here.",
        YES,
    ),
    RuntimeErrorSpec(
        "too_slow",
        "TooSlow",
        "The component did not answer a form in time.",
        "If it goes on, check that its service can be reached; PYSAILOR_SERVICE_DEADLINE is how long a form waits.",
        YES,
    ),
    RuntimeErrorSpec(
        "invalid_settings",
        "InvalidSettings",
        "Environment variables are missing or wrong, so the process did not start.",
        "Correct all that the message names; docs/settings.md describes each.",
    ),
    RuntimeErrorSpec(
        "invalid_cipher",
        "InvalidCipher",
        "Messages cannot be encrypted with the settings, so the process did not start.",
        "Set ELASTICIO_MESSAGE_CRYPTO_PASSWORD, and an ELASTICIO_MESSAGE_CRYPTO_IV of 16 bytes.",
    ),
)
