"""What a TA1 and a 999 mean, in our own words, and what to do; the code lists are X12's, the sentences are not."""

from __future__ import annotations

from types import MappingProxyType

from portal.domain.texts import T_, Text

_INTERCHANGE_OUTCOMES = {
    "A": T_("The partner took the file in."),
    "E": T_("The partner took the file in but found faults in its envelope; have the set-up looked at."),
    "R": T_("The partner refused the whole file: nothing in it was looked at. Mend the cause and send it again."),
}

_INTERCHANGE_NOTES = {
    "001": T_("The file's first and last segments carry different control numbers (ISA13, IEA02)."),
    "002": T_("The partner does not know the standard named in ISA11."),
    "003": T_("The partner does not take this version of the envelope (ISA12)."),
    "004": T_("The partner could not use the segment terminator."),
    "005": T_("The kind of sender id (ISA05) is not the one agreed; check the partner's settings."),
    "006": T_("The sender id (ISA06) is not known to the partner; check the partner's settings."),
    "007": T_("The kind of receiver id (ISA07) is not the one agreed; check the partner's settings."),
    "008": T_("The receiver id (ISA08) is not valid; check the partner's settings."),
    "009": T_("The partner does not know the receiver id (ISA08); check the partner's settings."),
    "010": T_("The kind of authorization (ISA01) is not valid."),
    "011": T_("The authorization (ISA02) is not valid; ask the partner whether one is expected."),
    "012": T_("The kind of password (ISA03) is not valid."),
    "013": T_("The password (ISA04) is not valid; ask the partner whether one is expected."),
    "014": T_("The date of the file (ISA09) is not valid."),
    "015": T_("The time of the file (ISA10) is not valid."),
    "016": T_("The repetition separator or standard in ISA11 is not valid."),
    "017": T_("The version of the envelope (ISA12) is not valid."),
    "018": T_("The control number of the file (ISA13) is not valid."),
    "019": T_("The request for an acknowledgement (ISA14) is not valid."),
    "020": T_("The mark for test or production (ISA15) is not valid or not the one agreed."),
    "021": T_("The file says that it holds another number of groups than it does (IEA01)."),
    "022": T_("The file's envelopes do not fit into one another."),
    "023": T_("The file ends too early; it was probably cut off on its way. Send it again."),
    "024": T_("The content of the file is not what the envelope allows."),
    "025": T_(
        "The partner already has a file with this control number: ask whether that one was processed before sending."
    ),
    "026": T_("The partner could not use the element separator."),
    "027": T_("The partner could not use the component separator."),
    "028": T_("The date asked for deferred delivery is not valid."),
    "029": T_("The time asked for deferred delivery is not valid."),
    "030": T_("The time zone asked for deferred delivery is not valid."),
    "031": T_("The grade of service asked for is not valid."),
}

_SEGMENT_CODES = {
    "1": T_("the standard does not know it"),
    "2": T_("it was not expected there"),
    "3": T_("it is required and missing"),
    "4": T_("its loop is repeated too often"),
    "5": T_("it is repeated too often"),
    "6": T_("it does not belong in this kind of file"),
    "7": T_("it stands in the wrong order"),
    "8": T_("it has faulty elements"),
    "I4": T_("the guide does not use it"),
    "I6": T_("the guide requires it in this situation and it is missing"),
    "I7": T_("its loop is repeated less often than the guide requires"),
    "I8": T_("it is repeated less often than the guide requires"),
    "I9": T_("the guide does not use it in this situation"),
}

_ELEMENT_CODES = {
    "1": T_("it is required and missing"),
    "2": T_("it is required together with another one and missing"),
    "3": T_("there are more elements than the segment has"),
    "4": T_("it is too short"),
    "5": T_("it is too long"),
    "6": T_("it has a character that is not allowed"),
    "7": T_("its code is not on the list"),
    "8": T_("it is not a valid date"),
    "9": T_("it is not a valid time"),
    "10": T_("it must not stand beside another one that is filled"),
    "11": T_("it is repeated too often"),
    "12": T_("it is repeated too often"),
    "13": T_("it has too many components"),
    "I6": T_("its code is not used by the guide"),
    "I9": T_("the guide requires it in this situation and it is missing"),
    "I10": T_("the guide does not use it"),
    "I11": T_("it is repeated less often than the guide requires"),
    "I12": T_("it does not have the form the guide asks for"),
    "I13": T_("the guide does not use it in this situation"),
}

