"""One message through one step: checked, processed, checked again, emitted. Every runner calls this."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Generator, Iterator
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

from .component.component import schemas
from .component.fields import bind
from .context import Context, Emit, Keep, Storage, open_in_memory
from .emission import Emission, Invocation, check_message
from .errors import Defect, InvalidInput, InvalidOutput, SailorError, Stopped, describe_unexpected
from .message import Message
from .pool import offload
from .snapshot import CurrentSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from .component.component import Loaded
    from .store.base import Store

__all__ = ["Invocation", "Step"]

_MOST_TOLD = 20
_MOST_REMEMBERED = 1000  # names may come from data, and then there is no end of them


class Step:
    """A function of a component with its settings. Messages may go through it on several threads at once."""

    def __init__(
        self,
        function: Loaded,
        cfg: Mapping[str, Any],
        *,
        snapshot: Any = None,
        flow_variables: Mapping[str, str] | None = None,
        storage: Storage | None = None,
        open_store: Callable[[], Store] = open_in_memory,
    ) -> None:
        """Bind the settings once; raise InvalidConfig if they cannot be used."""
        self.function = function
        self.cfg = bind(function.fields, cfg)
        self.kept = Keep()
        self._process = function.get_function("process")
        self._snapshot = CurrentSnapshot(snapshot)
        self._flow_variables = dict(flow_variables or {})
        self._storage = storage
        self._open_store = open_store
        self._input_schema, self._output_schema = schemas(function, self.cfg, Context(kept=self.kept))
        self._undeclared: set[str] = set()

    def process(self, message: Message, invocation: Invocation) -> None:
        """Process one message; each result is emitted, and safe, before the next is made.

        Raise a SailorError if it fails, of any kind; what the component did not mean to raise becomes a Defect.
        What the monitor raises is raised as it is: that its pipe broke is no defect of the component.
        """
        checked = offload(self.accept, message) if invocation.is_heavy else self.accept(message)
        monitor = Emission(invocation, self._snapshot)
        context = self._build_context(monitor, invocation)
        try:
            result = self._process(checked, self.cfg, self._snapshot.copy(), context)
            if isinstance(result, Message):
                monitor.give_last(self._check(result, context))
            elif result is not None:
                with _closing(result) as messages:
                    for made in messages:
                        monitor.give(self._check(made, context))
        except Stopped as error:
            if error is not monitor.failure and not context.is_stopping:  # it would be brought again, without end
                raise Defect("The component raised Stopped, but its worker does not stop.", of=error) from error
            raise
        except SailorError:
            raise
        except (Exception, SystemExit) as error:  # the author may have erred in any way; the runner must live on
            if error is monitor.failure:
                raise
            context.logger.exception("The component has a defect")
            raise Defect(describe_unexpected(error), of=error) from error

    def accept(self, message: Message) -> Message:
        """Return the message with a body that fits metadata.in, corrected where that is certain; raise InvalidInput."""
        if self._input_schema is None:
            return message
        body, faults = self._input_schema.fit(message.body)
        if faults:
            raise InvalidInput(faults=faults)
        return message if body is message.body else message.with_body(body)

    def context(self, invocation: Invocation) -> Context:
        """Return what the component may use during one invocation."""
        return self._build_context(Emission(invocation, self._snapshot), invocation)

    def close(self) -> None:
        """Close what the component kept between messages."""
        self.kept.close()

    def _build_context(self, emit: Emit, invocation: Invocation) -> Context:
        return Context(
            invocation.logger,
            emit,
            self._flow_variables,
            invocation.deadline,
            self.kept,
            self._storage,
            invocation.message_id,
            invocation.watched,
            invocation.report,
            invocation.run_id,
            invocation.step,
            self._open_store,
            invocation.redelivered,
            invocation.journal,
            invocation.stopping,
        )

    def _check(self, message: Any, context: Context) -> Message:
        """Return what fits metadata.out; raise Defect or InvalidOutput. Members not declared are logged once."""
        if not isinstance(message, Message):
            raise Defect(_not_a_message(message))
        check_message(message)
        output_schema = self._output_schema
        if output_schema is None:
            return message
        if not output_schema.accepts(message.body):
            raise InvalidOutput(faults=output_schema.faults(message.body))
        undeclared = output_schema.find_undeclared(message.body)
        if not undeclared <= self._undeclared:
            self._tell_undeclared(sorted(undeclared - self._undeclared), context)
        return message

    def _tell_undeclared(self, names: list[str], context: Context) -> None:
        """Log names that were not logged before, as long as there is room to remember them."""
        new = names[: _MOST_REMEMBERED - len(self._undeclared)]
        if new:
            self._undeclared |= set(new)
            more = f" and {len(new) - _MOST_TOLD} more" if len(new) > _MOST_TOLD else ""
            told = ", ".join(new[:_MOST_TOLD]) + more
            context.logger.info("The answer has members that metadata.out does not declare: %s", told)


def _not_a_message(made: Any) -> str:
    if isinstance(made, Coroutine):
        made.close()
    if isinstance(made, (Coroutine, AsyncIterator)):
        return "process is async; the runtime calls plain functions, on threads: write def."
    return f"process must return a Message, yield them, or return None; it returned a {type(made).__name__}."


def _closing(result: Any) -> AbstractContextManager[Iterable[Any]]:
    """Return what process returned or yields; what it was about to yield is let go at the end."""
    if isinstance(result, Generator):
        return closing(result)
    return nullcontext(result if isinstance(result, Iterator) else (result,))
