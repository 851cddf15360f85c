"""Bills on paper against the same bill set as an ordinary web page: `python -m bench.statements [ROUNDS]`.

Wanted: at least 2.7 documents in the time of one, aimed at 3.3 (issue "The patient's side"). Processor time of one
process, all in turn on the same bills; then documents a second of as many processes as there are cores. Two baselines,
as much of the price is what flex boxes cost on paper: a page that is one column of them, with the slip at its foot, and
one whose long table stands outside.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import segno
from markupsafe import Markup

from bench.timing import spread
from portal.domain.money import Money, total
from portal.domain.statements.arithmetic import ages
from portal.domain.statements.content import StatementContent, StatementLine, dump, summed
from portal.domain.texts import T_
from portal.gateways.paper import Paper, _Sheet
from portal.language.speaker import Speaker
from portal.language.templating import install
from tests.make.statements import LETTER

ROOT = Path(__file__).resolve().parents[1]
ZONE, LINES = "America/Los_Angeles", 15
SECONDS = 20.0
COPAY = "{amount}: the fixed amount your plan asks of you for such a visit (copay)."


def bill(n: int) -> StatementContent:
    """A bill of fifteen services, other words and sums each time."""
    lines = tuple(
        StatementLine(
            charge_id=f"{n * LINES + at:032x}", encounter_id=f"{n:032x}", title=f"Service number {at} of visit {n}",
            code="G0438", day=date(2026, 5, 1 + at), provider="Amara Okafor",
            why=T_(COPAY, amount=Money(1_000 + n)),
            charged=Money(18_500 + n), discount=Money(5_700), plan_paid=Money(11_800), you_owe=Money(1_000 + n),
        )
        for at in range(LINES)
    )  # fmt: skip
    owed, made = total(line.you_owe for line in lines), date(2026, 8, 3)
    return StatementContent(
        number=f"4XK2-{n:04}", made_on=made, due_on=date(2026, 8, 24), letter=LETTER, lines=lines, sums=summed(lines),
        opening=Money(0), asked=owed, paid=Money(0), owed=owed, credit=Money(0),
        ages=ages([(line.day, line.you_owe.cents) for line in lines], made),
        sentence=T_("We charged {charged}. Your plan lowered the price and paid its part.", charged=Money(277_500)),
        total_asked=owed, total_paid=Money(0), code=f"7KQ2-M3XW-{n:04}",
    )  # fmt: skip


COLUMN = "main{display:flex;flex-direction:column;min-height:9in}.slip{margin-top:auto}"


def naive(folder: Path, more: str = "") -> Callable[[StatementContent], bytes]:
    """The bill as one would first write it: everything read, parsed and made anew for every document."""
    import weasyprint

    font = (resources.files("fontpkg_public_sans") / "files" / "PublicSans[wght].ttf").read_bytes()
    (folder / "font.ttf").write_bytes(font)
    speaker = Speaker("en_US", ZONE)
    made = jinja2.Environment(loader=jinja2.FileSystemLoader(ROOT / "bench" / "naive"), autoescape=True)
    install(made, lambda: speaker)
    template = made.get_template("statement.html")
    style = Markup((ROOT / "bench" / "naive" / "statement.css").read_text(encoding="utf-8") + more)

    def render(content: StatementContent) -> bytes:
        sheet = _Sheet.of(content)
        code = segno.make_qr(LETTER.pay_url, error="m").svg_inline(scale=3)
        html = template.render(page=sheet, style=style, qr=Markup(code))
        body: bytes = weasyprint.HTML(string=html, base_url=f"{folder}/").write_pdf(pdf_variant="pdf/ua-1")
        return body

    return render


def ours(folder: Path) -> Callable[[StatementContent], bytes]:
    paper = Paper(ROOT / "templates", folder)
    return lambda content: paper.statement(dump(content), language="en_US", time_zone=ZONE)


def cpu(render: Callable[[StatementContent], bytes], content: StatementContent) -> float:
    begun = time.process_time()
    render(content)
    return time.process_time() - begun


def work(until: float, made: Any) -> None:
    """One process: bills until the time is over."""
    with tempfile.TemporaryDirectory() as folder:
        render, n = ours(Path(folder)), 0
        render(bill(0))
        while time.monotonic() < until:
            n += 1
            render(bill(n))
            with made.get_lock():
                made.value += 1


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        each = (naive(folder, COLUMN), naive(folder), ours(folder))
        for render in each:
            render(bill(0))
        gc.collect()
        times = [[cpu(render, bill(n)) for render in each] for n in range(1, rounds + 1)]
    flex, plain, mine = (statistics.median(row[at] for row in times) * 1000 for at in range(3))
    print(f"CPU a document: naive {flex:.0f} ms, naive without the column {plain:.0f} ms, ours {mine:.0f} ms")
    print(f"naive / ours: {spread(sorted(row[0] / row[2] for row in times))}; wanted at least 2.7, aim 3.3")
    print(f"naive without the column / ours: {spread(sorted(row[1] / row[2] for row in times))}")
    made = multiprocessing.Value("i", 0)
    cores = os.cpu_count() or 1
    until = time.monotonic() + SECONDS + 4
    working = [multiprocessing.Process(target=work, args=(until, made)) for _ in range(cores)]
    for one in working:
        one.start()
    for one in working:
        one.join()
    print(f"{cores} processes: {made.value / SECONDS:.1f} documents a second (some 4 s of start not counted)")


if __name__ == "__main__":
    main()
