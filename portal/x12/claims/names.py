"""Names and addresses as an 837 carries them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from portal.domain.claims import Address, Claim, Cover, Person, Rendering
from portal.domain.dates import x12_date
from portal.domain.payers import MEDICARE_FILING
from portal.x12.characters import Element

Segments: TypeAlias = Iterator[Sequence[Element]]


def person(qualifier: str, one: Person, id_qualifier: str = "", identifier: str = "") -> Segments:
    """NM1 of a person."""
    name = [one.last, one.first, one.middle, "", one.suffix]
    yield "NM1", qualifier, "1", *name, id_qualifier, identifier


def details(one: Person) -> Segments:
    """Where a person lives, and DMG; as far as they are known."""
    if one.address is not None:
        yield from address(one.address)
    if one.birth_date is not None:
        yield "DMG", "D8", x12_date(one.birth_date), one.sex or "U"


def address(one: Address) -> Segments:
    """N3 and N4."""
    yield "N3", one.line1, one.line2
    yield "N4", one.city, one.state, digits(one.postal_code)


def provider(qualifier: str, one: Rendering, taxonomy_of: str = "", *, person: bool = False) -> Segments:
    """NM1 of a provider of the claim, and PRV of a kind; `person` where the guide takes nobody else."""
    kind = "1" if one.first or person else "2"
    yield "NM1", qualifier, kind, one.last, one.first, "", "", "", *npi(one.npi)
    if one.taxonomy and taxonomy_of:
        yield "PRV", taxonomy_of, "PXC", one.taxonomy


def insurance_type(claim: Claim, cover: Cover) -> str:
    """SBR05, why Medicare pays second: of a professional claim, where Medicare does not come first (005010X222A1)."""
    medicare = cover.rank != "P" and cover.filing_code in MEDICARE_FILING
    professional = claim.institutional is None and claim.dental is None
    return cover.insurance_type if medicare and professional else ""


def npi(number: str) -> tuple[str, str]:
    """NM108 and NM109."""
    return ("XX", number) if number else ("", "")


def digits(text: str) -> str:
    """Only the digits."""
    return "".join(c for c in text if c in "0123456789")
