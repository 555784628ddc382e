"""Plots as SVG within a page: bars and histograms, with their numbers as text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .figures import RunFigures, StepFigures

from .figures import edge

OUTCOMES: Final = ("done", "failed")
_WIDTH, _LINE, _LABEL = 640, 26, 150


def draw_bars(rows: Sequence[tuple[str, Mapping[str, float]]], unit: str, title: str) -> str:
    """Return a bar for each row, in parts by their names' colours; the sum stands beside it."""
    most = max((sum(parts.values()) for _, parts in rows), default=0) or 1
    lines = [_open(_WIDTH, _LINE * len(rows) + 4, title)]
    for number, (label, parts) in enumerate(rows):
        y, x = number * _LINE + 4, float(_LABEL)
        lines.append(f'<text x="0" y="{y + 14}">{escape(label)}</text>')
        for name, value in parts.items():
            width = value / most * (_WIDTH - _LABEL - 110)
            kind = name if name in OUTCOMES else "part"
            told = escape(f"{label}, {name}: {format_amount(value, unit)}")
            size = f'x="{x:.1f}" y="{y}" width="{width:.1f}" height="18"'
            lines.append(f'<rect {size} class="{kind}"><title>{told}</title></rect>')
            x += width
        lines.append(f'<text x="{x + 6:.1f}" y="{y + 14}">{escape(format_amount(sum(parts.values()), unit))}</text>')
    return "".join([*lines, "</svg>"])


def draw_latencies(step: StepFigures) -> str:
    """Return how many messages took how long: a histogram with a logarithmic axis."""
    if not step.latencies:
        return ""
    low, high = min(step.latencies), max(step.latencies)
    count, most = high - low + 1, max(step.latencies.values())
    width = min(36.0, (_WIDTH - 20) / count)
    lines = [_open(_WIDTH, 130, f"{step.step}: messages by milliseconds")]
    for number in range(count):
        value = step.latencies[low + number]
        height, x = 90 * value / most, 10 + number * width
        begin, end = (format_number(edge(low + each)) for each in (number, number + 1))
        told = f"{begin} to {end} ms: {format_amount(value, 'messages')}"
        lines.append(
            f'<rect x="{x:.1f}" y="{96 - height:.1f}" width="{width - 1:.1f}" height="{height:.1f}" class="part">'
            f"<title>{told}</title></rect>"
        )
        if number % max(1, round(60 / width)) == 0:
            lines.append(f'<text x="{x:.1f}" y="114">{format_number(edge(low + number))} ms</text>')
    return "".join([*lines, '<path d="M8 96.5H632" stroke="#888"/></svg>'])


def draw_rate(figures: RunFigures) -> str:
    """Return how many messages steps finished a second, over the time of the run."""
    if not figures.rate:
        return ""
    last, most = max(figures.rate), max(figures.rate.values())
    width = min(36.0, (_WIDTH - 20) / (last + 1))
    lines = [_open(_WIDTH, 130, "messages a second, over time")]
    for number in range(last + 1):
        height = 90 * figures.rate[number] / most
        rate = figures.rate[number] / figures.slice_seconds
        told = f"after {format_number(number * figures.slice_seconds)} s: {format_number(rate)} a second"
        lines.append(
            f'<rect x="{10 + number * width:.1f}" y="{96 - height:.1f}" width="{max(0.5, width - 1):.1f}" '
            f'height="{height:.1f}" class="part"><title>{told}</title></rect>'
        )
    end = format_number((last + 1) * figures.slice_seconds)
    best = format_number(most / figures.slice_seconds)
    lines.append(f'<text x="10" y="114">0 s</text><text x="560" y="114">{end} s</text>')
    return "".join([*lines, f'<text x="250" y="114">at most {best} a second</text>', "</svg>"])


def format_amount(value: float, unit: str) -> str:
    """Return a number of things; one is written as one."""
    return f"{format_number(value)} {'message' if value == 1 and unit == 'messages' else unit}"


def format_number(value: float) -> str:
    """Return a number for a person: three digits that count, no more."""
    if value >= 1000:  # noqa: PLR2004 - with thousands parted
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def _open(width: int, height: int, title: str) -> str:
    name = escape(title, quote=True)
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{name}">'
