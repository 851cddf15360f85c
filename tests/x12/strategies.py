"""Claims, payments and broken files for hypothesis: values as X12 carries them, so that writing loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from portal.domain.claims import (
    Address,
    BillingProvider,
    Claim,
    Cover,
    Facility,
    OtherPayer,
    Person,
    Rendering,
    ServiceLine,
)
from portal.domain.coordination import ClaimDecision, LineDecision, segments
from portal.domain.drugs import Drug
from portal.domain.interchanges import ControlNumbers, Partner
from portal.domain.professional import Professional
from portal.domain.remittances import Adjustment, ClaimPayment, Name, Payment, ProviderAdjustment, ServicePayment

PARTNER = Partner(
    sender_qualifier="ZZ",
    sender_id="SUB001",
    receiver_qualifier="ZZ",
    receiver_id="RCV001",
    group_sender="SUB001",
    group_receiver="RCV001",
    usage="T",
    submitter_name="EXAMPLE BILLING",
    submitter_contact="JANE ROE",
    submitter_phone="5555550100",
    receiver_name="EXAMPLE CLEARINGHOUSE",
)
NUMBERS = ControlNumbers(interchange=101, group=12, first_set=7)
AT = datetime(2026, 1, 2, 10, 15, tzinfo=UTC)
BILLING = BillingProvider(
    name="EXAMPLE FAMILY MEDICINE",
    npi="1234567893",
    tax_id="371234567",
    address=Address("100 MAIN ST", "SPRINGFIELD", "IL", "627010001"),
    taxonomy="207Q00000X",
    contact="JANE ROE",
    phone="5555550100",
)
JOHN = Person("DOE", "JOHN", "Q", "JR", date(1940, 1, 31), "M", Address("1 OAK AVE", "PEORIA", "IL", "61602", "APT 2"))
COVER = Cover("EXAMPLE HEALTH PLAN", "EHP01", "M00000001", JOHN, group_number="GRP1")
LINE = ServiceLine("G0438", 12500, Decimal(1), (1,), date(2025, 1, 2), control="L1")
CLAIM = Claim("ACCT1", 12500, "11", JOHN, COVER, BILLING, ("E119", "I10"), (LINE,))

days = st.dates(date(1930, 1, 1), date(2026, 12, 31))
cents = st.integers(0, 10**8)


_PHRASE = 'O\'NEIL-ROE ST. 12 B, (NORTH) "X" & SONS / 9+1=10; A! ' * 3
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def texts(longest: int, shortest: int = 1) -> st.SearchStrategy[str]:
    """Upper-case words with single blanks, up to as long as the element allows."""
    starts = st.integers(0, len(_PHRASE) // 3)
    cut = st.builds(lambda start, size: _PHRASE[start : start + size].strip(), starts, st.integers(shortest, longest))
    return cut.map(lambda text: text if len(text) >= shortest else "ROE"[:longest])


def codes(longest: int, shortest: int = 1) -> st.SearchStrategy[str]:
    """Letters and digits, for ids."""
    return st.builds(_code, st.integers(0, 36**longest - 1), st.integers(shortest, longest))


def _code(number: int, size: int) -> str:
    found = ""
    while len(found) < size:
        number, digit = divmod(number, 36)
        found += _LETTERS[digit]
    return found


def _digits(size: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**size - 1).map(lambda number: str(number).zfill(size))


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The value or an empty text."""
    return st.just("") | strategy


digits = _digits(9)
npis = _digits(10)
addresses = st.builds(
    Address, texts(55), texts(30, 2), st.sampled_from(["IL", "TX", "CA"]), digits, line2=maybe(texts(55))
)
names = st.builds(
    Person, texts(60), maybe(texts(35)), middle=maybe(texts(25)), suffix=st.sampled_from(["", "JR", "III"])
)
persons = st.builds(
    lambda name, birth, sex, address: replace(name, birth_date=birth, sex=sex, address=address),
    names,
    days,
    st.sampled_from(["F", "M", "U"]),
    addresses,
)
billings = st.builds(
    BillingProvider,
    name=texts(60),
    npi=npis,
    tax_id=digits,
    address=addresses,
    tax_qualifier=st.sampled_from(["EI", "SY"]),
    taxonomy=maybe(codes(10, 10)),
    first_name=maybe(texts(35)),
    contact=maybe(texts(60)),
    phone=npis,
    pay_to=st.none() | addresses,
)
payers = st.tuples(texts(60), codes(20, 2))
diagnosis_codes = st.builds(lambda number, rest: f"E{number:02d}{rest}", st.integers(0, 99), maybe(codes(4)))


