"""Matplotlib figures as SVG inside an HTML page: the page's own font and colours, light and dark.

Figures are drawn in stand-in colours, which become CSS variables: whoever opens the file sees the colours of their
system. Equal figures of one name give equal text.
"""

from __future__ import annotations

import contextlib
import io
import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES: Final = ("ink", "muted", "grid", "net", "inside", "outside", "null", "good", "bad")
INK, MUTED, GRID, NET, INSIDE, OUTSIDE, NULL, GOOD, BAD = (f"#f00d{i:02x}" for i in range(len(_NAMES)))
"""Stand-ins; style.css gives ``--chart-<name>`` its colours."""

_SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "date.converter": "concise",
    "font.size": 9,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.4,
    "figure.constrained_layout.use": True,
}
_JUNK: Final = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>|<!--.*?-->", re.S)
_LONG: Final = re.compile(r'\b(d|x|y|x1|y1|x2|y2|width|height|transform)="([^"]*)"')
_DIGITS: Final = re.compile(r"(\d\.\d\d)\d+")
_SPACE: Final = re.compile(r"\s*\n\s*")
_ID: Final = re.compile(r' id="([^"]*)"')
_USED: Final = re.compile(r'(?:href="|url\()#([^")]+)')
_FONT: Final = re.compile(r"(font: [^;\"]*?px) [^;\"]*|font-family: [^;\"]*;?\s*")
_STAND_IN: Final = re.compile(r"#f00d([0-9a-f]{2})")
_ONE_AT_A_TIME: Final = threading.Lock()
"""Matplotlib's settings are those of the process."""


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Within it figures are made in the report's style: ``with drawing(): Figure(...)``."""
    import matplotlib

    with _ONE_AT_A_TIME, matplotlib.rc_context(_SETTINGS):
        yield


def inline_svg(figure: Figure, *, name: str, label: str) -> Markup:
    """The figure as an ``<svg>`` element, ``name`` being unique within the page and ``label`` said to screen readers.

    Call within ``drawing``.
    """
    import matplotlib

    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = text.getvalue()
    drawn = _JUNK.sub("", drawn[drawn.index("<svg") :])
    used = set(_USED.findall(drawn))
    drawn = _ID.sub(lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", drawn)
    drawn = _USED.sub(lambda m: m[0].replace("#", f"#{name}-"), drawn)
    drawn = _LONG.sub(_shortened, drawn)
    drawn = _FONT.sub(lambda m: m[1].replace("font:", "font-size:") if m[1] else "", drawn)
    drawn = _STAND_IN.sub(lambda m: f"var(--chart-{_NAMES[int(m[1], 16)]})", drawn)
    head = f'<svg class="chart" role="img" aria-label="{escape(label)}" '
    width, height = figure.get_size_inches() * 72
    body = drawn[drawn.index(">") + 1 :]
    return Markup(  # Matplotlib escapes texts; the label is escaped above
        f'{head}viewBox="0 0 {width:g} {height:g}" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink">{_SPACE.sub("", body)}'
    )


def _shortened(attribute: re.Match[str]) -> str:
    """Its numbers to a hundredth of a point, on one line."""
    numbers = _SPACE.sub(" ", _DIGITS.sub(r"\1", attribute[2])).strip()
    return f'{attribute[1]}="{numbers}"'
