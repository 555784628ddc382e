"""What the command line calls the servers that answer without a key."""

from __future__ import annotations

SANDBOX = "the sandbox (a program that behaves like the API, not a model)"
EMBEDDED_MODEL = "the embedded model (SmolLM2 135M, a toy: expect odd answers)"