@st.composite
def covers(draw: st.DrawFn, patient: Person) -> Cover:
    own = draw(st.booleans())
    group, relationship = draw(st.booleans()), draw(st.sampled_from(["01", "19", "G8"]))
    name, identifier = draw(payers)
    return Cover(
        payer_name=name,
        payer_id=identifier,
        member_id=draw(codes(20, 2)),
        subscriber=patient if own else draw(names),
        rank=draw(st.sampled_from(["P", "S", "T"])),
        relationship="18" if own else relationship,
        group_number=draw(codes(20)) if group else "",
        group_name="" if group else draw(maybe(texts(60))),
        filing_code=draw(st.sampled_from(["CI", "MB", "MC", "BL"])),
        payer_address=draw(st.none() | addresses),
    )


drugs = st.builds(
    Drug, _digits(11), st.decimals(Decimal("0.1"), 999, places=1), st.sampled_from(["F2", "GR", "ME", "ML", "UN"]),
    st.sampled_from(["", "RX4471"]),
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn, diagnoses: int, number: int) -> ServiceLine:
    first = draw(days)
    last = draw(st.none() | st.integers(1, 30))
    pointers = st.lists(st.integers(1, diagnoses), min_size=1, max_size=min(4, diagnoses), unique=True)
    return ServiceLine(
        code=draw(st.sampled_from(["G0438", "J1885", "A4550", "G0439"])),
        charge_cents=draw(cents),
        units=draw(st.decimals(Decimal("0.1"), 999, places=1)),
        pointers=tuple(draw(pointers)),
        from_date=first,
        to_date=None if last is None else date.fromordinal(first.toordinal() + last),
        modifiers=tuple(draw(st.lists(codes(2, 2), max_size=4))),
        unit=draw(st.sampled_from(["UN", "MJ"])),
        place=draw(st.sampled_from(["", "22"])),
        control=f"L{number}",
        description=draw(maybe(texts(80))),
        drug=draw(st.none() | drugs),
    )


carried = (
    st.lists(
        st.builds(
            Adjustment, st.sampled_from(["CO", "OA", "PI", "PR"]), codes(3), st.integers(-(10**7), 10**7),
            st.none() | st.decimals(1, 999, places=1),
        ),
        max_size=9,
    )
    .map(tuple)
    .filter(lambda some: len(segments(some)) <= 5)
)  # fmt: skip


@st.composite
def other_payers(draw: st.DrawFn, rank: str, payer_id: str) -> OtherPayer:
    """An earlier payer with its decision, or only its name."""
    cover = replace(
        draw(covers(draw(persons))), rank=rank, payer_id=payer_id,
        subscriber=draw(st.builds(lambda name, address: replace(name, address=address), names, addresses)),
    )  # fmt: skip
    decision = st.builds(
        ClaimDecision, st.integers(0, 10**7), carried, st.none() | cents, st.none() | days, maybe(codes(30)),
        st.lists(st.sampled_from(["MA01", "N130"]), max_size=5).map(tuple),
    )  # fmt: skip
    return OtherPayer(cover, draw(st.none() | decision))


def line_decisions(payer_id: str) -> st.SearchStrategy[LineDecision]:
    return st.builds(
        LineDecision, st.just(payer_id), cents, st.sampled_from(["G0438", "J1885"]),
        st.decimals(Decimal("0.1"), 999, places=1), carried, modifiers=st.lists(codes(2, 2), max_size=4).map(tuple),
        decided_on=days, remaining_cents=st.none() | cents,
    )  # fmt: skip


places = st.builds(Facility, texts(60), maybe(npis), addresses)
persons_named = st.builds(Rendering, npis, texts(60), maybe(texts(35)))
told = st.builds(
    lambda dates, causes: Professional(*dates, causes, "OR" if "AA" in causes else ""),
    st.tuples(*[st.none() | days] * 5), st.sampled_from([(), ("AA",), ("EM", "OA"), ("AA", "EM")]),
).map(lambda one: None if one == Professional() else one)  # fmt: skip


