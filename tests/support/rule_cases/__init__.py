"""Requests that break and keep the rules of preflight, a module for each module of rules."""

from . import media, messages, model, options, reasoning, schemas, tools

__all__ = ["media", "messages", "model", "options", "reasoning", "schemas", "tools"]
