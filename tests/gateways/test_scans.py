"""Documents are drawn by a process that can do nothing else, and whatever they do to it is told in plain words."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

from portal.domain.documents import UNSHOWN, PagePicture, Unshowable
from portal.gateways.scans import decoding
from portal.gateways.scans.calling import Limits, Scans
from tests.make import scans

TIGHT = Limits(memory_bytes=400 * 1024 * 1024, cpu_seconds=20, seconds=60)


def shown(body: bytes, media_type: str, **more: int) -> list[PagePicture]:
    return list(Scans(TIGHT).pages(body, media_type, **more))


def opened(page: PagePicture) -> Image.Image:
    image = Image.open(io.BytesIO(page.body))
    assert image.size == (page.width, page.height)
    assert image.get_format_mimetype() == page.media_type
    return image


def refusal(body: bytes, media_type: str, limits: Limits = TIGHT) -> str:
    with pytest.raises(Unshowable) as caught:
        list(Scans(limits).pages(body, media_type))
    return caught.value.code


def test_pages_of_a_pdf_are_drawn_at_150_dots_an_inch():
    pages = shown(scans.pdf(3), "application/pdf")
    assert [(page.number, page.of, page.media_type) for page in pages] == [(n, 3, "image/png") for n in (1, 2, 3)]
    image = opened(pages[0])
    assert image.size == pytest.approx((1275, 1650), abs=1)
    assert image.convert("L").getextrema() == (0, 255), "the letters are there, though no font of the system is"
    assert pages[0].body != pages[1].body


def test_drawing_goes_on_from_any_page():
    assert [page.number for page in shown(scans.pdf(4), "application/pdf", first=3)] == [3, 4]
    assert [page.number for page in shown(scans.tiff(3), "image/tiff", first=2)] == [2, 3]
    assert shown(scans.pdf(2), "application/pdf", first=3) == []


def test_pages_of_a_fax_have_square_dots():
    pages = shown(scans.tiff(2, size=(1728, 1078), dpi=(204, 98)), "image/tiff")
    assert len(pages) == 2
    image = opened(pages[0])
    assert image.height / image.width == pytest.approx(11 / 8.5, rel=0.02)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_every_mode_is_shown(mode: str):
    (page,) = shown(scans.png(image=scans.sheet(mode)), "image/png")
    assert opened(page).size == (600, 800)


def test_what_is_seen_through_stands_on_white():
    (page,) = shown(scans.png(image=Image.new("RGBA", (50, 50), (0, 0, 0, 0))), "image/png")
    assert opened(page).convert("L").getextrema() == (255, 255)


def test_a_photograph_is_turned_as_it_was_taken_and_made_smaller():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.effect_noise((4000, 3000), 20).convert("RGB")
    (page,) = shown(scans.jpeg(image=image, exif=exif), "image/jpeg")
    assert page.media_type == "image/jpeg"
    assert opened(page).size == (1650, 2200)


def test_a_picture_in_cmyk_is_shown():
    (page,) = shown(scans.jpeg(image=Image.new("CMYK", (60, 60), (0, 0, 0, 0))), "image/jpeg")
    assert opened(page).mode == "RGB"


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (scans.locked_pdf(), "application/pdf", "encrypted"),
        (scans.pdf()[:300] + b"%%EOF", "application/pdf", "damaged"),
        (b"%PDF-1.7\n%%EOF", "application/pdf", "damaged"),
        (scans.png()[:200] + scans.png()[-12:], "image/png", "damaged"),
        (scans.jpeg()[:300] + b"\xff\xd9", "image/jpeg", "damaged"),
        (scans.png(), "image/tiff", "damaged"),
        (scans.png_bomb(20_000), "image/png", "too-large"),
    ],
)
def test_why_a_document_cannot_be_shown_is_told(body: bytes, media_type: str, code: str):
    assert refusal(body, media_type) == code


def test_a_pdf_that_only_forbids_changes_is_shown():
    assert len(shown(scans.locked_pdf(user=""), "application/pdf")) == 1


def test_pages_before_the_damage_are_shown():
    whole = scans.tiff(2, mode="L")
    with Image.open(io.BytesIO(whole)) as image:
        image.seek(1)
        place = image.tag_v2[273][0]
    hurt = whole[:place] + b"\xff" * 50 + whole[place + 50 :]
    drawing = Scans(TIGHT).pages(hurt, "image/tiff")
    assert next(drawing).number == 1
    with pytest.raises(Unshowable) as caught:
        next(drawing)
    assert caught.value.code == "damaged"


def test_too_many_pages_are_told_before_any_is_drawn():
    assert refusal(scans.pdf(201), "application/pdf") == "too-many-pages"


def test_what_needs_too_much_memory_is_told():
    little = Limits(memory_bytes=150 * 1024 * 1024, cpu_seconds=20, seconds=60)
    assert refusal(scans.png(image=Image.new("RGB", (7000, 7000))), "image/png", little) == "too-heavy"


PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import decoding
def draw(body, media_type, first):
{inside}
    yield {{"pages": 1}}, b""
decoding._of_pdf = draw
decoding.main(sys.argv[1], *(int(each) for each in sys.argv[2:5]))
"""


