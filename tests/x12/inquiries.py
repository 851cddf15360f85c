"""Questions to payers and their answers for hypothesis: values as X12 carries them, so that writing loses nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from portal.domain.authorizations import (
    AuthorizationAnswer,
    AuthorizationRequest,
    CareProvider,
    Decision,
    Diagnosis,
    ReviewedService,
)
from portal.domain.claims import Person
from portal.domain.eligibility import (
    NOBODY,
    Benefit,
    Dated,
    EligibilityAnswer,
    EligibilityQuestion,
    Limit,
    Member,
    Party,
    Rejection,
)
from portal.domain.remittances import Name
from portal.domain.status import ClaimStatus, LineStatus, StatusAnswer, StatusLine, StatusQuestion
from portal.x12.reader import Delimiters
from tests.make.x12 import SAMPLES
from tests.x12.strategies import addresses, cents, codes, days, maybe, npis, persons, texts

ODD = Delimiters("|", "<", "}", "\n")
delimiters = st.sampled_from([Delimiters(), ODD])
payers = st.builds(lambda last, code: Name(last, qualifier="PI", identifier=code), texts(60), codes(20, 2))
providers = st.builds(
    lambda last, first, npi: Name(last, first, qualifier="XX", identifier=npi), texts(60), maybe(texts(35)), npis
)
sexless = st.builds(lambda who, sex: replace(who, sex=sex), persons, st.sampled_from(["F", "M", ""]))
members = st.builds(Member, sexless, codes(20, 2), st.just("MI"), maybe(codes(20)))
spans = st.builds(
    lambda first, more: (first, date.fromordinal(first.toordinal() + more)), days, st.sampled_from([0, 0, 1, 200])
)
types = st.lists(st.sampled_from(["30", "98", "MH", "UC", "1"]), max_size=4, unique=True).map(tuple)
shares = st.none() | st.decimals(0, 1, places=2)
quantities = st.none() | st.decimals(1, 999, places=1)
money = st.none() | cents


@st.composite
def questions(draw: st.DrawFn, number: int = 1) -> EligibilityQuestion:
    first, last = draw(st.just((None, None)) | spans)
    dependent = draw(st.none() | sexless)
    return EligibilityQuestion(
        trace=f"T{number}",
        payer=draw(payers),
        provider=draw(providers),
        subscriber=draw(members),
        on=first,
        until=last if last != first else None,
        service_types=draw(types.filter(bool)),
        dependent=dependent,
        relationship=draw(st.sampled_from(["", "01", "19"])) if dependent else "",
    )


@st.composite
def batches_of_questions(draw: st.DrawFn) -> list[EligibilityQuestion]:
    """Questions to one or two payers, by one or two providers."""
    some_payers = draw(st.lists(payers, min_size=1, max_size=2))
    some_providers = draw(st.lists(providers, min_size=1, max_size=2))
    return [
        replace(
            draw(questions(n)), payer=draw(st.sampled_from(some_payers)), provider=draw(st.sampled_from(some_providers))
        )
        for n in range(draw(st.integers(1, 4)))
    ]


dated = st.builds(lambda code, span: Dated(code, *span), st.sampled_from(["346", "347", "291", "348"]), spans)
references = st.lists(st.tuples(st.sampled_from(["18", "6P", "9F"]), codes(20)), max_size=2).map(tuple)
limits = st.builds(
    Limit,
    st.sampled_from(["VS", "DY", ""]),
    quantities,
    st.sampled_from(["", "DA"]),
    quantities,
    st.sampled_from(["21", "29", "23"]),
    quantities,
)
parties = st.builds(
    Party,
    st.sampled_from(["PR", "PRP", "SEP", "P3", "13"]),
    payers | providers,
    st.none() | addresses,
    maybe(npis),
    references,
)
benefits = st.builds(
    Benefit,
    code=st.sampled_from(["1", "6", "A", "B", "C", "F", "G", "I", "L", "R", "V"]),
    level=st.sampled_from(["", "IND", "FAM", "EMP"]),
    service_types=types,
    insurance_type=st.sampled_from(["", "HM", "PR", "MB"]),
    plan=maybe(texts(50)),
    period=st.sampled_from(["", "23", "27", "29"]),
    amount_cents=money,
    share=shares,
    quantity_kind=st.sampled_from(["", "VS"]),
    quantity=quantities,
    authorization=st.sampled_from(["", "Y", "N", "U"]),
    network=st.sampled_from(["", "Y", "N", "W"]),
    procedure=st.sampled_from([(), ("HC", "G0438"), ("HC", "J1885", "25")]),
    limits=st.lists(limits, max_size=2).map(tuple),
    dates=st.lists(dated, max_size=2).map(tuple),
    references=references,
    places=st.lists(st.sampled_from(["11", "22"]), max_size=2).map(tuple),
    messages=st.lists(texts(60), max_size=2).map(tuple),
    parties=st.lists(parties, max_size=2).map(tuple),
)


def rejections(*levels: str) -> st.SearchStrategy[tuple[Rejection, ...]]:
    """At most one refusal at each of these levels, from the top down."""
    reasons, follow_ups = st.sampled_from(["72", "75", "42", "Z9"]), st.sampled_from(["C", "N", ""])
    each = [st.just(()) | st.builds(lambda r, f, at=at: (Rejection(at, r, f),), reasons, follow_ups) for at in levels]
    return st.tuples(*each).map(lambda found: tuple(one for part in found for one in part))


@st.composite
def answers(draw: st.DrawFn, number: int = 1) -> EligibilityAnswer:
    """One answer of a payer about a patient, or a refusal above."""
    payer, provider, reference = draw(payers), draw(providers), draw(maybe(codes(20)))
    match draw(st.integers(0, 4)):
        case 0:
            refusal = Rejection("payer", "42", "R")
            return EligibilityAnswer(payer, NOBODY, reference=reference, rejections=(refusal,))
        case 1:
            refusal = Rejection("provider", "50", "N")
            return EligibilityAnswer(payer, provider, reference=reference, rejections=(refusal,))
    dependent = draw(st.none() | sexless)
    subscriber = draw(members)
    told = tuple(draw(st.lists(benefits, max_size=4)))
    where = ["subscriber"] + ["dependent"] * (dependent is not None) + ["benefit"] * bool(told)
    return EligibilityAnswer(
        payer,
        provider,
        subscriber,
        dependent,
        draw(st.sampled_from(["", "19"])) if dependent else "",
        tuple(draw(st.lists(codes(20), min_size=1, max_size=2))),
        draw(maybe(codes(20))),
        reference,
        draw(maybe(texts(40))) if subscriber.group_number else "",
        tuple(draw(st.lists(dated, max_size=3))),
        told,
        draw(rejections("payer", "provider", *where)),
    )


status_lines = st.builds(
    lambda code, charge, modifiers, units, control, span: StatusLine(
        code, charge, modifiers, units, control=control, from_date=span[0], to_date=_other(span)
    ),
    st.sampled_from(["G0438", "J1885"]),
    cents,
    st.lists(codes(2, 2), max_size=4).map(tuple),
    quantities,
    maybe(codes(20)),
    spans,
)


def _other(span: tuple[date, date]) -> date | None:
    return span[1] if span[1] != span[0] else None


@st.composite
def status_questions(draw: st.DrawFn, number: int = 1) -> StatusQuestion:
    span = draw(st.none() | spans)
    return StatusQuestion(
        trace=f"T{number}",
        payer=draw(payers),
        provider=draw(providers),
        subscriber=replace(_unplaced(draw(members)), group_number=""),
        dependent=draw(st.none() | sexless.map(_homeless)),
        claim_control=draw(maybe(codes(20))),
        payer_control=draw(maybe(codes(30))),
        bill_type=draw(maybe(st.sampled_from(["111", "131"]))),
        charge_cents=draw(money),
        from_date=span[0] if span else None,
        to_date=_other(span) if span else None,
        lines=tuple(draw(st.lists(status_lines, max_size=3))),
    )


def _homeless(who: Person) -> Person:
    return replace(who, address=None)


def _unplaced(who: Member) -> Member:
    return replace(who, person=_homeless(who.person))


categories = st.sampled_from(["P1", "F1", "F2", "A1", "A4", "R4", "D0", "E0"])
status_codes = st.builds(
    lambda category, status, entity: f"{category}:{status}{entity}",
    categories,
    st.sampled_from(["20", "65", "88", "317"]),
    st.sampled_from(["", ":QC", ":85"]),
)
statuses = st.builds(
    ClaimStatus,
    codes=st.lists(status_codes, min_size=1, max_size=3).map(tuple),
    on=st.none() | days,
    charge_cents=money,
    paid_cents=money,
    decided_on=st.none() | days,
    paid_on=st.none() | days,
    check_number=maybe(codes(16)),
    message=maybe(texts(60)),
)
some_statuses = st.lists(statuses, min_size=1, max_size=2).map(tuple)
nameless = sexless.map(lambda who: replace(who, address=None, birth_date=None, sex=""))


@st.composite
def status_answers(draw: st.DrawFn) -> StatusAnswer:
    payer, provider, reference = draw(payers), draw(providers), draw(codes(20))
    said = draw(some_statuses)
    match draw(st.integers(0, 4)):
        case 0:
            return StatusAnswer("receiver", said, payer, trace=draw(codes(20)), reference=reference)
        case 1:
            return StatusAnswer("provider", said, payer, provider, reference=reference)
    span = draw(st.none() | spans)
    lines = st.builds(LineStatus, status_lines, cents, some_statuses)
    return StatusAnswer(
        "claim",
        said,
        payer,
        provider,
        Member(draw(nameless), draw(codes(20, 2))),
        draw(st.none() | nameless),
        draw(codes(20)),
        draw(maybe(codes(20))),
        draw(maybe(codes(20))),
        draw(maybe(st.sampled_from(["111"]))),
        span[0] if span else None,
        _other(span) if span else None,
        tuple(draw(st.lists(lines, max_size=2))),
        reference,
    )


def index_line(name: str) -> str:
    """The row of the samples' index for a file."""
    lines = (SAMPLES / "INDEX.md").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith(f"| {name} "))


