"""A drawing shows every step once, the ways between them and their conditions."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

from pysailor.flow.draw import draw_svg, draw_text

STEPS = (
    "  a: {run: 'w:numbers'}\n"
    "  r: {run: 'w:work', after: a, tune: {prefetch: 4}}\n"
    "  big: {run: 'w:work', after: {r: n > 3 and text != '<b>'}}\n"
    "  rest: {run: 'w:work', after: {r: otherwise}, local: {on_error: {route: lost}}}\n"
    "  lost: {run: 'w:work'}\n"
)
HANDLER = "on_error: {run: 'w:work'}\n"


def test_text_is_a_tree(flow: Any) -> None:
    assert draw_text(flow(STEPS, HANDLER)).splitlines() == [
        "Test",
        "a  w:numbers",
        "└─ r  w:work  \N{MULTIPLICATION SIGN} 4",
        "   ├─ [n > 3 and text != '<b>'] → big  w:work",
        "   └─ [otherwise] → rest  w:work",
        "rest fails → lost",
        "any error → error_handler  w:work",
    ]
    assert draw_text(flow(STEPS, HANDLER), is_ascii=True).isascii()


def test_svg_is_xml_with_every_step_and_no_overlap(flow: Any) -> None:
    root = ET.fromstring(draw_svg(flow(STEPS, HANDLER)))  # noqa: S314 - our own

    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    boxes = [(float(r.get("x", 0)), float(r.get("y", 0))) for r in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert {"a", "r", "big", "rest", "lost", "any error", "n > 3 and text != '<b>'", "otherwise"} <= set(texts)
    assert len(set(boxes)) == len(boxes) == 6


def test_a_long_condition_is_not_cut_off_by_the_pictures_edge(flow: Any) -> None:
    condition = "category = 'outage' and is_urgent = 1"
    made = flow(f"  a: {{run: 'w:numbers'}}\n  b: {{run: 'w:work', after: {{a: {condition}}}}}\n")
    root = ET.fromstring(draw_svg(made))  # noqa: S314 - our own

    (label,) = [each for each in root.iter("{http://www.w3.org/2000/svg}text") if each.text == condition]
    assert float(root.get("width", 0)) > float(label.get("x", 0)) + 6 * len(condition)


def test_what_xml_cannot_hold_is_not_in_the_picture(flow: Any) -> None:
    drawn = draw_svg(replace(flow(STEPS), name="\x1b[31m</title><script>"))
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own
    assert "<script" not in drawn
