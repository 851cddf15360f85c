"""Writes `static/fonts/public-sans.woff2` from the typeface's wheel: `python -m tests.house.font`; a test compares.

The whole variable font is 100 KB, twice what a patient's first page may weigh; its Latin letters in the weights that
the style sheet uses are a quarter of it. Other letters fall back to the device's own face.
"""

from __future__ import annotations

from importlib import resources
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from portal.domain.letters import PRINTED

TARGET = Path(__file__).resolve().parents[2] / "static" / "fonts" / "public-sans.woff2"
WEIGHTS = (400, 700)
FEATURES = ["kern", "liga", "tnum", "lnum", "mark", "mkmk", "ccmp", "locl"]


def cut() -> bytes:
    """The cut font; the same source always gives the same bytes."""
    source = (resources.files("fontpkg_public_sans") / "files" / "PublicSans[wght].ttf").read_bytes()
    font = instantiateVariableFont(TTFont(BytesIO(source), recalcTimestamp=False), {"wght": WEIGHTS}, inplace=True)
    options = Options()
    options.layout_features = FEATURES
    options.hinting = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(map(ord, PRINTED)))
    subsetter.subset(font)
    font.flavor = "woff2"
    target = BytesIO()
    font.save(target)
    return target.getvalue()


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(cut())
