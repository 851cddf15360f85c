"""What a 277CA (005010X214) means, in our own words, and what to do; the code lists are X12's, the words are not."""

from __future__ import annotations

from portal.domain.interchanges import REJECTING_CATEGORIES
from portal.domain.texts import T_, Text

ACCEPTING_CATEGORIES = frozenset({"A0", "A1", "A2", "A5"})
"""The partner has what was sent; only A2 says that it entered adjudication."""

_CATEGORIES = {
    "A0": T_("Passed on: the partner sent the claim on to the next one; an answer from there follows."),
    "A1": T_("Received: the partner has it, but has not yet taken it into processing."),
    "A2": T_("Accepted: the payer took the claim in and will decide on it. This is not yet a payment."),
    "A3": T_("Returned: the claim could not be processed and is not in the payer's system. Mend it and send it again."),
    "A4": T_("Not found: the partner does not have the claim. Check whether its file arrived, then send it again."),
    "A5": T_("Split: the payer divided the claim; expect several answers and payments."),
    "A6": T_("Rejected because something is missing. Add it and send the claim again."),
    "A7": T_("Rejected because something is not valid. Mend it and send the claim again."),
    "A8": T_("Rejected because two parts of the claim contradict each other. Mend them and send the claim again."),
    "E0": T_("The partner's system could not answer; nothing was decided."),
    "E1": T_("The partner's system did not answer in time; nothing was decided."),
    "E2": T_("The partner holds too much to answer at once; nothing was decided."),
    "E3": T_("The partner asks for a correction of what was sent."),
    "E4": T_("The partner has no agreement with the sender for this; check the enrolment."),
}

