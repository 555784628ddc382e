"""A flow as SVG: steps from left to right, ways between them with their conditions. It stands alone, and prints."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from .text import describe_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..document import FlowFile, FlowStep

_WIDTH, _HEIGHT, _GAP, _ROW, _MARGIN = 190, 50, 110, 86, 24
_LETTERS: Final = 26
_CONDITION: Final = 40
_LETTER: Final = 6.5  # how wide a letter of a condition is
_STYLE: Final = """\
.step{fill:#fff;stroke:#3b5a7a;stroke-width:1.5}.first{fill:#e8f1fa}.router{fill:#fff6e0;stroke:#a8791c}
.fault{fill:#fdeaea;stroke:#a33}.way{fill:none;stroke:#5a6b7b;stroke-width:1.5}.dashed{stroke-dasharray:5 4}
text{font-family:system-ui,sans-serif;fill:#1c2733}.name{font-size:14px;font-weight:600}.run{font-size:11px;fill:#4a5866}
.cond{font-size:10.5px;font-family:ui-monospace,monospace;fill:#6b4e0d}"""


_MARKER: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#5a6b7b"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class _Box:
    step: FlowStep
    x: float
    y: float
    kind: str


def draw_svg(flow: FlowFile) -> str:
    """Return the picture."""
    boxes: dict[str, _Box] = {}
    rows = _place(flow, flow.trigger, 0, 0.0, boxes, "first")
    for step in flow.steps:
        if step.id not in boxes and step.after is None:
            rows = _place(flow, step, 0, rows, boxes, "fault")
    if flow.on_error is not None:
        boxes["on_error"] = _Box(flow.on_error, _MARGIN, _MARGIN + rows * _ROW, "fault")
        rows += 1
    width = max(_right_end(box) for box in boxes.values()) + _MARGIN
    height = _MARGIN + rows * _ROW
    parts = [
        _open(flow, width, height),
        _MARKER,
        *(line for box in boxes.values() for line in _ways(flow, box, boxes)),
        *(_draw_box(box) for box in boxes.values()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _right_end(box: _Box) -> float:
    """Return where a box ends, or the condition above it if that is wider."""
    return box.x + max(_WIDTH, _LETTER * len(describe_condition(box.step.after, _CONDITION)))


def _open(flow: FlowFile, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{_escape(_describe(flow))}">'
        f"<title>{_escape(flow.name)}</title><style>{_STYLE}</style>"
    )


def _place(flow: FlowFile, step: FlowStep, depth: int, row: float, boxes: dict[str, _Box], kind: str) -> float:
    """Place a step and all behind it, a row for each last one; return the first row that is free."""
    targets = flow.targets(step.id)
    first, free = row, row
    for target in targets:
        free = _place(flow, target, depth + 1, free, boxes, "step")
    free = max(free, row + 1)
    middle = (first + free - 1) / 2
    is_router = any(target.after is not None and target.after.is_conditional for target in targets)
    x, y = _MARGIN + depth * (_WIDTH + _GAP), _MARGIN + middle * _ROW
    boxes[step.id] = _Box(step, x, y, "router" if is_router and kind == "step" else kind)
    return free


def _ways(flow: FlowFile, box: _Box, boxes: dict[str, _Box]) -> Iterator[str]:
    for target in flow.targets(box.step.id):
        other = boxes[target.id]
        x1, y1, x2, y2 = box.x + _WIDTH, box.y + _HEIGHT / 2, other.x - 2, other.y + _HEIGHT / 2
        middle = (x1 + x2) / 2
        dashed = " dashed" if target.after is not None and target.after.is_conditional else ""
        path = f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"
        yield f'<path class="way{dashed}" d="{path}" marker-end="url(#tip)"/>'
        condition = describe_condition(target.after, _CONDITION)
        if condition:
            yield f'<text class="cond" x="{other.x:g}" y="{other.y - 5:g}">{_escape(condition)}</text>'
    if box.step.local.route in boxes:
        other = boxes[box.step.local.route]
        path = f"M{box.x + _WIDTH / 2:g} {box.y + _HEIGHT:g}L{other.x + _WIDTH / 2:g} {other.y - 2:g}"
        yield f'<path class="way dashed" d="{path}" marker-end="url(#tip)"/>'


def _draw_box(box: _Box) -> str:
    step = box.step
    run = f"{step.component}:{step.function}" + (
        f" \N{MULTIPLICATION SIGN}{step.concurrency}" if step.concurrency > 1 else ""
    )
    name = "any error" if box.kind == "fault" and step.path[0] == "on_error" else step.id
    return (
        f'<g><rect class="step {box.kind}" x="{box.x:g}" y="{box.y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="7"/>'
        f'<text class="name" x="{box.x + 10:g}" y="{box.y + 21:g}">{_escape(_cut(name))}</text>'
        f'<text class="run" x="{box.x + 10:g}" y="{box.y + 38:g}">{_escape(_cut(run))}</text></g>'
    )


def _escape(text: str) -> str:
    """Return the text as XML has it, which cannot hold every sign."""
    return escape("".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text), quote=True)


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"


def _describe(flow: FlowFile) -> str:
    return f"{flow.name}: " + ", ".join(f"{edge.source} to {edge.target}" for edge in flow.edges)
