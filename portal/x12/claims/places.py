"""Which claims a segment of an 837 speaks of, so that a finding finds its claim."""

from __future__ import annotations

from portal.x12.reader import Document


def claims_at(document: Document) -> dict[int, frozenset[str]]:
    """CLM01 of every claim that a segment belongs to, by its position (1 = ISA).

    Behind a CLM it is that claim; above it, all claims of the patient (HL03 = 23), the subscriber (22), or the set.
    Segments of the envelope are left out: they concern the whole file.
    """
    found: dict[int, set[str]] = {}
    of_set: set[str] = set()
    of_subscriber: set[str] = set()
    of_patient: set[str] = set()
    present: set[str] | None = None
    for segment in document.segments:
        level = segment.get(3).strip() if segment.id == "HL" else ""
        if segment.id == "ST" or level == "20":
            # One set has one billing provider here; another HL 20 would begin anew, which only widens the blame.
            of_set = of_set if level else set()
            of_subscriber, of_patient, present = set(), set(), of_set
        elif level == "22":
            of_subscriber, of_patient = set(), set()
            present = of_subscriber
        elif level == "23":
            of_patient = set()
            present = of_patient
        elif segment.id == "CLM":
            control = segment.get(1).strip()
            for above in (of_set, of_subscriber, of_patient):
                above.add(control)
            present = {control}
        elif segment.id == "SE":
            present = of_set
        if segment.id in {"ISA", "GS", "GE", "IEA"}:
            present = None
        elif present is not None:
            found[segment.position] = present
    return {position: frozenset(controls) for position, controls in found.items()}
