"""Paper by WeasyPrint: statements and letters to payers as tagged PDF/UA-1; only here is known how paper is set.

Measured choices: three static cuts of the one typeface, style sheet and fonts read once a process, blocks and fixed
tables only, the QR code at one pixel a module, the collector held back while a document is set.
"""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import segno

from portal.domain.letters import PRINTED
from portal.domain.money import Money
from portal.domain.practices import phone_written
from portal.domain.statements.arithmetic import BUCKET_WORDS
from portal.domain.statements.content import StatementContent, StatementLine, Sums, load
from portal.domain.texts import Text, from_json
from portal.language.speaker import Speaker, best_locale
from portal.language.templating import install

_BASE = "candor-paper:///"
"""An address that leads nowhere: style sheet and fonts are handed over, and nothing else is fetched."""

_SHEETS = ("base.css", "statement.css")
_WEIGHTS = (400, 600, 700)
_THRESHOLDS = (100_000, 50, 100)

_speaker: ContextVar[Speaker] = ContextVar("paper_speaker")


@dataclass(frozen=True, slots=True)
class _Letterhead:
    name: str
    lines: tuple[str, ...]
    phone: str | None
    hours: Text | None = None


@dataclass(frozen=True, slots=True)
class _Age:
    text: Text
    amount: Money


