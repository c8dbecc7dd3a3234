"""Figures as accessible SVG, for page, PDF and mail alike.

Each function gives one `<svg role="img">` whose `aria-label` is the sentence it was given, or a paragraph
where there is nothing to draw. Values are numbers or None (a month without data): a gap, never a zero. All
words are escaped. Colours and fonts come from `portal.css` by class. For a page that phones read, draw it
twice: with `width=WIDE` and with `width=NARROW`.
"""

from portal.charts.bands import Band, ruler, stacked
from portal.charts.columns import bars
from portal.charts.lines import line, spark
from portal.charts.ranked import pareto
from portal.charts.several import lines, mark
from portal.charts.svg import NARROW, WIDE

__all__ = ["NARROW", "WIDE", "Band", "bars", "line", "lines", "mark", "pareto", "ruler", "spark", "stacked"]
