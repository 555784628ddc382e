"""Tests that come with the runtime: what any component must pass."""