@st.composite
def claims(draw: st.DrawFn, number: int = 1, billing: BillingProvider | None = None) -> Claim:
    patient = draw(persons)
    diagnoses = tuple(draw(st.lists(diagnosis_codes, min_size=1, max_size=12)))
    own = tuple(draw(lines(len(diagnoses), n)) for n in range(draw(st.integers(1, 4))))
    provider = billing or draw(billings)
    renderings = st.builds(
        Rendering, npis.filter(lambda npi: npi != provider.npi), texts(60), maybe(texts(35)), maybe(codes(10, 10))
    )
    frequency = draw(st.sampled_from(["1", "7", "8"]))
    others = tuple(draw(other_payers(rank, f"E{rank}{number}")) for rank in draw(st.sampled_from(["", "P", "PS"])))
    for other in others:
        if draw(st.booleans()):
            said = draw(line_decisions(other.cover.payer_id))
            own = (replace(own[0], decisions=(*own[0].decisions, said)), *own[1:])
    return Claim(
        control=f"C{number}",
        charge_cents=sum(line.charge_cents for line in own),
        place=draw(st.sampled_from(["11", "12"])),
        patient=patient,
        cover=draw(covers(patient)),
        billing=provider,
        diagnoses=diagnoses,
        lines=own,
        frequency=frequency,
        code_qualifier=draw(st.sampled_from(["ABK", "BK"])),
        rendering=draw(st.none() | renderings),
        payer_control=draw(codes(30)) if frequency != "1" else "",
        authorization=draw(maybe(codes(30))),
        referral=draw(maybe(codes(30))),
        accept_assignment=draw(st.sampled_from("ABC")),
        benefits_assigned=draw(st.sampled_from("NWY")),
        release=draw(st.sampled_from("IY")),
        signature_on_file=draw(st.sampled_from("NY")),
        note=draw(maybe(texts(80))),
        clia=draw(maybe(st.just("11D1234567"))),
        others=others,
        facility=draw(st.none() | places),
        referring=draw(st.none() | persons_named),
        supervising=draw(st.none() | persons_named),
        exception=draw(st.sampled_from(["", "3"])),
        professional=draw(told),
    )


@st.composite
def batches_of_claims(draw: st.DrawFn, most: int = 5) -> list[Claim]:
    """Claims of one or two billing providers, some of one family, with control numbers of their own."""
    providers = draw(st.lists(billings, min_size=1, max_size=2))
    found: list[Claim] = []
    for number in range(draw(st.integers(1, most))):
        claim = draw(claims(number, draw(st.sampled_from(providers))))
        if found and draw(st.booleans()):
            other = draw(st.sampled_from(found))
            claim = replace(claim, cover=other.cover, patient=other.patient)
        found.append(claim if claim.rendering is None or claim.rendering.npi != claim.billing.npi else found[0])
        found[-1] = replace(found[-1], control=f"C{number}")
    return found


def without_places(claim: Claim) -> Claim:
    """The claim as if nobody knew where in a file it stood."""
    return replace(claim, segment=0, lines=tuple(replace(line, segment=0) for line in claim.lines))


amounts = st.integers(-(10**7), 10**7)
quantities = st.none() | st.decimals(1, 999, places=1)
adjustments = st.lists(
    st.builds(Adjustment, st.sampled_from(["CO", "PR", "OA", "PI"]), codes(3), amounts, quantities), max_size=15
).map(tuple)
people = st.builds(
    Name, texts(60), maybe(texts(35)), maybe(texts(25)), st.sampled_from(["", "JR"]), st.just("MI"), codes(20, 2)
)
corrected = st.builds(Name, texts(60), maybe(texts(35)), qualifier=st.just("C"), identifier=codes(20, 2))


@st.composite
def services(draw: st.DrawFn) -> ServicePayment:
    first = draw(days)
    billed = draw(maybe(st.sampled_from(["A4550", "J1885"])))
    return ServicePayment(
        code=draw(st.sampled_from(["G0438", "J1885"])),
        modifiers=tuple(draw(st.lists(codes(2, 2), max_size=4))),
        charge_cents=draw(amounts),
        paid_cents=draw(amounts),
        segment=0,
        revenue_code=draw(st.sampled_from(["", "0450"])),
        units=draw(quantities),
        billed_code=billed,
        billed_units=draw(quantities) if billed else None,
        from_date=first,
        to_date=date.fromordinal(first.toordinal() + draw(st.integers(0, 3))),
        control=draw(maybe(codes(30))),
        allowed_cents=draw(st.none() | cents),
        adjustments=draw(adjustments),
        remarks=tuple(draw(st.lists(st.sampled_from(["N130", "M15", "N735"]), max_size=3))),
    )