care_providers = st.builds(
    CareProvider,
    st.sampled_from(["SJ", "FA", "DN"]),
    providers,
    st.none() | addresses,
    maybe(codes(10, 10)),
)
decisions = st.builds(
    Decision,
    st.sampled_from(["A1", "A2", "A3", "A4", "A6", "C", "CT", "NA"]),
    codes(20),
    maybe(codes(2)),
    st.none() | days,
    st.none() | days,
    st.none() | days,
)


@st.composite
def reviewed_services(draw: st.DrawFn, *, decided: bool) -> ReviewedService:
    span = draw(st.none() | spans)
    units = draw(quantities)
    return ReviewedService(
        code=draw(st.sampled_from(["G0438", "J1885"])),
        modifiers=tuple(draw(st.lists(codes(2, 2), max_size=4))),
        units=units,
        unit="UN" if units is None else draw(st.sampled_from(["UN", "MJ"])),
        revenue_code=draw(maybe(st.sampled_from(["0450"]))),
        from_date=span[0] if span else None,
        to_date=_other(span) if span else None,
        limit=draw(st.none() | limits),
        trace=draw(maybe(codes(20))),
        decision=draw(st.none() | decisions) if decided else None,
        messages=tuple(draw(st.lists(texts(60), max_size=2))),
        providers=tuple(draw(st.lists(care_providers, max_size=1))),
    )


