"""Two small pictures as SVG: how value and bound meet over time, and how cost grows with the market."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise

Curve = list[tuple[float, float]]
_WIDE, _HIGH, _LEFT, _TOP = 250, 150, 62, 34
_STYLE = (
    "text{font:12px sans-serif;fill:#1b1b1b}.axis{stroke:#767676}.value{stroke:#00549f}.bound{stroke:#b3490e;"
    "stroke-dasharray:5 3}.value,.bound{fill:none;stroke-width:2}rect{fill:#fff}"
)


def over_time(panels: Sequence[tuple[str, Curve, Curve]]) -> str:
    """A panel for each market: the first goal's value (solid) and proven bound (dashed), per cent of the last bound."""
    parts = []
    for nth, (name, value, bound) in enumerate(panels):
        x0, y0 = _LEFT + nth * (_WIDE + _LEFT), _TOP
        longest = max(seconds for seconds, _ in value + bound) or 1.0
        best = bound[-1][1]

        def place(at: tuple[float, float], x0: int = x0, longest: float = longest, best: float = best) -> str:
            share = min(110.0, max(90.0, 100 * at[1] / best))
            return f"{x0 + _WIDE * at[0] / longest:.1f},{_TOP + _HIGH * (110 - share) / 20:.1f}"

        parts.append(f'<text x="{x0}" y="{y0 - 12}">{escape(name)}: {value[-1][1]:,.0f} of {best:,.0f}</text>')
        parts.append(f'<path class="axis" fill="none" d="M{x0},{y0}V{y0 + _HIGH}H{x0 + _WIDE}"/>')
        parts += [
            f'<text x="{x0 - 6}" y="{y0 + _HIGH * (110 - level) / 20 + 4}" text-anchor="end">{level}</text>'
            for level in (90, 100, 110)
        ]
        parts.append(f'<text x="{x0 + _WIDE}" y="{y0 + _HIGH + 16}" text-anchor="end">{longest:.0f} s</text>')
        for kind, curve in (("value", value), ("bound", bound)):
            steps = [point for before, after in pairwise(curve) for point in (before, (after[0], before[1]))]
            corners = " ".join(place(at) for at in [*steps, curve[-1], (longest, curve[-1][1])])
            parts.append(f'<polyline class="{kind}" points="{corners}"/>')
    title = "Value (solid) and proven bound (dashed) of the first goal over time, per cent of the last bound"
    return _svg(title, len(panels) * (_WIDE + _LEFT) + 12, parts)


def growth(rows: Sequence[tuple[int, float]]) -> str:
    """Seconds against allowed placements, both on a logarithmic scale, beside the line of proportion."""
    wide, high = 2 * _WIDE, 2 * _HIGH
    xs, ys = [math.log10(count) for count, _ in rows], [math.log10(max(seconds, 0.1)) for _, seconds in rows]
    last = ys[0] + xs[-1] - xs[0]  # what it would be in proportion
    low_x, high_x = math.floor(min(xs)), math.ceil(max(xs))
    low_y, high_y = math.floor(min(ys)), math.ceil(max(*ys, last))

    def place(x: float, y: float) -> tuple[float, float]:
        across = wide * (x - low_x) / max(1, high_x - low_x)
        return _LEFT + across, _TOP + high - high * (y - low_y) / max(1, high_y - low_y)

    parts = [f'<path class="axis" fill="none" d="M{_LEFT},{_TOP}V{_TOP + high}H{_LEFT + wide}"/>']
    for power in range(low_x, high_x + 1):
        at = place(power, low_y)
        parts.append(f'<text x="{at[0]:.0f}" y="{at[1] + 16:.0f}" text-anchor="middle">{10**power:,}</text>')
    for power in range(low_y, high_y + 1):
        at = place(low_x, power)
        parts.append(f'<text x="{at[0] - 6:.0f}" y="{at[1] + 4:.0f}" text-anchor="end">{10**power:,g} s</text>')
    ends = [place(xs[0], ys[0]), place(xs[-1], last)]
    for kind, line in (("bound", ends), ("value", [place(x, y) for x, y in zip(xs, ys, strict=True)])):
        parts.append(f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in line)}"/>')
    title = "Seconds of the whole command by allowed placements (solid), and in proportion to them (dashed)"
    parts.append(f'<text x="8" y="{_TOP - 18}">{escape(title)}</text>')
    return _svg(title, wide + 2 * _LEFT, parts, high)


def _svg(title: str, wide: int, parts: list[str], high: int = _HIGH) -> str:
    size = f'width="{wide}" height="{_TOP + high + 24}" viewBox="0 0 {wide} {_TOP + high + 24}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{escape(title)}</title>'
    return "\n".join([head, f'<style>{_STYLE}</style><rect width="100%" height="100%"/>', *parts, "</svg>", ""])
