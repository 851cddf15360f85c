"""Names that came in capitals read as people write them; names that people typed stay."""

from __future__ import annotations

import pytest

from portal.domain.patients import as_people_write


@pytest.mark.parametrize(
    ("capitals", "written"),
    [
        ("O'SHAUGHNESSY", "O'Shaughnessy"), ("GARCIA-ROBLES", "Garcia-Robles"), ("MCADAM", "McAdam"), ("MC", "Mc"),
        ("ST. CLAIRMONT", "St. Clairmont"), ("214 ALDER STREET", "214 Alder Street"), ("PO BOX 9", "PO Box 9"),
        ("JOHN III", "John III"), ("NW 4TH AVE", "NW 4th Ave"), ("", ""),
    ],
)  # fmt: skip
def test_capitals_become_names(capitals, written):
    assert as_people_write(capitals) == written


@pytest.mark.parametrize("typed", ["van der Veldt", "Nguyễn", "d'Amaro", "McGEE jr"])
def test_what_a_person_typed_stays(typed):
    assert as_people_write(typed) == typed
