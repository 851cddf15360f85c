"""Why people and rules move a claim that is not with its payer: holds, returns to draft, reworks."""

from __future__ import annotations

from portal.domain.texts import T_, Text

HOLDS: dict[str, Text] = {
    "record": T_("A record from the provider is awaited"),
    "authorization": T_("An approval in advance is awaited"),
    "coverage": T_("The coverage is being checked"),
    "duplicate": T_("It may be billed already"),
    "payer-request": T_("The payer asked us to wait"),
    "answered-late": T_("The payer took an earlier version after all; do not send it again"),
}
"""Reasons for which a claim is held."""

RETURNS: dict[str, Text] = {
    "clean": T_("The edits found nothing to mend"),
    "edits": T_("The edits found something to mend"),
    "guide": T_("The file check found something to mend"),
}
"""Why the rules move a claim between draft and ready; people give one of `encounters.CODING_ERRORS`."""

REWORKS: dict[str, Text] = {
    "registration": T_("The patient's registration was corrected"),
    "coverage": T_("The coverage was corrected"),
    "codes": T_("Codes or charges were corrected"),
    "practice": T_("The practice's own data was corrected"),
    "partner": T_("The partner's fault was cleared"),
}
"""What was corrected before a rejected claim goes again."""

PASSES: dict[str, Text] = {
    "little-left": T_("Too little is left to bill it"),
    "no-coverage": T_("The coverage did not stand on that day"),
    "not-covered": T_("The plan does not pay for it"),
    "patient-pays": T_("The patient pays the rest and wants no claim"),
    "too-late": T_("Its time to file has passed"),
}
"""Why a further payer is not billed after all: what waits for it goes to the next one, or to the patient."""
EARLIER_BILLED = "earlier-billed"
"""Why the claim to the payer behind is withdrawn again: the one before it is billed after all."""
BILLED_AFTER_ALL = T_("It is billed after all")
