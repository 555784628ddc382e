"""Tests that need a process patched for greenlets; `test_greenlets.py` beside this folder runs them in one."""

from __future__ import annotations

from gevent import monkey

if not monkey.is_module_patched("threading"):
    collect_ignore_glob = ["test_*.py"]
