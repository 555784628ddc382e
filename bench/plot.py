"""A plot as SVG: lines through points, both axes logarithmic where that is wanted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 60, 210, 40, 50
COLOURS: Final = ("#1f6feb", "#2da44e", "#8250df", "#bf8700", "#cf222e", "#57606a", "#0a7ea4")
_ONE: Final = 10
_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="sans-serif"'
    ' font-size="12" fill="#24292f"><title>{title}</title><rect width="{width}" height="{height}" fill="#ffffff"/>'
)


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` on so many pixels, logarithmic; `ticks` are the values that are named."""

    low: float
    high: float
    begin: float
    end: float

    def place(self, value: float) -> float:
        """Return where the value lies, in pixels."""
        share = math.log(value / self.low) / math.log(self.high / self.low) if self.high > self.low else 0.5
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> Iterator[float]:
        """Yield round values on it."""
        for exponent in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            for digit in (1, 2, 5):
                value = digit * 10.0**exponent
                if self.low * 0.999 <= value <= self.high * 1.001:
                    yield value


def draw(title: str, across: str, up: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Return the picture; each line has a name and its points."""
    points = [point for line in lines.values() for point in line]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x_axis = Axis(min(xs), max(xs), LEFT, WIDTH - RIGHT)
    y_axis = Axis(min(ys) * 0.8, max(ys) * 1.2, HEIGHT - BOTTOM, TOP)
    middle, bottom = (LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM
    parts = [
        _HEAD.format(width=WIDTH, height=HEIGHT, title=escape(title)),
        _text(LEFT, 22, title, "start", 'font-weight="bold"'),
        _text(middle, HEIGHT - 12, across),
        _text(LEFT, 35, up, "start", 'fill="#57606a"'),
    ]
    parts += [_rule(x_axis.place(value), bottom, x_axis.place(value), TOP) + _text(x_axis.place(value), bottom + 16,
              _number(value)) for value in sorted(set(xs))]  # fmt: skip
    parts += [_rule(LEFT, y_axis.place(value), WIDTH - RIGHT, y_axis.place(value)) + _text(LEFT - 6,
              y_axis.place(value) + 4, _number(value), "end") for value in y_axis.ticks()]  # fmt: skip
    for number, (name, line) in enumerate(lines.items()):
        parts.append(_line(number, name, [(x_axis.place(x), y_axis.place(y)) for x, y in line]))
    return "\n".join([*parts, "</svg>\n"])


def _line(number: int, name: str, places: Sequence[tuple[float, float]]) -> str:
    colour, height = COLOURS[number % len(COLOURS)], TOP + 18 * number + 10
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    mark = f'<rect x="{WIDTH - RIGHT + 16}" y="{height - 9}" width="12" height="4" fill="{colour}"/>'
    legend = _text(WIDTH - RIGHT + 34, height - 3, name, "start")
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}{mark}{legend}'


def _rule(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="#d0d7de"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= _ONE else f"{value:g}"
