"""What the codes of services mean: those that decide alone, and those that can mean much."""

from __future__ import annotations

import re
from typing import Final

_PRECISE: Final = {
    "bad_key": (
        *("invalid_api_key", "incorrect_api_key", "authentication_error", "invalid_authentication", "unauthenticated"),
        *("api_key_invalid", "invalid_key", "expired_api_key", "token_expired", "unrecognized_client"),
        *("invalid_iam_token", "invalid_token", "missing_api_key", "no_api_key"),
    ),
    "quota": (
        *("insufficient_quota", "credit_balance_exhausted", "organization_usage_limit_exceeded"),
        *("organization_spend_limit_exceeded", "project_spend_limit_exceeded", "billing_hard_limit_reached"),
        *("insufficient_balance", "insufficient_credits", "insufficient_user_quota", "billing_error", "arrearage"),
        *("billing_not_active", "payment_required", "budget_exceeded", "account_overdue", "exceeded_current_quota"),
        *("insufficient_funds", "quota_exhausted", "credits_exhausted", "out_of_credits", "token_quota_reached"),
    ),
    "model_not_found": (
        *("model_not_found", "deploymentnotfound", "model_not_exist", "invalid_model", "unknown_model"),
        *("no_such_model", "model_not_supported", "model_decommissioned", "model_deprecated", "model_not_available"),
        *("model_does_not_exist", "invalid_model_id"),
    ),
    "context_length": (
        *("context_length_exceeded", "context_window_exceeded", "exceed_context_size_error", "string_above_max_length"),
        *("max_tokens_exceeded", "prompt_too_long", "context_too_long", "contextwindowexceedederror"),
        "tokens_limit_reached",
    ),
    "unsupported": (
        *("unsupported_parameter", "unsupported_value", "unknown_parameter", "unsupported_params", "extra_forbidden"),
        *("image_not_supported", "unsupported_media", "unsupported_params_error"),
    ),
    "content_filter": (
        *("content_filter", "content_policy_violation", "data_inspection_failed", "responsible_ai_policy_violation"),
        *("moderation_blocked", "content_moderation", "content_blocked", "prompt_blocked", "sensitive_content"),
        *("input_moderation", "moderation_error", "safety", "prohibited_content", "cyber_policy_violation"),
        *("guardrail_violation", "guardrails_violation", "contentpolicyviolation"),
        *("bio_policy", "misalignment_policy_violation", "image_content_policy_violation"),
    ),
    "no_permission": ("unsupported_country_region_territory",),
    "slow_down": ("slow_down",),
    "overloaded": (
        *("server_is_overloaded", "overloaded_error", "engine_overloaded_error", "engine_overloaded", "overloaded"),
        *(
            "capacity_exceeded",
            "no_capacity",
            "service_tier_capacity_exceeded",
            "model_overloaded",
            "model_at_capacity",
        ),
    ),
    "model_loading": ("model_loading", "model_not_ready"),
    "body_too_large": (
        *("request_too_large", "payload_too_large", "entity_too_large", "request_entity_too_large"),
        *("image_too_large", "image_file_too_large"),
    ),
    "server_timeout": ("vector_store_timeout",),
    "wrong_address": ("unknown_url",),
    "cassette_mismatch": ("cassette_mismatch",),
}
_VAGUE: Final = {
    "bad_request": (
        *("invalid_prompt", "invalid_image", "invalid_image_format", "invalid_base64_image", "invalid_image_url"),
        *("image_too_small", "image_parse_error", "invalid_image_mode", "empty_image_file", "image_file_not_found"),
        *("failed_to_download_image", "unsupported_image_media_type", "data_residency_mismatch"),
    ),
    "rate_limit": (
        *("rate_limit_exceeded", "rate_limit_error", "rate_limited", "too_many_requests", "throttling"),
        *("throttling_exception", "resource_exhausted", "rate_limit", "rate_limit_reached_error", "requests_exceeded"),
        "1302",
    ),
    "server_error": ("server_error", "internal_error", "internal_server_error", "internal", "api_error"),
    "overloaded": ("unavailable", "unavailable_error", "service_unavailable"),
    "no_permission": ("permission_denied", "access_denied", "forbidden", "permission_error"),
}


def normalize(code: str) -> str:
    """Return a code as the tables have it: without capitals, signs and a closing `exception`."""
    return re.sub(r"[^a-z0-9]", "", code.lower()).removesuffix("exception")


BY_PRECISE_CODE: Final = {normalize(code): name for name, codes in _PRECISE.items() for code in codes}
BY_VAGUE_CODE: Final = {normalize(code): name for name, codes in _VAGUE.items() for code in codes}
