"""What a step asked of a paid service for a message, and what it was answered: nothing is paid for twice unsaid."""

from .call_journal import CallJournal, JournalRules
from .entry import JournalEntry
from .fate import FateUnknown
from .journal import Journal, NoJournal
from .message_journal import MessageJournal

__all__ = ["CallJournal", "FateUnknown", "Journal", "JournalEntry", "JournalRules", "MessageJournal", "NoJournal"]