_STATUSES = {
    "0": T_("The partner cannot say more electronically."),
    "16": T_("The claim was passed on to the one named here."),
    "17": T_("A third party passed the claim on."),
    "18": T_("It was received but returned as not valid."),
    "19": T_("It was received."),
    "20": T_("It was accepted for processing."),
    "21": T_("Something is missing or not valid; the other codes of this answer say what."),
    "23": T_("It was returned to the one named here."),
    "24": T_(
        "The sender is not approved for electronic claims with this payer. Finish the enrolment, then send again."
    ),
    "25": T_("The one named here is not approved by the payer. Check the enrolment."),
    "26": T_("The one named here is not known to the payer. Check id and enrolment."),
    "27": T_("The policy was cancelled. Ask the patient for the present coverage."),
    "29": T_("The subscriber and the policy number do not belong together. Check the insurance card."),
    "30": T_("The subscriber and the member id do not belong together. Check the insurance card."),
    "31": T_("The subscriber is not the holder of this policy. Check the insurance card."),
    "32": T_("The payer does not find this subscriber under the policy number. Check the insurance card."),
    "33": T_(
        "The payer does not find this subscriber under the member id. Check card and eligibility, then send again."
    ),
    "34": T_("The payer does not find this subscriber and policy holder. Check the insurance card."),
    "35": T_("The payer does not find the claim."),
    "54": T_("The payer already processed the same claim or line. Look for its remittance before doing anything."),
    "78": T_("The payer already has the same claim or line in work. Wait for its answer; do not send again."),
    "84": T_("The service was not authorized. Look for the authorization, or ask for one."),
    "85": T_("This payer is not the first to pay. Check the order of the coverages."),
    "86": T_("The diagnosis does not fit the patient's sex. Check both."),
    "88": T_("There was no coverage on the day of service. Check eligibility for that day."),
    "90": T_("There was no medical coverage on the day of service. Check eligibility for that day."),
    "91": T_("The one named here was not eligible or approved on the day of service."),
    "95": T_("Information that the payer asked for did not arrive."),
    "96": T_("The payer has no agreement with the one named here."),
    "97": T_("The payer does not find the patient's coverage. Check eligibility."),
    "109": T_("The one named here is not eligible."),
    "116": T_("The claim went to the wrong payer. Check the payer id and the coverage, then send it to the right one."),
    "117": T_("The claim does not say that the patient's signature is on file."),
    "121": T_("The claim has more service lines than the payer takes. Split it."),
    "122": T_("Missing or invalid data keeps the payer from processing the claim; the other codes say which."),
    "123": T_("The payer asks for more information."),
    "124": T_("Name, address, phone and id are in question."),
    "125": T_("The name is missing or not as the payer has it."),
    "126": T_("The address is missing or not valid."),
    "127": T_("The phone number or other contact is missing or not valid."),
    "128": T_("The tax id is missing or not the one enrolled with the payer."),
    "129": T_("The Blue Cross provider id is missing or not valid."),
    "130": T_("The Blue Shield provider id is missing or not valid."),
    "131": T_("The Medicare provider id is missing or not valid."),
    "132": T_("The Medicaid provider id is missing or not valid."),
    "134": T_("The TRICARE provider id is missing or not valid."),
    "135": T_("The payer's own provider id is missing or not valid."),
    "142": T_("The licence or certification number is missing or not valid."),
    "145": T_("The specialty (taxonomy code) is missing or not the one enrolled with the payer."),
    "148": T_("The social security number is missing or not valid."),
    "149": T_("The employer id is missing or not valid."),
    "153": T_("The id number is missing or not valid."),
    "155": T_("The relationship to the patient is missing or not valid."),
    "156": T_("The patient's relationship to the subscriber is missing or not valid."),
    "157": T_("The sex is missing or not as the payer has it."),
    "158": T_("The birth date is missing or not as the payer has it."),
    "159": T_("The date of death is in question."),
    "162": T_("The Medicare id is missing or not valid."),
    "163": T_("The policy or group number is missing or not valid."),
    "164": T_("The member id is missing or not valid. Check the insurance card."),
    "171": T_("Information about other insurance is missing or not valid."),
    "178": T_("The charges are missing or not valid."),
    "187": T_("The date of service is missing, not valid, or outside of what the payer takes."),
    "188": T_("The first and last day of the statement are missing or not valid."),
    "189": T_("The day of admission is missing or not valid."),
    "190": T_("The day of discharge is missing or not valid."),
    "197": T_("The coverage does not reach over the days of service."),
    "214": T_("The day of the prescription, order or referral is missing or not valid."),
    "218": T_("The drug code (NDC) is missing or not valid."),
    "228": T_("The type of bill is missing or not valid."),
    "247": T_("A service line is in question."),
    "249": T_("The place of service is missing or not valid."),
    "252": T_("The authorization number is missing or not valid."),
    "254": T_("The principal diagnosis is missing or not valid on the day of service."),
    "255": T_("A diagnosis is missing or not valid on the day of service."),
    "256": T_("The DRG is missing or not valid."),
    "258": T_("The days or units are missing or not valid."),
    "286": T_("What the earlier payer decided is missing; send its payment and adjustments along."),
    "294": T_("Supporting documents are asked for."),
    "306": T_("A closer description of the service is asked for."),
    "400": T_("The amounts of the claim do not add up."),
    "402": T_("An amount must be more than nought."),
    "453": T_("A modifier is missing or not valid for the service."),
    "454": T_("The procedure code is missing or not valid on the day of service."),
    "455": T_("The revenue code is missing or not valid."),
    "464": T_("The payer's number of the earlier claim is missing or not known; a replacement or void needs it."),
    "474": T_("The procedure does not fit the patient's sex. Check both."),
    "475": T_("The procedure does not fit the patient's age. Check code and birth date."),
    "476": T_("The units of service are missing or not valid."),
    "477": T_("A service line points to no diagnosis, or to one that is not there."),
    "478": T_("The claim's own number is missing or not valid."),
    "479": T_("The id of the other payer is missing or not valid."),
    "480": T_("The kind of coverage (claim filing indicator) is missing or not valid."),
    "481": T_("The form of the claim is not valid."),
    "487": T_("The payer does not have the claim; it should have gone to the one named here."),
    "488": T_("The diagnosis for the service is missing or not valid."),
    "495": T_("Use the payer's newest number of this claim when asking for it to be decided again."),
    "496": T_("The sender may not send electronic claims for the one named here. Finish the enrolment."),
    "500": T_("The ZIP code is missing or not valid; billing and facility addresses need nine digits."),
    "501": T_("The state is missing or not valid."),
    "502": T_("The city is missing or not valid."),
    "503": T_("The street is missing or not valid; the billing address cannot be a PO box."),
    "504": T_("The last name is missing or not as the payer has it."),
    "505": T_("The first name is missing or not as the payer has it."),
    "507": T_("The HCPCS code is missing or not valid on the day of service."),
    "508": T_("An ICD-9 code is in question."),
    "510": T_("A date lies in the future."),
    "511": T_("There is a character that the payer does not take."),
    "512": T_("Something is too long or too short for the payer's system."),
    "516": T_("The day on which the other payer decided is missing or not valid."),
    "521": T_("An adjustment reason of the other payer is missing or not valid."),
    "535": T_("The claim frequency (original, replacement, void) is missing or not valid here."),
    "544": T_("The laboratory's CLIA number is missing or not valid."),
    "560": T_("An additional id is missing or not valid."),
    "562": T_("The NPI is missing, not valid, or not the one enrolled with the payer."),
    "583": T_("The charge of a line is missing or not valid."),
    "584": T_("The control number of a line is missing or not valid."),
    "588": T_("The medical record number is missing or not valid."),
    "589": T_("Whether assignment is accepted is missing or not valid."),
    "634": T_("A remark code is missing or not valid."),
    "655": T_("The amount that Medicare paid is missing or not valid."),
    "672": T_("The other payer's amounts do not add up. Copy its adjustments exactly."),
    "684": T_("The 999 already named a fault in the form of this claim; mend that one."),
    "700": T_("An ICD-10 code is in question."),
    "717": T_("The claim was split for processing."),
    "718": T_("The claim came too late. Look for proof of timely filing before writing it off."),
    "732": T_("What was sent does not follow the payer's billing rules; the other codes say where."),
    "742": T_("The order of the payers (primary, secondary, tertiary) is missing or not valid."),
    "746": T_("The whole file was sent before. Ask which of the two was processed."),
    "772": T_("The payer asks for a more specific diagnosis code."),
    "773": T_("A claim may not reach over the turn of the year. Split it."),
}

