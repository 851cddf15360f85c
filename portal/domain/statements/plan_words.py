"""What a plan's answer means to a patient: its groups of adjustments (X12 CAGC) in plain words of ours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from portal.domain.texts import T_, Text

GROUPS: Mapping[str, Text] = MappingProxyType({
    "CO": T_("Nobody pays this: your plan and our practice agreed on it."),
    "PR": T_("Your plan leaves this to you."),
    "OA": T_("This is between your plan and another one."),
    "PI": T_("Your plan took this off. It is between the plan and us."),
})  # fmt: skip
"""By group code; our own words, as the texts of the reason codes are the publisher's and shown only where loaded."""


def meaning(group: str) -> Text:
    """What a group means to the patient; what is none of the four is between the plan and us."""
    return GROUPS.get(group, GROUPS["PI"])