@st.composite
def authorization_requests(draw: st.DrawFn, *, decided: bool = False) -> AuthorizationRequest:
    span = draw(st.none() | spans)
    dependent = draw(st.none() | sexless)
    diagnosis = st.builds(Diagnosis, st.sampled_from(["ABK", "ABF"]), st.just("E119"), st.none() | days)
    return AuthorizationRequest(
        trace=draw(codes(20)),
        reviewer=draw(payers),
        requester=draw(providers),
        subscriber=draw(members),
        category=draw(st.sampled_from(["HS", "AR", "SC", "IN"])),
        certification=draw(st.sampled_from(["I", "R", "S", "3", "4"])),
        service_type=draw(maybe(codes(2))),
        place=draw(maybe(st.sampled_from(["11", "22"]))),
        urgency=draw(maybe(st.sampled_from(["U", "03"]))),
        dependent=dependent,
        relationship=draw(st.sampled_from(["", "01", "19"])) if dependent else "",
        phone=draw(maybe(npis)),
        previous_number=draw(maybe(codes(20))),
        diagnoses=tuple(draw(st.lists(diagnosis, max_size=3))),
        from_date=span[0] if span else None,
        to_date=_other(span) if span else None,
        limit=draw(st.none() | limits),
        providers=tuple(draw(st.lists(care_providers, max_size=2))),
        services=tuple(draw(st.lists(reviewed_services(decided=decided), max_size=3))),
        messages=tuple(draw(st.lists(texts(60), max_size=2))),
    )


@st.composite
def authorization_answers(draw: st.DrawFn) -> AuthorizationAnswer:
    """A decision of an event, or what stopped the payer at the event or above it."""
    review = replace(draw(authorization_requests(decided=True)), reference=draw(codes(20)))
    own = draw(maybe(codes(20)))
    match draw(st.integers(0, 3)):
        case 0:
            levels = ["payer", "requester", "subscriber"] + ["dependent"] * (review.dependent is not None)
            return _stopped(review, draw(st.sampled_from(levels)))
        case 1:
            undecided = tuple(replace(one, decision=None) for one in review.services)
            at = draw(st.sampled_from(["event"] + ["service"] * bool(undecided)))
            return AuthorizationAnswer(
                replace(review, services=undecided), None, (Rejection(at, "AF", "C"),), payer_trace=own
            )
    return AuthorizationAnswer(review, draw(decisions), payer_trace=own)


def _stopped(review: AuthorizationRequest, level: str) -> AuthorizationAnswer:
    """Only what stands at the level and above it comes back."""
    reached = ["payer", "requester", "subscriber", "dependent"].index(level)
    whole = reached > 1
    return AuthorizationAnswer(
        AuthorizationRequest(
            trace="",
            reviewer=review.reviewer,
            requester=review.requester if reached else NOBODY,
            subscriber=review.subscriber if whole else Member(Person("", "")),
            category="",
            certification="",
            dependent=review.dependent if whole else None,
            relationship=review.relationship if whole else "",
            phone=review.phone if reached else "",
            reference=review.reference,
        ),
        None,
        (Rejection(level, "72", "C"),),
    )
