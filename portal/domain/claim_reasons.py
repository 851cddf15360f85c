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
