"""The shapes of what a component hands to its runtime: functions, modules, results.

A component needs none of these at run time; they are for its type checker, and `pysailor lint` takes from them how
many arguments each function gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

from .values import frozen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from .context import Context
    from .errors import Fault
    from .message import HttpRequest, Message


@frozen
class CheckResult:
    """What `check` returns: errors keep the message from being sent, warnings do not. Pointers lead into the body."""

    errors: Sequence[Fault] = ()
    warnings: Sequence[Fault] = ()


class Findings(Protocol):
    """What the runtime reads of the result of `check`: a CheckResult, or a component's own value like it."""

    @property
    def errors(self) -> Sequence[Fault]: ...
    @property
    def warnings(self) -> Sequence[Fault]: ...


class ProcessFunction(Protocol):
    """`process`: return a message to emit it, yield messages to emit several, return None to emit nothing."""

    def __call__(
        self, msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context, /
    ) -> Message | Iterator[Message] | None: ...


class ModelFunction(Protocol):
    """A select field's model: the choices, value to label."""

    def __call__(self, cfg: Mapping[str, Any], ctx: Context, /) -> Mapping[str, str]: ...


class MetaModelFunction(Protocol):
    """`get_meta_model`: `{"in", "out"}` for these settings."""

    def __call__(self, cfg: Mapping[str, Any], ctx: Context, /) -> Mapping[str, Any]: ...


class CheckFunction(Protocol):
    """`check`: what is wrong with a message, found without sending anything."""

    def __call__(self, msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context, /) -> Findings: ...


class PreviewFunction(Protocol):
    """`preview`: the request that `process` would send."""

    def __call__(self, msg: Message, cfg: Mapping[str, Any], ctx: Context, /) -> HttpRequest: ...


class AddressFunction(Protocol):
    """`address`: where the step listens for requests with these settings, as a URL; "" where it does not listen."""

    def __call__(self, cfg: Mapping[str, Any], /) -> str: ...


class InitFunction(Protocol):
    """`init`: called before the first message of each worker."""

    def __call__(self, cfg: Mapping[str, Any], ctx: Context, /) -> None: ...


class StartupFunction(Protocol):
    """`startup`: called once when a flow starts; the platform keeps what it returns, a JSON object."""

    def __call__(self, cfg: Mapping[str, Any], ctx: Context, /) -> Any: ...


class ShutdownFunction(Protocol):
    """`shutdown`: called once when a flow stops, with what `startup` returned."""

    def __call__(self, cfg: Mapping[str, Any], started: Any, ctx: Context, /) -> None: ...


class VerifyFunction(Protocol):
    """`verify`: raises InvalidCredentials, with the reason, if the credential cannot be used."""

    def __call__(self, cfg: Mapping[str, Any], ctx: Context, /) -> Any: ...


class Action(Protocol):
    """The module of an action: `process`, and those of OPTIONAL_FUNCTIONS that it has a use for."""

    @property
    def process(self) -> ProcessFunction: ...


Trigger = Action
"""The module of a trigger: called like an action, with an empty body when the platform's clock starts it."""


class Verifier(Protocol):
    """The module that `credentials.verifier` names."""

    @property
    def verify(self) -> VerifyFunction: ...


class Explanation(Protocol):
    """What there is to know about an error's code; `again` says whether trying again can help."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def meaning(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def again(self) -> str: ...


class Command(Protocol):
    """A command that a component adds to `pysailor`: a module, or what looks like one."""

    @property
    def HELP(self) -> str: ...  # noqa: N802 - a constant of the module
    @property
    def EPILOG(self) -> str: ...  # noqa: N802 - as above

    def declare(self, parser: argparse.ArgumentParser, /) -> None:
        """Add the command's arguments."""

    def run(self, args: argparse.Namespace, /) -> int:
        """Run the command; return the exit code."""


class FunctionCommand(Protocol):
    """A command that takes one message through a function and prints the answer's text."""

    @property
    def HELP(self) -> str: ...  # noqa: N802 - a constant of the module
    @property
    def EPILOG(self) -> str: ...  # noqa: N802 - as above
    @property
    def FUNCTION(self) -> str: ...  # noqa: N802 - as above

    def declare(self, parser: argparse.ArgumentParser, /) -> None:
        """Add the command's own arguments; --cfg, --body, --attach, --json and --dry-run come by themselves."""

    def body(self, args: argparse.Namespace, /) -> Any:
        """Return the message's body, None if the arguments make none: then standard input does."""


