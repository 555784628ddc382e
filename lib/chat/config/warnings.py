"""What the operator should know about the models that a file names. Pure, but for the table of models that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...api.connection import Connection
from ...cost.price import dollars, keep_if_priced
from ...environment import Environment
from ...models.auto import AUTO
from .expression import Expression
from .route import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...models.table import Models
    from .load import Config
    from .route import Route


_CAPS = ("max_completion_tokens", "max_tokens")


def of_models(
    config: Config, is_offline: bool, base_url: str | None = None, usual: str = DEFAULT_MODEL
) -> Iterator[str]:
    """Return a sentence for each route without a model, and for each model whose day of shutdown is known.

    The days are those of the public API. `base_url` is the server of routes that name none; without it, it is that one.
    `usual` is the model of routes that name none.
    """
    if is_offline:
        return
    models = Environment().models
    for route in config.routes:
        model = route.kwargs.get("model", usual)
        if "model" not in route.kwargs:
            yield f'"{route.name}" names no model: OPENAI_MODEL is asked, or else {DEFAULT_MODEL}'
        family = models.find(model) if isinstance(model, str) else None
        yield from _of_price(route, model, base_url, models)
        if family is not None and family.gone is not None and _is_public(route.kwargs.get("url", base_url)):
            yield f'"{route.name}": {model} is shut down on {family.gone}; name another model in good time'


def _of_price(route: Route, model: object, base_url: str | None, models: Models) -> Iterator[str]:
    """Return a sentence if the route limits what answers cost, and that is not known of its model."""
    names = [name for name in ("maxCost", "budget") if name in route.kwargs]
    url = route.kwargs.get("url", base_url)
    if not names or not isinstance(model, str) or model == AUTO or isinstance(url, Expression):
        return
    hosted = url is not None and Connection.of({"baseUrl": url}).server.self_hosted
    family = keep_if_priced(models.find(model), self_hosted=hosted)
    if family is None or family.price is None:
        yield (
            f'"{route.name}": what {model} costs is not known, so with {" and ".join(names)} no question is answered; '
            "add its price to the file that CHATGPT_MODELS_FILE names"
        )
    elif any(name in route.kwargs for name in _CAPS):
        return
    elif family.max_output is None:
        yield (
            f'"{route.name}": how long an answer of {model} may be is not known, so with {" and ".join(names)} no '
            "question is answered; set max_completion_tokens"
        )
    else:
        most = dollars(family.max_output * family.price.output / 1_000_000)
        yield (
            f'"{route.name}": an answer may be as long as {model} allows, so {most} US$ and more are set aside for '
            "each; max_completion_tokens sets the longest one"
        )


def _is_public(url: object) -> bool:
    """Return whether this is the public API: other servers keep models for as long as they like."""
    if url is None:
        return True
    return isinstance(url, str) and Connection.of({"baseUrl": url}).public