def program(tmp_path: Path, inside: str) -> Path:
    """The real program, whose reader of PDF files has been taken over by a document."""
    path = tmp_path / "taken.py"
    lines = "\n".join("    " + line for line in inside.splitlines())
    path.write_text(PROGRAM.format(folder=str(Path(decoding.__file__).parent), inside=lines))
    return path


def code_of(path: Path, limits: Limits = TIGHT) -> str:
    with pytest.raises(Unshowable) as caught:
        list(Scans(limits, program=path).pages(scans.pdf(), "application/pdf"))
    return caught.value.code


def test_one_that_takes_memory_without_end_is_ended(tmp_path: Path):
    assert code_of(program(tmp_path, "kept = []\nwhile True: kept.append(bytearray(1 << 24))")) == "too-heavy"


def test_one_that_loops_is_ended_by_the_processor_it_used(tmp_path: Path):
    busy = Limits(memory_bytes=TIGHT.memory_bytes, cpu_seconds=1, seconds=60)
    assert code_of(program(tmp_path, "while True: pass"), busy) == "too-heavy"


def test_one_that_waits_is_ended_by_the_clock(tmp_path: Path):
    short = Limits(memory_bytes=TIGHT.memory_bytes, cpu_seconds=20, seconds=1)
    assert code_of(program(tmp_path, "import time\ntime.sleep(3600)"), short) == "too-heavy"


def test_one_that_crashes_is_told(tmp_path: Path):
    assert code_of(program(tmp_path, "import os\nos.abort()")) == "damaged"


@pytest.mark.parametrize(
    "attempt",
    [
        "open({place!r}, 'w')",
        "open('/etc/hostname')",
        "import socket; socket.socket()",
        "import os; os.pipe()",
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); open('/etc/hostname')",
    ],
)
def test_one_that_was_taken_over_opens_nothing(tmp_path: Path, attempt: str):
    place = tmp_path / "written"
    tried = attempt.format(place=str(place))
    inside = f"try:\n  {tried}\nexcept (OSError, ValueError):\n  raise decoding.Refused('encrypted')"
    assert code_of(program(tmp_path, inside)) == "encrypted", "what it tried was refused"
    assert not place.exists()


def test_it_has_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CANDOR_ROOT_KEY", "1:00")
    inside = (
        "import os\nif 'CANDOR_ROOT_KEY' in os.environ or os.getcwd() != '/': raise ValueError\n"
        "raise decoding.Refused('encrypted')"
    )
    assert code_of(program(tmp_path, inside)) == "encrypted"


@pytest.mark.parametrize(
    "answer",
    [
        "", "nonsense\n", "[1]\n", '{"pages": 0}\n', '{"pages": 100000}\n', '{"pages": "1"}\n', '{"end": true}\n',
        '{"pages": 1}\n{"end": true}\n',
        '{"pages": 1}\n{"number": 2, "type": "image/png", "width": 1, "height": 1, "size": 1}\nx',
        '{"pages": 1}\n{"number": 1, "type": "text/html", "width": 1, "height": 1, "size": 1}\nx',
        '{"pages": 1}\n{"number": 1, "type": "image/png", "width": 1, "height": 1, "size": 8}\n<script>',
        '{"pages": 1}\n{"number": 1, "type": "image/png", "width": 1, "height": 1, "size": 99999999999}\nx',
        '{"refused": "<b>"}\n', '{"refused": []}\n', "{" + "x" * 5000,
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_not_believed(tmp_path: Path, answer: str):
    path = tmp_path / "liar.py"
    path.write_text(f"import sys\nsys.stdin.buffer.read()\nsys.stdout.write({answer!r})\n")
    assert code_of(path) == "damaged"


def test_one_that_does_not_even_listen_is_told(tmp_path: Path):
    path = tmp_path / "deaf.py"
    path.write_text("")
    with pytest.raises(Unshowable):
        list(Scans(TIGHT, program=path).pages(bytes(5_000_000), "application/pdf"))


def test_nobody_is_left_when_the_reader_goes_away(monkeypatch):
    # only what this test started is asked about: a worker of the tests may have children and threads of others
    started, before, begin = [], set(threading.enumerate()), subprocess.Popen

    def noting(*given, **more):
        started.append(begin(*given, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noting)
    for page in Scans(TIGHT).pages(scans.pdf(3), "application/pdf"):
        assert page.number == 1
        break
    (process,) = started
    assert process.returncode is not None, "ended and waited for"
    for clock in set(threading.enumerate()) - before:
        clock.join(timeout=10)
        assert not clock.is_alive()


def test_every_code_of_the_program_has_words():
    text = Path(decoding.__file__).read_text()
    for code in UNSHOWN:
        assert f'"{code}"' in text


def test_the_program_knows_nothing_of_ours():
    asked = (
        f"import sys; sys.path.insert(0, {str(Path(decoding.__file__).parent)!r}); "
        "import decoding; print([n for n in sys.modules if n.split('.')[0] in ('portal', 'audit')])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", asked], capture_output=True, text=True, check=True, env={})
    assert done.stdout.strip() == "[]"
