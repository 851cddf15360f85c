"""Why each built-in edit is there and what to do about it, for the page that lists them all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from portal.domain.texts import T_, Text

_PRACTICE = T_("An administrator corrects the practice's own data.")
_REGISTRATION = T_("Correct the registration or the coverage, then check again.")
_FACILITY = T_("Correct it in the facility's system and import the visit again.")
_OWN_SYSTEM = T_("Let the practice enter it in its own system and send the visit again.")
_CERTIFICATE = T_("An administrator keeps the laboratory's certificate.")
_VISIT = T_("Correct it in the visit's details.")
_DRUG = T_("Return the claim to coding, which gives drug code, quantity and unit.")
_CODING = T_("Return the claim to coding.")
_CHARGES = T_("Return the claim to charge entry.")
_LATE = T_("Look for proof of earlier filing; else ask a manager.")
_RANKS = T_("Ask the patient which plan pays first, and correct the ranks.")
_RETURNED = T_("The clearinghouse or the payer returns the whole claim.")
_NPI = T_("Payers know providers by their NPI; a wrong one is nobody's.")
_TWICE = T_("A second bill is denied as a duplicate, and many of them look like fraud.")
_UNPAID = T_("After the limit nobody pays: not the payer, and not the patient.")
_LIABLE = T_("The wrong payer first means a denial now or money to give back later.")
_DATED = T_("Codes hold by the day of service; others are denied.")
_PLAIN = T_("The payer cannot tell what was done, or pays something else.")
_NCCI = T_("Medicare and most payers deny by CMS's tables.")
_GLOBAL = T_("What a surgeon's payment covers (CMS's global period) is not paid twice.")
_PRICES = T_("The payer's fee schedule, where one is loaded, says what it allows.")

_REASONS: Final[Mapping[str, tuple[Text, Text]]] = MappingProxyType({
    "control": (T_("The payer returns this number with its answer; we find the claim by it."),
                T_("Make the claim anew; it gets a number of its own.")),
    "frequency": (_RETURNED, T_("Choose original, replacement or void.")),
    "payer-control": (T_("The payer finds the claim to replace or void by its own number."),
                      T_("Take it from the remittance.")),
    "duplicate": (_TWICE, T_("Void or replace the other claim, or code the repeat with modifier 76 or 77.")),
    "near-duplicate": (_TWICE, T_("Compare the two before you send it.")),
    "filing-passed": (_UNPAID, _LATE),
    "filing-assumed": (T_("Without the payer's days, the limit may have passed unseen."),
                       T_("Look the days up and keep them as the payer's contract.")),
    "replacement-passed": (_UNPAID, T_("Ask the payer for an exception, or appeal.")),
    "replacement-late": (T_("Payers have limits of their own for replacements."),
                         T_("Look up the limit and keep it as the payer's contract.")),
    "filing-soon": (_UNPAID, T_("Send it before the others.")),
    "restricted": (T_("The patient's right, where they paid in full (45 CFR 164.522(a)(1)(vi))."),
                   T_("Do not bill it. The charges stay on the patient's own account.")),
    "billing-required": (_RETURNED, _PRACTICE),
    "billing-npi": (_NPI, _PRACTICE),
    "rendering-npi": (_NPI, _PRACTICE),
    "tax-id": (T_("Payments are reported to the tax office under it."), _PRACTICE),
    "taxonomy": (_RETURNED, _PRACTICE),
    "taxonomy-missing": (T_("Many payers find the contract by it."), _PRACTICE),
    "npi-kinds": (T_("A practice and a person have NPIs of different kinds."),
                  T_("Right for somebody who bills alone; else an administrator corrects it.")),
    "post-box": (T_("The 837 takes a street as the billing address."),
                 T_("Give the box as the address to pay to.")),
    "billing-zip": (_RETURNED, _PRACTICE),
    "patient-required": (_RETURNED, _REGISTRATION),
    "subscriber-required": (_RETURNED, _REGISTRATION),
    "subscriber-address": (_RETURNED, _REGISTRATION),
    "payer-required": (_RETURNED, _REGISTRATION),
    "birth-date": (T_("The payer does not find the patient."), _REGISTRATION),
    "cob-order": (_LIABLE, T_("Wait for the first payer's remittance.")),
    "cob-gap": (_LIABLE, _RANKS),
    "cob-same-rank": (_LIABLE, _RANKS),
    "cob-birthday": (T_("The plan of the parent whose birthday comes first in the year pays first."),
                     T_("Unless a court order says otherwise, change the ranks.")),
    "cob-medicare": (T_("Plans that come with present work usually pay before Medicare."), _RANKS),
    "cob-forwarded": (T_("The next payer has it already; a second one is denied as a duplicate."),
                      T_("Wait for the next payer's answer.")),
    "cob-balance": (T_("The next payer returns a claim whose earlier payments and adjustments do not add up."),
                    T_("Compare the remittance with the claim.")),
    "cob-lines": (T_("The next payer needs the earlier answer line by line."),
                  T_("Compare the remittance with the claim.")),
    "cob-room": (T_("An 837 carries five adjustment segments for a line."),
                 T_("Send it by the payer's portal or on paper.")),
    "authorization-missing": (T_("What was not approved in advance is denied, and cannot be billed to the patient."),
                              T_("Ask the payer, or record the number.")),
    "authorization-unrecorded": (T_("A number that nobody recorded cannot be counted down."),
                                 T_("Record the authorization.")),
    "bill-type": (_RETURNED, _FACILITY),
    "statement": (_RETURNED, _FACILITY),
    "patient-status": (_RETURNED, _FACILITY),
    "stay-frequency": (T_("A bill for a part of a stay and the patient's status must say the same."), _FACILITY),
    "discharge-hour": (_RETURNED, _FACILITY),
    "revenue-code": (_RETURNED, _CHARGES),
    "attending": (_RETURNED, _FACILITY),
    "authorization-exception": (T_("A payer that is told why it was not asked may pay all the same."),
                                T_("Send the record when it asks.")),
    "authorization-exception-shape": (_RETURNED, _VISIT),
    "late-charges": (T_("A payer adds late charges to a bill that it has; without one it denies them."),
                     T_("Send the bill of the stay first.")),
    "facility-missing": (T_("The payer pays by the facility, and returns a claim that names none."),
                         T_("Name it in the visit's details, or on the practice's list.")),
    "facility-shape": (_RETURNED, _VISIT),
    "facility-own": (T_("The 837 names a facility only where it is another than the billing provider."), _VISIT),
    "facility-place": (T_("A hospital's outpatient department and its wards are paid differently."), _VISIT),
    "admission-missing": (_RETURNED, _VISIT),
    "admission-unsaid": (_RETURNED, _VISIT),
    "stay-days": (T_("The payer compares it with the hospital's own claim."), _VISIT),
    "accident": (T_("Another insurer may have to pay first."), _VISIT),
    "onset": (_RETURNED, _VISIT),
    "referring-npi": (_NPI, _VISIT),
    "referring-missing": (T_("Medicare pays no test without who ordered it (42 CFR 410.32, 424.507)."), _VISIT),
    "dental-code": (_RETURNED, _CODING),
    "tooth": (_RETURNED, _VISIT),
    "prosthesis": (T_("A replacement is paid only some years after the one before."), _VISIT),
    "orthodontics": (_RETURNED, _VISIT),
    "dental-drug": (T_("The 837D has no place for a drug's code."), _VISIT),
    "line-count": (T_("The 837 takes one to fifty lines."), T_("Split the claim, or enter the charges.")),
    "sum": (_RETURNED, _CHARGES),
    "zero": (T_("Many payers reject a claim of nought."), _CHARGES),
    "charge": (_RETURNED, _CHARGES),
    "place": (T_("The place decides what is paid."), _CHARGES),
    "diagnosis-count": (_RETURNED, _CODING),
    "diagnosis-shape": (_RETURNED, _CODING),
    "diagnosis-set": (T_("45 CFR 162.1002: the day of service decides."), _CODING),
    "diagnosis-valid": (_DATED, _CODING),
    "line-date": (_RETURNED, _CHARGES),
    "future": (T_("Nothing is paid before it is done."), _CHARGES),
    "pointers": (T_("The diagnosis says why a service was needed."), _CODING),
    "procedure-shape": (_RETURNED, _CODING),
    "procedure-valid": (_DATED, _CODING),
    "modifier-shape": (_RETURNED, _CODING),
    "modifier-valid": (_DATED, _CODING),
    "units": (_RETURNED, _CHARGES),
    "diagnosis-sex": (T_("Some payers deny it; often the registration is wrong."), _REGISTRATION),
    "diagnosis-age": (T_("Some payers deny it; often the registration is wrong."), _REGISTRATION),
    "diagnosis-external": (T_("A cause never stands first (Official Guidelines, chapter 20)."), _CODING),
    "diagnosis-manifestation": (T_("The disease behind it stands first (Official Guidelines I.A.13)."), _CODING),
    "diagnosis-side": (T_("Payers deny a service on one side for a diagnosis on the other."), _CODING),
    "diagnosis-side-likely": (T_("Payers may take it for a mistake."), T_("Compare the record.")),
    "diagnosis-side-unsaid": (T_("Some payers deny a code that leaves the side open where there are codes for each."),
                              _CODING),
    "modifier-conflict": (_PLAIN, _CODING),
    "modifier-order": (T_("Some payers read only the first modifier."), _CODING),
    "modifier-evaluation": (T_("Payers deny a service whose modifier is for evaluations only."), _CODING),
    "modifier-25-alone": (_PLAIN, T_("Look for the other service of the day.")),
    "global-evaluation": (_GLOBAL, _CODING),
    "global-decision": (_GLOBAL, _CODING),
    "global-return": (_GLOBAL, _CODING),
    "clia-shape": (_RETURNED, _OWN_SYSTEM),
    "clia-waived": (T_("A waived test is paid only to a laboratory with a certificate (42 CFR 493)."), _CERTIFICATE),
    "clia-missing": (T_("Medicare and many payers pay tests only with the laboratory's certificate (42 CFR 493)."),
                     _CERTIFICATE),
    "clia-beyond": (T_("A certificate of waiver or microscopy pays for those tests only (42 CFR 493.15, 493.19)."),
                    _CODING),
    "ndc-shape": (_RETURNED, _DRUG),
    "ndc-missing": (T_("Medicaid claims the maker's rebate by it (42 CFR 447.520); some drugs have no other code."),
                    _DRUG),
    "telehealth-place": (_PLAIN, T_("Correct the place or the modifier.")),
    "coverage-policy": (T_("A service is denied for a reason that the payer's policy does not cover (LCD, NCD)."),
                        T_("Look for another documented reason; else an advance notice (GA), or GZ.")),
    "abn-missing": (T_("Without the notice the patient does not owe what is denied (CMS, chapter 30)."),
                    T_("Attach the signed notice to the claim or the visit.")),
    "abn-unsigned": (T_("Denied for want of need and without a notice, it is the practice's loss (CMS, chapter 30)."),
                     T_("Do not bill the patient.")),
    "ncci-ptp": (_NCCI, T_("Take a line off, or let coding add the modifier that the record bears out.")),
    "mue": (_NCCI, _CHARGES),
    "mue-review": (_NCCI, T_("Compare the units with the record.")),
    "fee-below": (_PRICES, T_("Compare the practice's price and the units.")),
    "fee-above": (_PRICES, T_("Compare the practice's price and the units.")),
})  # fmt: skip


def of(code: str) -> tuple[Text, Text]:
    """The reason of a built-in rule and what to do; raises KeyError for a code that none has."""
    return _REASONS[code]


CODES: Final = frozenset(_REASONS)