@st.composite
def claim_payments(draw: st.DrawFn) -> ClaimPayment:
    crossover = draw(maybe(texts(60)))
    return ClaimPayment(
        control=draw(codes(20)),
        status=draw(st.sampled_from(["1", "2", "3", "4", "19", "22", "23"])),
        charge_cents=draw(amounts),
        paid_cents=draw(amounts),
        segment=0,
        patient_cents=draw(amounts),
        filing_code=draw(st.sampled_from(["12", "MB", "MC"])),
        payer_control=draw(codes(30)),
        facility_code=draw(st.sampled_from(["", "11"])),
        frequency=draw(st.sampled_from(["", "1", "7"])),
        patient=draw(people),
        subscriber=draw(st.just(Name()) | people),
        corrected=draw(st.just(Name()) | corrected),
        rendering_npi=draw(maybe(npis)),
        crossover_payer=crossover,
        crossover_payer_id=draw(codes(20, 2)) if crossover else "",
        from_date=draw(st.none() | days),
        to_date=draw(st.none() | days),
        received_on=draw(st.none() | days),
        adjustments=draw(adjustments),
        services=tuple(draw(st.lists(services(), max_size=3))),
        remarks=tuple(draw(st.lists(st.sampled_from(["MA01", "N19"]), max_size=5))),
    )


@st.composite
def payments(draw: st.DrawFn, number: int = 7) -> Payment:
    paid_on = draw(days)
    plb = st.builds(
        ProviderAdjustment,
        st.sampled_from(["WO", "FB", "72", "L6"]),
        codes(30),
        amounts,
        st.just(0),
        st.sampled_from(["1234567893", "1990000006"]),
        st.sampled_from([date(2025, 12, 31), date(2026, 12, 31)]),
    )
    own = tuple(draw(st.lists(claim_payments(), max_size=3)))
    return Payment(
        amount_cents=draw(cents),
        trace=draw(codes(30)),
        claims=own,
        provider_adjustments=tuple(draw(st.lists(plb, max_size=8))),
        segment=0,
        handling=draw(st.sampled_from(["I", "H"])),
        credit_debit="C",
        method=draw(st.sampled_from(["ACH", "CHK", "NON"])),
        paid_on=paid_on,
        paid_on_text=paid_on.strftime("%Y%m%d").zfill(8),
        payer_tax="1" + draw(digits),
        payer_name=draw(texts(60)),
        payer_id=draw(maybe(codes(20, 2))),
        payee_name=draw(texts(60)),
        payee_id=draw(npis | digits),
        produced_on=draw(st.none() | days),
        control=f"{number:04d}",
    )


@st.composite
def broken(draw: st.DrawFn, sound: bytes) -> bytes:
    """A sound file with some segments cut, doubled, swapped or filled with anything."""
    segments = sound.decode("ascii").split("~")
    anything = st.text(max_size=12) | st.sampled_from(
        ["", "0", "-", "..", ":", ":::", "^", "ISA", "20260230", "9" * 40]
    )
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(1, max(1, len(segments) - 1)))
        _break(draw, segments, place, anything)
    return "~".join(segments).encode()


def _break(draw: st.DrawFn, segments: list[str], place: int, anything: st.SearchStrategy[str]) -> None:
    if place >= len(segments):
        return
    match draw(st.sampled_from(["cut", "double", "swap", "fill", "short"])):
        case "cut":
            del segments[place]
        case "double":
            segments.insert(place, segments[place])
        case "swap":
            other = draw(st.integers(1, len(segments) - 1))
            segments[place], segments[other] = segments[other], segments[place]
        case "fill":
            elements = segments[place].split("*")
            elements[draw(st.integers(0, len(elements) - 1))] = draw(anything)
            segments[place] = "*".join(elements)
        case _:
            elements = segments[place].split("*")
            segments[place] = "*".join(elements[: draw(st.integers(1, len(elements)))])


def cuts(sound: bytes) -> Sequence[bytes]:
    """A sound file cut at every segment boundary, the whole of it left out."""
    parts = sound.decode("ascii").split("~")[:-1]
    return [("~".join(parts[:n]) + "~" * (n > 0)).encode() for n in range(len(parts))]
