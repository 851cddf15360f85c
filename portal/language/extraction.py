"""Collect the messages that must be in both languages, and bring the catalogues up to date.

Run as `python -m portal.language.extraction`, best after every change of a sentence that patients read.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Generator, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from portal.language.catalogues import DOMAIN, FOLDER

ROOT = Path(__file__).resolve().parents[2]

SPOKEN_TO_PATIENTS = (
    "portal/domain/assistance/incomes.py",
    "portal/domain/assistance/life.py",
    "portal/domain/assistance/policy.py",
    "portal/domain/consents.py",
    "portal/domain/devices.py",
    "portal/domain/documents.py",
    "portal/domain/messages/life.py",
    "portal/domain/messages/tasks.py",
    "portal/domain/payment_plans.py",
    "portal/domain/payments.py",
    "portal/domain/people.py",
    "portal/domain/refunds.py",
    "portal/domain/statements/**.py",
    "portal/domain/typed.py",
    "portal/domain/users.py",
    "portal/services/auditing/access_report.py",
    "portal/services/assistance/applying.py",
    "portal/services/assistance/letters.py",
    "portal/services/auditing/looks.py",
    "portal/services/coverage/own.py",
    "portal/services/messages/items.py",
    "portal/services/messages/own.py",
    "portal/services/messages/saying.py",
    "portal/services/patients/changing.py",
    "portal/services/patients/elsewhere.py",
    "portal/services/patients/letters.py",
    "portal/services/patients/own_restrictions.py",
    "portal/services/patients/record.py",
    "portal/services/payment_plans/proposing.py",
    "portal/services/payment_plans/showing.py",
    "portal/services/payments/guests.py",
    "portal/services/payments/paying.py",
    "portal/services/payments/receipts.py",
    "portal/services/payments/showing.py",
    "portal/services/statements/building.py",
    "portal/services/statements/changes.py",
    "portal/services/statements/explaining.py",
    "portal/services/statements/home.py",
    "portal/services/statements/visits.py",
    "portal/services/users/accounts.py",
    "portal/services/users/hats.py",
    "portal/services/users/proxies.py",
    "portal/services/users/registration.py",
    "portal/services/users/signing.py",
    "portal/web/auth/**.py",
    "portal/web/errors.py",
    "portal/web/frame.py",
    "portal/web/guest/**.py",
    "portal/web/patient/**.py",
    "templates/auth/**.html",
    "templates/base.html",
    "templates/errors/**.html",
    "templates/guest/**.html",
    "templates/macros/**.html",
    "templates/mail/**.txt",
    "templates/paper/**.html",
    "templates/patient/**.html",
    "templates/text/**.txt",
)
"""Sources whose messages must stand complete in every catalogue; words for the office are marked, not collected."""

METHODS = [
    (pattern, "portal.language.extraction:texts" if pattern.endswith(".py") else "jinja2")
    for pattern in SPOKEN_TO_PATIENTS
]
OPTIONS: dict[str, dict[str, object]] = {
    pattern: {"encoding": "utf-8", "silent": "false", "trimmed": "true", "newstyle_gettext": "true"}
    for pattern in SPOKEN_TO_PATIENTS
}

Found = Generator[tuple[int, str, str | tuple[str, str], list[str]], None, None]


def texts(
    source: BinaryIO, _keywords: Mapping[str, object], _comment_tags: Collection[str], options: Mapping[str, object]
) -> Found:
    """Messages of `T_("…")` and `T_("…", "…", n=…)` calls in Python, as Babel's extraction interface asks.

    Babel's own reader cannot tell a plural from a keyword argument, so the syntax tree is read.
    """
    encoding = str(options.get("encoding", "utf-8"))
    for node in ast.walk(ast.parse(source.read().decode(encoding))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "T_"):
            continue
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if len(words) == 2:
            yield node.lineno, "ngettext", (words[0], words[1]), []
        elif words:
            yield node.lineno, "gettext", words[0], []


def _is_folder(path: str) -> bool:
    return any(pattern.startswith(path) or path.startswith(pattern.split("*")[0]) for pattern in SPOKEN_TO_PATIENTS)


def collect(root: Path = ROOT) -> Catalog:
    """Every message of `SPOKEN_TO_PATIENTS` under a root, with the files it comes from."""
    catalogue = Catalog(project="Candor", domain=DOMAIN)
    for name, _line, message, _comments, _context in extract_from_dir(
        str(root),
        method_map=METHODS,
        options_map=OPTIONS,
        keywords=DEFAULT_KEYWORDS,
        directory_filter=lambda path: _is_folder(Path(path).relative_to(root).as_posix()),
    ):
        catalogue.add(message, locations=[(name, 0)])
    return catalogue


def update(path: Path, template: Catalog) -> None:
    """Bring one kept catalogue up to date: new messages come in empty, unused ones go out, nothing is guessed."""
    with path.open("rb") as kept:
        catalogue = read_po(kept, locale=path.parents[1].name, domain=DOMAIN)
    written_on = catalogue.creation_date
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.creation_date = written_on  # else every run changes the file
    catalogue.obsolete.clear()
    with path.open("wb") as target:
        write_po(
            target,
            catalogue,
            width=120,
            sort_by_file=True,
            include_lineno=False,
            ignore_obsolete=True,
        )


def missing(catalogue: Catalog, template: Catalog) -> Iterable[str]:
    """Message ids of the template that have no finished translation in the catalogue."""
    for message in template:
        if not message.id:
            continue
        kept = catalogue.get(message.id)
        said = () if kept is None or kept.fuzzy else kept.string
        forms = said if isinstance(said, (tuple, list)) else (said,)
        if not forms or not all(forms):
            yield message.id if isinstance(message.id, str) else message.id[0]


def main() -> int:
    """Update every catalogue; names what is still to be translated. Exit code 1 when something is."""
    template = collect()
    left = 0
    for path in sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        update(path, template)
        with path.open("rb") as kept:
            for message in missing(read_po(kept), template):
                left += 1
                sys.stdout.write(f"{path.parents[1].name}: {message}\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
