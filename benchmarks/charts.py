"""A line chart with logarithmic axes as SVG, for ``growth.py``; it needs no library."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 360
LEFT, RIGHT, TOP, BOTTOM = 80, 24, 44, 52
COLORS: Final = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#555555")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: its name and points; a line that is a limit is dashed, without marks."""

    name: str
    points: Sequence[Point]
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A logarithmic axis over whole powers of ten."""

    name: str
    low: int
    high: int

    @classmethod
    def over(cls, name: str, values: Sequence[float]) -> Axis:
        low = math.floor(math.log10(min(values)) + 1e-9)
        return cls(name, low, max(low + 1, math.ceil(math.log10(max(values)) - 1e-9)))

    def share(self, value: float) -> float:
        """The position of a value on the axis: 0 at the lower end, 1 at the upper."""
        return (math.log10(value) - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def draw_chart(title: str, x_name: str, y_name: str, series: Sequence[Series]) -> str:
    """An SVG of the series; all values must be above 0."""
    points = [point for line in series for point in line.points]
    x_axis = Axis.over(x_name, [x for x, _ in points])
    y_axis = Axis.over(y_name, [y for _, y in points])

    def place(point: Point) -> Point:
        return (
            LEFT + x_axis.share(point[0]) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - y_axis.share(point[1]) * (HEIGHT - TOP - BOTTOM),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 18, title, anchor="start", weight="600"),
        *_draw_axes(x_axis, y_axis, place),
    ]
    for number, line in enumerate(series):
        parts += _draw_series(line, COLORS[number % len(COLORS)], number, place)
    return "\n".join([*parts, "</svg>", ""])


def _draw_axes(x_axis: Axis, y_axis: Axis, place: Callable[[Point], Point]) -> list[str]:
    x_first, y_first = x_axis.ticks[0], y_axis.ticks[0]
    parts = []
    for tick in x_axis.ticks:
        x, y = place((tick, y_first))
        parts += [_line(x, TOP, x, y), _text(x, y + 16, _format_tick(tick))]
    for tick in y_axis.ticks:
        x, y = place((x_first, tick))
        parts += [
            _line(x, y, WIDTH - RIGHT, y),
            _text(x - 8, y + 4, _format_tick(tick), anchor="end"),
        ]
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        *parts,
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x_axis.name),
        f'<g transform="rotate(-90 18 {middle})">{_text(18, middle, y_axis.name)}</g>',
    ]


def _draw_series(
    line: Series, color: str, number: int, place: Callable[[Point], Point]
) -> list[str]:
    places = [place(point) for point in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = ' stroke-dasharray="5 4"' if line.is_limit else ""
    marks = [] if line.is_limit else places
    x, y = LEFT + 10 + 200 * (number % 3), 34 + 14 * (number // 3)
    return [
        f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"{dashes}/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>' for x, y in marks),
        f'<path d="M{x} {y}h18" stroke="{color}" stroke-width="2"{dashes}/>',
        _text(x + 24, y + 4, line.name, anchor="start"),
    ]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", weight: str = "400") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="#222222">{escape(text)}</text>'
    )


def _format_tick(value: float) -> str:
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{suffix}"
    return f"{value:g}"
