"""What an AAA of a 271 or 278 means and what to do, in our own words; the code lists are X12's, the sentences not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from portal.domain.eligibility import Rejection
from portal.domain.texts import T_, Text
from portal.x12.reader import Segment

_CARD = T_("Compare the insurance card with what is registered, correct it and ask again.")
_SETUP = T_("Have the partner's and the payer's settings looked at, then ask again.")
_ENROLMENT = T_("Finish the provider's enrolment with the payer, or ask them what is missing.")
_LATER = T_("Ask again later; if it lasts, call the payer.")
_DATES = T_("Correct the date and ask again.")
_REQUEST = T_("Complete the request and send it again.")
_CALL = T_("Call the payer.")

_REASONS: Mapping[str, tuple[Text, Text]] = MappingProxyType({
    "04": (T_("More units were asked for than the payer takes in one request."), _REQUEST),
    "15": (T_("Something that the payer needs is missing from what was sent."), _REQUEST),
    "33": (T_("Something in what was sent has a wrong form."), _REQUEST),
    "35": (T_("The provider is not in the payer's network."), _CALL),
    "41": (T_("The sender may not ask this payer."), _SETUP),
    "42": (T_("The payer's system cannot answer now."), _LATER),
    "43": (T_("The payer does not know the provider by the number that was sent."), _ENROLMENT),
    "44": (T_("The provider's name is missing or not as the payer has it."), _ENROLMENT),
    "45": (T_("The provider's specialty is missing or not as the payer has it."), _ENROLMENT),
    "46": (T_("The provider's telephone number is missing or wrong."), _SETUP),
    "47": (T_("The provider's state is missing or wrong."), _SETUP),
    "48": (T_("The provider's number in the referral is missing or wrong."), _REQUEST),
    "49": (T_("The provider is not the patient's primary care provider."), _CALL),
    "50": (T_("The provider may not ask this payer."), _ENROLMENT),
    "51": (T_("The provider is not on the payer's files."), _ENROLMENT),
    "52": (T_("The provider was not enrolled with the plan on that day."), _ENROLMENT),
    "53": (T_("The benefit asked for does not go with the kind of provider."), _REQUEST),
    "54": (T_("The kind of service code is not one that the payer takes."), _REQUEST),
    "55": (T_("The service code is not one that the payer takes."), _REQUEST),
    "56": (T_("The payer does not take the date."), _DATES),
    "57": (T_("The date of service is missing or wrong."), _DATES),
    "58": (T_("The birth date is missing or wrong."), _CARD),
    "60": (T_("The birth date lies after the date of service."), _DATES),
    "61": (T_("According to the payer, the patient died before the date of service."), _CALL),
    "62": (T_("The payer answers for days nearer to today only."), _DATES),
    "63": (T_("The payer does not answer for days to come."), _DATES),
    "64": (T_("The patient's number is missing or wrong."), _CARD),
    "65": (T_("The patient's name is missing or not as the payer has it."), _CARD),
    "66": (T_("The patient's sex is missing or not as the payer has it."), _CARD),
    "67": (T_("The payer does not find the patient."), _CARD),
    "68": (T_("The payer has two people under the patient's number."), _CALL),
    "69": (T_("The service does not fit the patient's age."), _REQUEST),
    "70": (T_("The service does not fit the patient's sex."), _REQUEST),
    "71": (T_("The birth date is not the one that the payer has for the patient."), _CARD),
    "72": (T_("The member number is missing or wrong."), _CARD),
    "73": (T_("The subscriber's name is missing or not as the payer has it."), _CARD),
    "74": (T_("The subscriber's sex is missing or not as the payer has it."), _CARD),
    "75": (T_("The payer does not find the subscriber."), _CARD),
    "76": (T_("The payer has two subscribers under the member number."), _CALL),
    "77": (T_("The payer finds the subscriber but not the patient."), _CARD),
    "78": (T_("The subscriber is not in the group or plan that was named."), _CARD),
    "79": (T_("The payer's or partner's number is wrong for this question."), _SETUP),
    "80": (T_("The payer's system gave no answer in time."), _LATER),
    "97": (T_("The provider's address is missing or wrong."), _SETUP),
    "98": (T_("The payer holds the service for experimental."), _CALL),
    "AA": (T_("The payer does not find the authorization."), _REQUEST),
    "AE": (T_("The primary care provider has to authorize it first."), _CALL),
    "AF": (T_("A diagnosis is missing or wrong."), _REQUEST),
    "AG": (T_("A service code is missing or wrong."), _REQUEST),
    "AH": (T_("The day on which the illness began is missing or wrong."), _REQUEST),
    "AI": (T_("The day of the accident is missing or wrong."), _REQUEST),
    "AM": (T_("The day of admission is missing or wrong."), _REQUEST),
    "AN": (T_("The day of discharge is missing or wrong."), _REQUEST),
    "AO": (T_("The payer needs to know more about the patient's condition."), _REQUEST),
    "CI": (T_("The authorization named is another patient's."), _REQUEST),
    "E8": (T_("The payer reviews this one by its medical staff."), _CALL),
    "IA": (T_("The authorization number has a wrong form."), _REQUEST),
    "MA": (T_("The number of the earlier authorization is missing."), _REQUEST),
    "T1": (T_("The payer cannot tell whether the provider takes part in the plan."), _CALL),
    "T4": (T_("The payer's name or number is missing."), _SETUP),
    "T5": (T_("What an earlier request said is missing."), _REQUEST),
})  # fmt: skip

_FOLLOW_UPS: Mapping[str, Text] = MappingProxyType({
    "C": T_("The payer asks for a corrected question."),
    "N": T_("The payer does not want it sent again."),
    "P": T_("The payer asks for the same question again."),
    "R": T_("It may be sent again."),
    "S": T_("It must not be sent again: the payer asks elsewhere itself."),
    "W": T_("The payer asks to wait 30 days."),
    "X": T_("The payer asks to wait 10 days."),
    "Y": T_("It must not be sent again: the payer answers later by itself."),
})  # fmt: skip


def rejection_text(reason: str, follow_up: str = "") -> Text:
    """What an AAA03 and AAA04 mean and what to do; a code that is not on our list is quoted as such."""
    wrong, do = _REASONS.get(reason) or (
        T_("The payer refused with code {code}, which is not on our list.", code=reason or "-"),
        _CALL,
    )
    more = _FOLLOW_UPS.get(follow_up)
    if more is None:
        return T_("{wrong} {do}", wrong=wrong, do=do)
    return T_("{wrong} {do} {more}", wrong=wrong, do=do, more=more)


def read_rejection(aaa: Segment, level: str) -> Rejection:
    """One AAA at a level, with our words."""
    reason, follow_up = aaa.get(3).strip(), aaa.get(4).strip()
    return Rejection(level, reason, follow_up, rejection_text(reason, follow_up), aaa.position)


def write_rejection(one: Rejection) -> tuple[str, ...]:
    """The AAA of a rejection; the question was understood (Y) but not answered."""
    return "AAA", "Y", "", one.reason, one.follow_up
