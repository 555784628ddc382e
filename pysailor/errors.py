"""What can go wrong, by what happens next.

SailorError
├── StepError            this message fails: an error message is published, the input is rejected
│   ├── InvalidConfig    the step's or the credential's settings are wrong: every message would fail
│   ├── InvalidInput     this message's body is wrong: trying it again cannot help
│   ├── InvalidOutput    what came back breaks what the step promises to the next one
│   ├── StoreUnavailable the store of the journal and the budgets cannot be reached, or has no room
│   └── Defect           the component did what it never should: its author must mend it
├── Rebound              not now: the platform brings the same message again later
├── Stopped              the worker stops: the message goes back to its queue, neither done nor failed
├── InvalidCredentials   verify() says no, and why
├── BrokenComponent      component.json or a file that it names cannot be used: the process cannot start
└── InvalidSettings      the environment does not say what the process needs to know: it cannot start
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable


def escape_halves(text: str) -> str:
    """Return the text with half characters (lone surrogates), which nothing can print, as they are written in JSON."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


@frozen
class Fault:
    """One thing that is wrong: where (JSON pointer, "" is the whole), and what was found and what is allowed."""

    pointer: str
    message: str

    def __str__(self) -> str:
        """Return the line that a person reads."""
        return escape_halves(f"{self.pointer}: {self.message}" if self.pointer else self.message)

    def to_json(self) -> dict[str, str]:
        """Return `{"pointer", "message"}`."""
        return {name: escape_halves(text) for name, text in asdict(self).items()}


class SailorError(Exception):
    """Raised on purpose, by this runtime or by a component. Its text is a sentence for a person."""

    code = "error"
    """A stable word for programs."""

    @property
    def shown_name(self) -> str:
        """The name that a flow's error handler branches on."""
        return type(self).__name__

    def __str__(self) -> str:
        """Return the sentence, which can be printed and sent whatever it quotes."""
        return escape_halves(self.sentence())

    def sentence(self) -> str:
        """Return what is shown: what it was raised with, unless an error says it in another way."""
        return super().__str__()

    def to_json(self) -> dict[str, Any]:
        """Return what a program needs to know: at least `name`, `code` and `message`."""
        return {"name": self.shown_name, "code": self.code, "message": str(self)}


class StepError(SailorError):
    """This message fails."""

    code = "step_failed"
    retryable = False
    """Whether the same message may succeed later, unchanged."""

    def to_json(self) -> dict[str, Any]:
        """Add whether trying again can help."""
        return {**super().to_json(), "retryable": self.retryable}


class _Faulty(StepError):
    def __init__(self, message: str = "", *, pointer: str = "", faults: Iterable[Fault] = ()) -> None:
        self.faults = tuple(faults) or (Fault(pointer, message),)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def to_json(self) -> dict[str, Any]:
        """Add the faults, one by one."""
        return {**super().to_json(), "faults": [fault.to_json() for fault in self.faults]}


class InvalidConfig(_Faulty):
    """The step's or the credential's settings are wrong; pointers lead into cfg."""

    code = "invalid_config"


class InvalidInput(_Faulty):
    """The message's body is wrong; pointers lead into the body."""

    code = "invalid_input"


class InvalidOutput(_Faulty):
    """What came back breaks the promise made in metadata.out; pointers lead into the answer."""

    code = "invalid_output"


class Defect(StepError):
    """The component did what it never should; the log has the traceback, its author the work.

    `of` is what it raised without meaning to: the flow sees the name of that class.
    """

    code = "defect"

    def __init__(self, message: str = "", *, of: BaseException | None = None) -> None:
        super().__init__(message)
        self._name = type(self if of is None else of).__name__

    @property
    def shown_name(self) -> str:
        """The name of what was raised."""
        return self._name


class StoreUnavailable(StepError):
    """The store that PYSAILOR_JOURNAL names cannot be reached, or has no room; what was to be kept is not."""

    code = "store_unavailable"
    retryable = True


class Rebound(SailorError):
    """Not now. The platform brings the same message again, after a while that doubles each time: 15 s, 30 s, 1 min.

    It rests for at most `longest` seconds, None for however long that becomes. `code` is what stands in the way, as an
    error would have it (`quota`, `store_unavailable`): log and metrics know the message by it, for its text may quote.
    """

    code = "rebound"

    def __init__(self, message: str = "", *, longest: float | None = None, code: str = "") -> None:
        self.longest = longest
        self.code = code or self.code
        super().__init__(message)


class Stopped(SailorError):
    """The worker stops before the message is done: it goes back to its queue, neither done nor failed.

    For a step that waits and hears that its worker stops (`ctx.is_stopping`); what it emitted by then is sent.
    """

    code = "stopped"


class InvalidCredentials(SailorError):
    """The credential cannot be used; the text says why and what to do."""

    code = "invalid_credentials"


class BrokenComponent(SailorError):
    """component.json, or a file that it names, cannot be used."""

    code = "broken_component"


class UnreadableFile(SailorError):
    """A file that a command names is not there, or cannot be read."""

    code = "unreadable_file"


class InvalidSettings(SailorError):
    """The environment does not say what the process needs to know; it cannot start."""

    code = "invalid_settings"


def describe_unexpected(error: BaseException) -> str:
    """Return the sentence for an error that the component's author did not mean for anybody to read."""
    try:
        text = f": {error}".removesuffix(": ")
    except Exception:  # noqa: BLE001 - an error of the component's own making may fail to describe itself
        text = ""
    return f"The component failed in a way that its author did not foresee. It raised {type(error).__name__}{text}"


def describe_kind(value: object) -> str:
    """Return what a function of a component returned, where something else was expected, without its content."""
    return "nothing" if value is None else f"a value of type {type(value).__name__}"