@dataclass(frozen=True, slots=True)
class _Sheet:
    """See `templates/paper/statement.html`."""

    practice: _Letterhead
    to: tuple[str, ...]
    made_on: date
    number: str
    due_on: date
    patient_name: str
    owed: Money
    opening: Money
    asked: Money
    paid: Money
    credit: Money
    sums: Sums
    sentence: Text
    lines: tuple[StatementLine, ...]
    ages: tuple[_Age, ...]
    remit_to: tuple[str, ...]
    site: str
    qr: str
    code: str
    """With which anybody may pay this bill; empty on bills made before there was one."""

    @classmethod
    def of(cls, bill: StatementContent) -> _Sheet:
        """What the sheet shows of a bill: nothing but what the bill says."""
        letter = bill.letter
        to = f"{letter.pay_url}/pay/{bill.code}" if bill.code else letter.pay_url
        plain = f"{letter.pay_url}/pay" if bill.code else letter.pay_url
        return cls(
            practice=_Letterhead(letter.practice_name, letter.practice_lines, phone_written(letter.phone)),
            to=letter.to_lines, made_on=bill.made_on, number=bill.number, due_on=bill.due_on,
            patient_name=letter.patient_name, owed=bill.owed, opening=bill.opening, asked=bill.asked, paid=bill.paid,
            credit=bill.credit, sums=bill.sums, sentence=bill.sentence, lines=bill.lines,
            ages=tuple(_Age(text, Money(bill.ages[name])) for name, text in BUCKET_WORDS.items()),
            remit_to=letter.remit_lines, site=plain.removeprefix("https://").removeprefix("http://"), qr=_qr(to),
            code=bill.code,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _PayerLetter:
    """See `templates/paper/payer_letter.html`."""

    practice: _Letterhead
    to: tuple[str, ...]
    made_on: date
    subject: str
    number: str
    rows: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    enclosures: tuple[str, ...]
    sender: str


@dataclass(frozen=True, slots=True)
class _Notice:
    """See `templates/paper/notice.html`."""

    practice: _Letterhead
    to: tuple[str, ...]
    made_on: date
    step: str
    number: str
    billed_on: date
    owed: Money
    from_on: date | None
    help_until: date | None
    remit_to: tuple[str, ...]
    site: str
    qr: str


@dataclass(frozen=True, slots=True)
class _OwnLetter:
    """See `templates/paper/own_letter.html`."""

    practice: _Letterhead
    to: tuple[str, ...]
    made_on: date
    subject: Text
    paragraphs: tuple[Text | str, ...]


@dataclass(frozen=True, slots=True)
class _Receipt:
    """See `templates/paper/receipt.html`."""

    practice: _Letterhead
    to: tuple[str, ...]
    made_on: date
    number: str
    amount: Money
    paid_on: date
    means: Text
    patient_name: str
    rows: tuple[tuple[date, Money], ...]
    unapplied: Money


class Paper:
    """Sets documents; slow, so jobs only. WeasyPrint and its system libraries are loaded with the first document.

    `templates` is the folder with `paper/`; `cache` keeps the cuts of the typeface. Raises RuntimeError where the
    system libraries are missing, saying which.
    """

    def __init__(self, templates: Path, cache: Path) -> None:
        self._templates, self._cache = templates, cache

    def statement(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A statement as PDF/UA-1 in a language of the house; `content` is what `statements.content.dump` made."""
        sheet = _Sheet.of(load(content))
        return self._set("paper/statement.html", sheet, Speaker(best_locale(language), time_zone))

    def letter(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A letter to a payer as PDF/UA-1; `content` is what `letters.dump` made."""
        practice = content["practice"]
        sheet = _PayerLetter(
            practice=_Letterhead(practice["name"], tuple(practice["lines"]), practice["phone"]),
            to=tuple(content["to"]), made_on=date.fromisoformat(content["made_on"]), subject=content["subject"],
            number=content["number"], rows=tuple((word, value) for word, value in content["rows"]),
            paragraphs=tuple(content["paragraphs"]), enclosures=tuple(content["enclosures"]), sender=content["sender"],
        )  # fmt: skip
        return self._set("paper/payer_letter.html", sheet, Speaker(best_locale(language), time_zone))

    def notice(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A letter about a bill that waits as PDF/UA-1; `content` is what `services.dunning.letters` made."""
        practice, url = content["practice"], content["pay_url"]
        ends = [date.fromisoformat(day) if day else None for day in (content["from_on"], content["help_until"])]
        head = _Letterhead(practice["name"], tuple(practice["lines"]), phone_written(practice["phone"]))
        sheet = _Notice(
            practice=head, to=tuple(content["to"]), made_on=date.fromisoformat(content["made_on"]),
            step=content["step"], number=content["number"], billed_on=date.fromisoformat(content["billed_on"]),
            owed=Money(content["owed_cents"]), from_on=ends[0], help_until=ends[1],
            remit_to=tuple(content["remit_to"]), site=url.removeprefix("https://").removeprefix("http://"), qr=_qr(url),
        )  # fmt: skip
        return self._set("paper/notice.html", sheet, Speaker(best_locale(language), time_zone))

    def own_letter(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A letter to a patient as PDF/UA-1: `subject` and `paragraphs` are texts as JSON, or words as they are."""
        practice = content["practice"]
        sheet = _OwnLetter(
            practice=_Letterhead(practice["name"], tuple(practice["lines"]), phone_written(practice["phone"])),
            to=tuple(content["to"]),
            made_on=date.fromisoformat(content["made_on"]),
            subject=from_json(content["subject"]),
            paragraphs=tuple(each if isinstance(each, str) else from_json(each) for each in content["paragraphs"]),
        )
        return self._set("paper/own_letter.html", sheet, Speaker(best_locale(language), time_zone))

    def receipt(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        """A receipt as PDF/UA-1; `content` is what `services.payments.receipts` made. It names no service."""
        practice = content["practice"]
        sheet = _Receipt(
            practice=_Letterhead(practice["name"], tuple(practice["lines"]), phone_written(practice["phone"])),
            to=tuple(content["to"]), made_on=date.fromisoformat(content["paid_on"]), number=content["number"],
            amount=Money(content["cents"]), paid_on=date.fromisoformat(content["paid_on"]),
            means=from_json(content["means"]), patient_name=content["patient_name"],
            rows=tuple((date.fromisoformat(day), Money(cents)) for day, cents in content["rows"]),
            unapplied=Money(content["unapplied_cents"]),
        )  # fmt: skip
        return self._set("paper/receipt.html", sheet, Speaker(best_locale(language), time_zone))

    def _set(self, template: str, page: object, speaker: Speaker) -> bytes:
        token = _speaker.set(speaker)
        try:
            html = self._environment.get_template(template).render(page=page)
        finally:
            _speaker.reset(token)
        return self._press.set(html)

    @cached_property
    def _environment(self) -> jinja2.Environment:
        made = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self._templates),
            autoescape=jinja2.select_autoescape(["html"]),
            undefined=jinja2.StrictUndefined,
        )
        install(made, _speaker.get)
        return made

    @cached_property
    def _press(self) -> _Press:
        base, style = ((self._templates / "paper" / name).read_text(encoding="utf-8") for name in _SHEETS)
        return _Press(base, style, cuts(self._cache))


class _Press:
    """WeasyPrint with what is kept from one document to the next."""

    def __init__(self, base: str, style: str, fonts: Mapping[str, bytes]) -> None:
        try:
            import weasyprint  # noqa: PLC0415 - a second, and system libraries that only this worker needs
            from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 - as above
            from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415 - as above
        except OSError as error:
            raise RuntimeError(
                "WeasyPrint needs libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0 of the system"
            ) from error

        class Closed(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
            """Gives our own fonts and pictures within the document; refuses every other address."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                name = url.removeprefix(_BASE)
                if name in fonts:
                    return URLFetcherResponse(url, body=fonts[name], headers={"Content-Type": "font/ttf"})
                if url.startswith("data:image/png;base64,"):
                    return super().fetch(url, headers)
                raise ValueError("paper fetches nothing")

        plain = weasyprint.CSS(string=base)

        class Sheet(weasyprint.HTML):  # type: ignore[misc]  # as above
            """A document that takes for granted what `templates/paper/base.css` says, and no more."""

            def _ua_stylesheets(self, forms: bool = False) -> list[Any]:  # noqa: ARG002, FBT - the library's own call
                return [plain]

        self._html, self._fetcher, self._fonts = Sheet, Closed(), FontConfiguration()
        self._style = weasyprint.CSS(
            string=style, base_url=_BASE, url_fetcher=self._fetcher, font_config=self._fonts
        )  # fmt: skip
        gc.collect()
        gc.freeze()

    def set(self, html: str) -> bytes:
        """One document."""
        with _unhurried():
            document = self._html(string=html, base_url=_BASE, url_fetcher=self._fetcher)
            made: bytes = document.write_pdf(
                stylesheets=[self._style], font_config=self._fonts, pdf_variant="pdf/ua-1"
            )  # fmt: skip
        return made


@contextmanager
def _unhurried() -> Iterator[None]:
    """Box trees are large and cyclic: collecting often costs a tenth and finds little."""
    kept = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*kept)


def cuts(cache: Path) -> dict[str, bytes]:
    """The static Latin cuts of the typeface by their name in the style sheet; made once into `cache`, each put whole.

    The variable font costs a quarter more for every document.
    """
    source = (resources.files("fontpkg_public_sans") / "files" / "PublicSans[wght].ttf").read_bytes()
    edition = hashlib.sha256(source).hexdigest()[:12]
    cache.mkdir(parents=True, exist_ok=True)
    found: dict[str, bytes] = {}
    for weight in _WEIGHTS:
        path = cache / f"public-sans-{edition}-{weight}.ttf"
        if not path.exists():
            aside = path.with_suffix(f".{os.getpid()}")
            aside.write_bytes(_cut(source, weight))
            aside.replace(path)
        found[f"fonts/public-sans-{weight}.ttf"] = path.read_bytes()
    return found


def _cut(source: bytes, weight: int) -> bytes:
    from io import BytesIO  # noqa: PLC0415 - fontTools and its tables are needed once in the life of a cache

    from fontTools.subset import Options, Subsetter  # noqa: PLC0415 - as above
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - as above
    from fontTools.varLib.instancer import instantiateVariableFont  # noqa: PLC0415 - as above

    font = instantiateVariableFont(TTFont(BytesIO(source)), {"wght": weight}, inplace=True)
    options = Options()
    options.layout_features = ["kern", "liga", "tnum", "mark", "mkmk", "ccmp", "locl"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(map(ord, PRINTED)))
    subsetter.subset(font)
    target = BytesIO()
    font.save(target)
    return target.getvalue()


@lru_cache(maxsize=64)
def _qr(url: str) -> str:
    """The address as a QR code, a PNG at one pixel a module; the mask is fixed, as choosing one costs 15 ms."""
    made: str = segno.make_qr(url, error="m", mask=4).png_data_uri(scale=1, border=4)
    return made