_ENTITIES = {
    "03": T_("dependent"),
    "36": T_("employer"),
    "40": T_("receiver"),
    "41": T_("submitter"),
    "71": T_("attending physician"),
    "72": T_("operating physician"),
    "73": T_("other physician"),
    "77": T_("service location"),
    "82": T_("rendering provider"),
    "85": T_("billing provider"),
    "87": T_("pay-to provider"),
    "AY": T_("clearinghouse"),
    "DK": T_("ordering physician"),
    "DN": T_("referring provider"),
    "DQ": T_("supervising physician"),
    "FA": T_("facility"),
    "GB": T_("other insured"),
    "HK": T_("subscriber"),
    "IL": T_("subscriber"),
    "PR": T_("payer"),
    "PRP": T_("primary payer"),
    "QB": T_("purchased-service provider"),
    "QC": T_("patient"),
    "SEP": T_("secondary payer"),
    "TTP": T_("tertiary payer"),
    "1P": T_("provider"),
    "1Z": T_("home health provider"),
}


def claim_reason(category: str, status: str, entity: str = "") -> Text:
    """What one composite of STC01, STC10 or STC11 means; a code that is not on our list is quoted as such."""
    first = _CATEGORIES.get(category) or T_("The partner's category {code} is not on our list.", code=category or "-")
    second = _STATUSES.get(status) or T_(
        "The partner's status code {code} is not on our list; look it up in their guide or ask them.",
        code=status or "-",
    )
    if not entity:
        return T_("{category} {status}", category=first, status=second)
    about = _ENTITIES.get(entity) or T_("party with code {code}", code=entity)
    return T_("{category} {status} This is about the {entity}.", category=first, status=second, entity=about)


def outcome(category: str, action: str) -> str | None:
    """Either accepted or rejected, from STC01-1 and STC03; None when neither says.

    STC03 is WQ accept or U reject; no warnings exist (X12 RFI 2203). A rejection by either counts.
    """
    if action == "U" or category in REJECTING_CATEGORIES:
        return "rejected"
    if action == "WQ" or category in ACCEPTING_CATEGORIES:
        return "accepted"
    return None
