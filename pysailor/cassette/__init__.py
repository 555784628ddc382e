"""Record and replay: what a step asked over HTTP and what it got, kept in files that people can read.

The runtime stands between a component and its service: it listens on this machine, and the settings that hold the
service's address lead to it. It knows nothing of the service.
"""

from .tape import CassetteMismatch, Tape, open_tape

__all__ = ["CassetteMismatch", "Tape", "open_tape"]