_SET_OUTCOMES = {
    "A": T_(
        "The partner took transaction set {control} in. This is about its form; whether each claim is in, follows."
    ),
    "E": T_("The partner took transaction set {control} in but noted faults; mend them for the next time."),
    "R": T_("The partner refused transaction set {control}: no claim in it was taken in. Mend it and send it again."),
    "M": T_("The partner refused transaction set {control} because its authentication failed."),
    "W": T_("The partner refused transaction set {control} because its assurance check failed."),
    "X": T_("The partner refused transaction set {control} because it could not be decrypted."),
}

_SET_CODES = {
    "1": T_("The partner does not take this kind of transaction set."),
    "2": T_("The transaction set has no trailer (SE)."),
    "3": T_("The set's first and last segments carry different control numbers (ST02, SE02)."),
    "4": T_("The set says that it holds another number of segments than it does (SE01)."),
    "5": T_("One or more segments have faults."),
    "6": T_("The kind of transaction set (ST01) is missing or not valid."),
    "7": T_("The control number of the set (ST02) is missing or not valid."),
    "23": T_("The control number of the set (ST02) stands twice in its group."),
    "I5": T_("One or more segments do not follow the guide."),
    "I6": T_("The partner does not take the guide named in ST03."),
}

_GROUP_OUTCOMES = {
    "A": T_("The partner took the whole group {control} in."),
    "E": T_("The partner took the whole group {control} in but noted faults; mend them for the next time."),
    "P": T_("The partner took a part of group {control} in; each set has its own answer."),
    "R": T_("The partner refused the whole group {control}. Mend it and send it again."),
    "M": T_("The partner refused group {control} because its authentication failed."),
    "W": T_("The partner refused group {control} because its assurance check failed."),
    "X": T_("The partner refused group {control} because it could not be decrypted."),
}

_GROUP_CODES = {
    "1": T_("The partner does not take this kind of group (GS01)."),
    "2": T_("The partner does not take the guide named in GS08."),
    "3": T_("The group has no trailer (GE)."),
    "4": T_("The group's first and last segments carry different control numbers (GS06, GE02)."),
    "5": T_("The group says that it holds another number of sets than it does (GE01)."),
    "6": T_("The control number of the group (GS06) is not valid."),
    "19": T_("The control number of the group (GS06) was used before."),
}


def interchange_reasons(code: str, note: str) -> tuple[Text, ...]:
    """What TA104 and TA105 of a TA1 mean; note 000 and an absent one say nothing more."""
    reasons = (_INTERCHANGE_OUTCOMES.get(code) or _unknown("TA104", code),)
    if note in {"", "000"}:
        return reasons
    return (*reasons, _INTERCHANGE_NOTES.get(note) or _unknown("TA105", note))


def set_reason(code: str, control: str) -> Text:
    """What IK501 means for the set with this ST02."""
    outcome = _SET_OUTCOMES.get(code)
    return Text(outcome.message, MappingProxyType({"control": control})) if outcome else _unknown("IK501", code)


def set_code_reason(code: str) -> Text:
    """What a code of IK502-506 means."""
    return _SET_CODES.get(code) or _unknown("IK502", code)


def group_reason(code: str, control: str) -> Text:
    """What AK901 means for the group with this GS06."""
    outcome = _GROUP_OUTCOMES.get(code)
    return Text(outcome.message, MappingProxyType({"control": control})) if outcome else _unknown("AK901", code)


def group_code_reason(code: str) -> Text:
    """What a code of AK905-909 means."""
    return _GROUP_CODES.get(code) or _unknown("AK905", code)


def segment_reason(segment_id: str, position: str, code: str, claim: str = "") -> Text:
    """What an IK3 means; `position` counts from ST = 1, `claim` is the CLM01 its CTX names."""
    wrong = _SEGMENT_CODES.get(code) or T_("code {code}, which is not on our list", code=code)
    if claim:
        return T_(
            "Claim {claim}: the segment {id}, number {position} of the set: {wrong}.",
            claim=claim,
            id=segment_id,
            position=position,
            wrong=wrong,
        )
    return T_("The segment {id}, number {position} of the set: {wrong}.", id=segment_id, position=position, wrong=wrong)


def element_reason(segment_id: str, element: str, code: str) -> Text:
    """What an IK4 means; `element` is "2", or "5-3" for a component."""
    wrong = _ELEMENT_CODES.get(code) or T_("code {code}, which is not on our list", code=code)
    return T_("In the segment {id} element {element}: {wrong}.", id=segment_id, element=element, wrong=wrong)


def _unknown(element: str, code: str) -> Text:
    return T_(
        "The partner's code {code} in {element} is not on our list; look it up in the partner's guide or ask them.",
        code=code or "-",
        element=element,
    )
