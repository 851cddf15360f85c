"""The days of a contract in words."""

from __future__ import annotations

from datetime import date

from portal.domain.contracts import BASES, Terms, medicare_limit
from portal.domain.payers import MEDICARE_FILING
from portal.domain.texts import T_, Text

SOURCES = {
    "contract": T_("Contract"),
    "payer": T_("No contract; as loaded with the payer"),
    "assumed": T_("No contract; assumed, to be early rather than late"),
}


def said(terms: Terms, kind: str = "") -> tuple[Text, ...]:
    """The days in words, one short sentence each; `kind` is the payer's (SBR09)."""
    if kind in MEDICARE_FILING:
        said = [T_("File within one calendar year of the service, by law.")]
    else:
        said = [
            T_(
                "File within {n} day of {start}.", "File within {n} days of {start}.", n=terms.filing_days,
                start=BASES[terms.filing_from],
            )
        ]  # fmt: skip
    if terms.secondary_days is not None:
        said.append(
            T_(
                "As second payer, within {n} day of the first payer's remittance.",
                "As second payer, within {n} days of the first payer's remittance.", n=terms.secondary_days,
            )
        )  # fmt: skip
    if terms.replacement_days is not None:
        said.append(
            T_(
                "Replace within {n} day of the remittance.", "Replace within {n} days of the remittance.",
                n=terms.replacement_days,
            )
        )  # fmt: skip
    if terms.appeal_days is not None:
        said.append(
            T_(
                "Appeal within {n} day of the remittance.", "Appeal within {n} days of the remittance.",
                n=terms.appeal_days,
            )
        )  # fmt: skip
    return tuple(said)


def of_medicare(today: date) -> Text:
    """What law says of Medicare, with the day for a service of today."""
    return T_(
        "Medicare takes claims, and their corrections, for one calendar year from the service, whatever is kept here:"
        " for a service of today until {day} (42 CFR 424.44).",
        day=medicare_limit(today),
    )
