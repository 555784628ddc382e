"""Whether a component's functions can be called as the runtime calls them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ..contract import OPTIONAL_FUNCTIONS, ModelFunction, ProcessFunction
from ..errors import BrokenComponent, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from ..component.component import Component
    from ..component.descriptor import Function


def find_in_code(at: str, component: Component, declared: Function) -> Iterator[Fault]:
    """Yield what is wrong with the functions of a module: the runtime calls each with what its protocol says."""
    try:
        module = component.module(declared.main)
    except BrokenComponent as error:
        yield Fault(f"{at}/main", str(error))
        return
    for name in ("process", *(("get_meta_model",) if declared.dynamic_metadata else ())):
        if not hasattr(module, name):
            yield Fault(f"{at}/main", f"{declared.main} has no function {name}")
    for name, protocol in {"process": ProcessFunction, **OPTIONAL_FUNCTIONS}.items():
        yield from find_in_call(f"{at}/main", name, getattr(module, name, None), protocol)
    yield from _find_in_models(at, module, declared)


def _find_in_models(at: str, module: ModuleType, declared: Function) -> Iterator[Fault]:
    for field in declared.fields:
        if isinstance(field.model, str):
            here, model = f"{at}/fields/{field.name}/model", getattr(module, field.model, None)
            if model is None:
                yield Fault(here, f"{declared.main} has no function {field.model}")
            yield from find_in_call(here, field.model, model, ModelFunction)


def find_in_call(at: str, name: str, function: Any, protocol: type) -> Iterator[Fault]:
    """Yield what keeps a function from being called as the runtime does; nothing for one that is not there."""
    if function is None:
        return
    if not callable(function):
        yield Fault(at, f"{name} is not a function")
        return
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield Fault(at, f"{name} is async; the runtime calls plain functions, on threads: write def")
    elif inspect.isgeneratorfunction(function) and protocol is not ProcessFunction:
        yield Fault(at, f"{name} yields; only process may, this one returns its result")
    wanted = _arguments(protocol)
    try:
        inspect.signature(function).bind(*wanted)
    except TypeError:
        yield Fault(at, f"{name}{inspect.signature(function)} cannot be called with ({', '.join(wanted)})")
    except ValueError:  # written in C: it does not say what it takes
        return


def _arguments(protocol: Any) -> list[str]:
    return list(inspect.signature(protocol.__call__).parameters)[1:]
