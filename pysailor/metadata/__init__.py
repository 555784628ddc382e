"""A schema as the platform's mapper reads it, and what it says about a value.

The files are JSON Schema 2020-12 with one twist: `required: true` stands inside each property (platform contract, 6.5).
Only this package knows the twist.
"""

from .explanation import pointer_to
from .schema import BrokenSchema, Schema

__all__ = ["BrokenSchema", "Schema", "pointer_to"]
