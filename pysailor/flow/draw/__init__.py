"""A flow as a picture: text for the terminal, SVG for pages."""

from .svg import draw_svg
from .text import draw_text

__all__ = ["draw_svg", "draw_text"]
