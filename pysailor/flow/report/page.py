"""The page: HTML that needs nothing from elsewhere, opens without a network and prints on A4."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from ..run.tally import format_costs
from .plots import draw_bars, draw_latencies, draw_rate, format_amount, format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .figures import RunFigures, StepFigures

_LONGEST: Final = 400
_STYLE: Final = """\
:root{--text:#1c2733;--soft:#4a5866;--ground:#fff;--line:#ccd5dd;--bad:#b3372f;--done:#2f7d4f;--bar:#3b6ea5;
--box:#fff;--first:#e8f1fa;--router:#fff6e0;--fault:#fdeaea;--condition:#6b4e0d}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--text:#dfe6ee;--soft:#a5b4c3;--ground:#12171d;
--line:#3a4653;--bad:#ff8a80;--done:#5fb884;--bar:#6fa8e0;--box:#1c242d;--first:#1b2f45;--router:#3a3013;--fault:#431f1f;
--condition:#e3c274}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--text);background:var(--ground);max-width:60rem;margin:2rem auto;
padding:0 1rem;overflow-wrap:anywhere}
h1{margin-bottom:.2rem}h2{margin-top:2rem;border-bottom:1px solid var(--line)}p.sub{color:var(--soft);margin-top:0}
.wide{overflow-x:auto}.wide:focus-visible{outline:2px solid var(--bar)}
table{border-collapse:collapse;width:100%}
th,td{padding:.25rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child,td.text,th.text{text-align:left}td.text{white-space:normal;min-width:8rem}
th,td{overflow-wrap:normal}td:first-child,td.text{overflow-wrap:anywhere}
.bad{color:var(--bad);font-weight:600}svg{max-width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--text)}
rect.part{fill:var(--bar)}rect.done{fill:var(--done)}rect.failed{fill:var(--bad)}
svg .step{fill:var(--box)}svg .first{fill:var(--first)}svg .router{fill:var(--router)}svg .fault{fill:var(--fault)}
svg text.name{fill:var(--text)}svg text.run{fill:var(--soft)}svg text.cond{fill:var(--condition)}
figure{margin:1rem 0;break-inside:avoid}figcaption{font-weight:600;margin-bottom:.3rem}tr{break-inside:avoid}
@media screen and (max-width:45rem){svg{max-width:none}}
@media print{body{margin:0;max-width:none;font-size:11pt}h2{break-after:avoid}.wide{overflow:visible}
table{font-size:9pt}th,td{white-space:normal;padding:.25rem}}"""


def write_page(figures: RunFigures, drawing: str = "") -> str:
    """Return the page; `drawing` is the flow as SVG, where its file is still there."""
    about = figures.about
    title = f"{about.get('name') or about.get('run', 'Run')}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="sub">{escape(_subtitle(about))}</p>',
        _summary(figures),
        f"<h2>Flow</h2><figure>{_wide('Flow', drawing)}</figure>" if drawing else "",
        f"<h2>Steps</h2>{_table(figures)}",
        _figure("Outcomes", draw_bars([(s.step, dict(s.outcomes)) for s in _steps(figures)], "messages", "outcomes")),
        *_costs(figures),
        _figure("Messages a second, all steps", draw_rate(figures)),
        "<h2>How long messages took</h2>",
        *(_figure(_caption(step), draw_latencies(step)) for step in _steps(figures)),
        *_errors(figures),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n" + "\n".join(filter(None, body))
        + "\n</body></html>\n"
    )  # fmt: skip


def _subtitle(about: dict[str, Any]) -> str:
    words = {"done": "all done", "failed": "ended, with failures", "stopped": "stopped", "aborted": "ended at once"}
    outcome = words.get(str(about.get("outcome")), "not ended")
    parts = [f"run {about.get('run', '')}", f"began {about.get('began', '')}", outcome]
    if about.get("input"):
        parts.append(f"input {about['input']}")
    return " · ".join(parts)


def _summary(figures: RunFigures) -> str:
    failed = sum(step.outcomes["failed"] for step in figures.steps.values())
    tokens = sum(step.units["input_tokens"] + step.units["output_tokens"] for step in figures.steps.values())
    facts = [
        ("messages came in", format_number(float(figures.about.get("messages") or 0))),
        ("failures", format_number(failed)),
        ("tokens", format_number(tokens)),
        ("cost", format_costs(figures.costs) or "not known"),
        ("seconds", format_number(float(figures.about.get("seconds") or 0.0))),
    ]
    cells = "".join(f"<td>{escape(value)}</td>" for _, value in facts)
    names = "".join(f"<th>{name}</th>" for name, _ in facts)
    return _wide("Summary", f"<table><tr>{names}</tr><tr>{cells}</tr></table>")


def _table(figures: RunFigures) -> str:
    names = ("step", "done", "failed", "tries again", "mean ms", "median", "95 %", "99 %", "slowest", "tokens", "cost")
    rows = "".join(_row(step) for step in _steps(figures))
    return _wide("Steps", f"<table><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>{rows}</table>")


def _row(step: StepFigures) -> str:
    failed = step.outcomes["failed"]
    tokens = step.units["input_tokens"] + step.units["output_tokens"]
    times = (
        step.milliseconds / step.count if step.count else 0.0,
        *map(step.percentile, (0.5, 0.95, 0.99)),
        step.slowest,
    )
    cells = [
        f"<td>{escape(step.step)}</td><td>{step.outcomes['done']}</td>",
        f'<td class="{"bad" if failed else ""}">{failed}</td><td>{step.retries}</td>',
        *(f"<td>{format_number(each)}</td>" for each in times),
        f"<td>{format_number(tokens) if tokens else ''}</td><td>{escape(format_costs(step.costs))}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _costs(figures: RunFigures) -> Iterator[str]:
    for currency in figures.costs:
        rows = [(s.step, {"cost": float(s.costs[currency])}) for s in _steps(figures) if currency in s.costs]
        yield _figure(f"Cost in {currency}", draw_bars(rows, currency, "cost"))
    rows = [
        (step.step, {"input": float(step.units["input_tokens"]), "output": float(step.units["output_tokens"])})
        for step in _steps(figures)
        if step.units
    ]
    if rows:
        yield _figure("Tokens", draw_bars(rows, "tokens", "tokens"))


def _errors(figures: RunFigures) -> Iterator[str]:
    if not figures.error_count:
        return
    yield f"<h2>Errors</h2><p>{figures.error_count} in all; the first {len(figures.errors)}:</p>"
    rows = "".join(
        f"<tr><td>{escape(str(error.get('step', '')))}</td><td class='text'>{escape(str(error.get('code', '')))}</td>"
        f"<td class='text'>{escape(_short(error.get('message', '')))}</td></tr>"
        for error in figures.errors
    )
    head = "<tr><th>step</th><th class='text'>code</th><th class='text'>message</th></tr>"
    yield _wide("Errors", f"<table>{head}{rows}</table>")


def _figure(caption: str, drawing: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{_wide(caption, drawing)}</figure>" if drawing else ""


def _wide(name: str, content: str) -> str:
    """Return what scrolls by itself where the page is narrow, with the keyboard, too."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(name, quote=True)}">{content}</div>'


def _caption(step: StepFigures) -> str:
    median = format_number(step.percentile(0.5))
    return f"{step.step}: {format_amount(step.count, 'messages')}, half of them within {median} ms"


def _steps(figures: RunFigures) -> list[StepFigures]:
    """Return the steps in the order of the flow, as far as it is known."""
    order = list(figures.about.get("steps") or figures.steps)
    return sorted(figures.steps.values(), key=lambda step: order.index(step.step) if step.step in order else len(order))


def _short(text: Any) -> str:
    words = str(text)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