class Server(Protocol):
    """A server on this machine that answers in place of the real service; made with the number of a port, 0 for any.

    It may have `UNUSED`: the settings that it takes and does not heed, which the command line then says.
    """

    title: str

    @staticmethod
    def unavailable() -> str | None:
        """Return why it cannot be used here, None if it can."""

    def cfg(self, scenario: str | None = None, /) -> Mapping[str, str]:
        """Return the settings that lead to it."""

    def start(self) -> Self:
        """Start to listen."""

    def wait(self) -> None:
        """Return when it ends."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class CommandLine(Protocol):
    """`lib/cli.py`, with all that it can have; each of these may be missing.

    * `ENVIRONMENT`: environment variables, and the field that each fills
    * `COMMANDS`: commands by name
    * `EXPLANATIONS`: errors by code, for `pysailor explain` and the documentation's tables
    * `ERROR_FAMILIES`: the same explanations by a heading for each family; `pysailor explain` lists them so
    * `recognize(text)`: the codes that a status, a code or words of the service can mean, the likeliest first
    * `SERVERS`: classes of servers by name; each is a command of that name, with its `help` as help
    * `servers_for(cfg, scenario)`: the names of the servers that may answer for these settings (and the defaults of the
      step's own fields), the best first
    * `SCENARIOS`: what a server can be asked to do instead of answering well
    * `ADDRESS_FIELDS`: the fields that hold an address of the service, where recording and replaying step in; without
      it, all fields that hold an address
    * `HOW_TO_GO_LIVE`: what to set so that the real service answers
    * `WORDS_HERE`: phrases of the component's messages that speak of the platform's forms, and what to say instead
    * `body_of(function, text)`: the body that a plain text makes, None if it makes none
    * `attach(function, body, kinds)`: the body with the message's attachments in it, by name and media type
    * `text_of(function, body)`: the text of an emitted answer, None if it has none
    * `doubts_of(function, body)`: what somebody who sees the text alone must know of it
    * `summarize(bodies)`: what emitted messages took, tokens and cost, in a few words
    """

    ENVIRONMENT: Mapping[str, str]
    COMMANDS: Mapping[str, Command | FunctionCommand]
    EXPLANATIONS: Mapping[str, Explanation]
    ERROR_FAMILIES: Mapping[str, Sequence[Explanation]]
    SERVERS: Mapping[str, Any]
    SCENARIOS: Mapping[str, Any]
    ADDRESS_FIELDS: Sequence[str]
    HOW_TO_GO_LIVE: str
    WORDS_HERE: Mapping[str, str]

    def recognize(self, text: str, /) -> Sequence[str]: ...
    def servers_for(self, cfg: Mapping[str, Any], scenario: str | None, /) -> Sequence[str]:
        """Return the names of the servers that may answer, the best first; none if cfg leads to the real service."""

    def body_of(self, function: str, text: str, /) -> Any:
        """Return the body that a plain text makes, None if it makes none."""

    def attach(self, function: str, body: Any, kinds: Mapping[str, str], /) -> Any:
        """Return the body with the message's attachments in it, which are given by name and media type."""

    def text_of(self, function: str, body: Any, /) -> str | None:
        """Return the text of an emitted answer, None if it has none."""

    def doubts_of(self, function: str, body: Any, /) -> Sequence[str]:
        """Return what somebody who sees the text alone must know of it, such as that it broke off."""

    def summarize(self, bodies: Sequence[Any], /) -> str:
        """Return what emitted messages took, "" if they do not tell."""


OPTIONAL_FUNCTIONS: Mapping[str, type] = {
    "check": CheckFunction,
    "preview": PreviewFunction,
    "address": AddressFunction,
    "get_meta_model": MetaModelFunction,
    "init": InitFunction,
    "startup": StartupFunction,
    "shutdown": ShutdownFunction,
}
"""The functions that a module may have besides `process` and the models of its fields."""
