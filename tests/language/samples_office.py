"""Pages of the office, the payers, the compliance officer and the administrator."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from portal.domain.money import Money
from portal.domain.sampling import Accuracy
from portal.domain.texts import T_
from tests.language.rendering import frame, made
from tests.language.samples_patient import ID, NOTICES, NOW, THEN, form, state

DAY = date(2026, 11, 18)
OTHER = "1e" * 16
HEX = "9f3a41c277e05d18b6c90e4d2a51f7b304d8e95c6b1fa237e8c05d913f7a26b4"


def said(words: str, **parameters):
    return T_(words, **parameters)


TOLD = (
    made(
        "Told",
        payer_name="Bluestem Health Plan",
        state=state("ACTIVE", "Active"),
        said_on=date(2026, 11, 20),
        about=date(2026, 11, 9),
        lines=(said("Copay $30.00"),),
        waits_since=date(2026, 11, 21),
    ),
)
VISIT = {
    "encounter_id": ID,
    "version": 3,
    "patient_name": "Walter Ochoa",
    "birth_date": date(1955, 2, 7),
    "sex": said("Male"),
    "mrn": "M-20417",
    "day": DAY,
    "provider": "Dr. Amara Okafor",
    "place": said("Office"),
    "payer_name": "Medicare Part B",
    "note": "Yearly wellness visit.\nScreened for depression.",
}
RETURNED = made(
    "Returned",
    category=said("A diagnosis is missing"),
    note="E53.8 stands in the note.",
    by="Ruth Calloway",
    at=THEN,
    found=(),
)
DIAGNOSES = tuple(
    made("Diagnosis", code=code, words=words)
    for code, words in (("Z0000", "General adult examination"), ("E538", "Deficiency of other B vitamins"))
)
HITS = (
    made("CodeHit", code="G0438", words="Yearly wellness visit, the first", kind="service"),
    made("CodeHit", code="Z1331", words="Screening for depression", kind="diagnosis"),
)
CODE = VISIT | {
    "state": state("PROPOSED", "To be coded"),
    "may_code": True,
    "why_not": None,
    "asked": (),
    "open_question": None,
    "topics": (("other", said("Something else")),),
    "reasons": (("wrong-patient", said("It is another patient's")),),
    "aside": None,
    "effects": made("Effects", claims=(), charged=Money(0), paid=Money(0), units=False, bills=0, seen=""),
    "returned": RETURNED,
    "proposed_diagnoses": ("Z0000", "Z1331"),
    "proposed_lines": ("G0438", "J3420"),
    "diagnoses": DIAGNOSES,
    "lines": tuple(
        made(
            "CodeLine",
            position=n,
            words=words,
            proposed=proposed,
            code=code,
            modifiers="",
            points="A B",
            units="1",
            changed=proposed != code,
            drug=("00409-3795-01", "2", "ML", "RX 44") if n == 2 else ("", "", "", ""),
            may_be_drug=n == 2,
        )
        for n, (words, proposed, code) in enumerate(
            (("Yearly wellness visit", "G0438", "G0439"), ("Vitamin B-12 injection", "J3420", "J3420")), start=1
        )
    ),
    "find": "wellness",
    "measures": (("ML", said("milliliters")),),
    "hits": HITS,
}
SET_ASIDE = {
    "state": state("SET_ASIDE", "Set aside"),
    "may_code": False,
    "why_not": said("This visit was set aside."),
    "returned": None,
    "lines": (),
    "hits": None,
    "aside": made(
        "Aside",
        happened=made("Happened", by="Dele Adebayo", at=THEN, reason="wrong-patient", note="It is her sister's."),
        words=said("It is another patient's"),
    ),
}
VISIT_LINES = tuple(
    made(
        "VisitLine",
        position=f"{units}",
        code=code,
        modifiers=modifiers,
        words=words,
        points="A",
        units=Decimal(units),
        charge=Money(cents),
        drug=("00409-3795-01", "2", "ML", "RX 44") if code[0] == "J" else ("", "", "", ""),
        may_be_drug=code[0] == "J",
    )
    for code, modifiers, words, units, cents in (
        ("G0439", "25", "Yearly wellness visit, a later one", "1", 18500),
        ("J3420", "", "Vitamin B-12, up to 1,000 mcg", "1.5", 3800),
    )
)
CODED = VISIT | {
    "diagnoses": DIAGNOSES,
    "lines": VISIT_LINES,
    "total": Money(22300),
    "why_not": None,
}
CHOICES = (made("Choice", id=ID, name="Dr. Amara Okafor"),)
CATEGORIES = (("diagnosis-missing", said("A diagnosis is missing")), ("units", said("The units are wrong")))
DIFFERENCES = (
    made("Difference", what=said("Line {n}, code", n=1), proposed="G0438", coded="G0439"),
    made("Difference", what=said("Diagnosis {n}", n=2), proposed="", coded="E53.8"),
)
CHECKS = tuple(
    made("Check", title=said("Price of {code}", code="G0439"), text=said("As in the price list."), tone=tone)
    for tone in ("good", "wait", "stop")
)

STEPS = (
    made("Step", text=said("Draft"), at=date(2026, 8, 4), done=True, current=False, note=None),
    made("Step", text=said("Sent"), at=date(2026, 8, 5), done=True, current=False, note=None),
    made("Step", text=said("Answered"), at=date(2026, 10, 28), done=False, current=True, note=said("denial open")),
    made("Step", text=said("Closed"), at=None, done=False, current=False, note=said("when every balance is zero")),
)


def claim_line(code, cents, allowed, paid, patient, answer, tone):
    amounts = {"allowed": allowed, "paid": paid, "patient": patient}
    return made(
        "ClaimLine",
        code=code,
        modifiers="",
        words="Knee brace, canvas",
        diagnoses=("M1711", "Z00"),
        units=Decimal(1),
        charge=Money(cents),
        answer=answer,
        tone=tone,
        **{name: None if amount is None else Money(amount) for name, amount in amounts.items()},
    )


CLAIM_LINES = (
    claim_line("L1830", 14800, 0, 0, 0, said("CO 197"), "stop"),
    claim_line("J3301", 4400, 3120, 3120, 0, said("Paid"), "good"),
    claim_line("J1885", 4400, None, None, None, None, ""),
)
CLAIM = {
    "claim_id": ID,
    "version": 7,
    "number": "C-120418",
    "state": state("ADJUDICATED", "Answered by the payer"),
    "hold_reason": None,
    "rank": said("first payer"),
    "frequency": said("original"),
    "patient_id": OTHER,
    "patient_name": "Teresa Marlowe",
    "encounter_id": ID,
    "day": date(2026, 8, 3),
    "payer_name": "Bluestem Health Plan",
    "payer_number": "262180-093",
    "filing_due": date(2027, 1, 30),
    "days_left": 70,
    "clock": made(
        "ClaimClock",
        text=said("File by January 30: 70 days left."),
        tone="wait",
        why=said("90 days from the first day of service, by the contract."),
        proof=made("Proof", text=said("Accepted on November 20 (277CA, A2)."), interchange_id=OTHER),
        replace=said("Replace by March 1: 90 days left."),
    ),
    "steps": STEPS,
    "findings": (
        made(
            "Finding",
            severity="block",
            title=said("Approval number is empty"),
            text=said("Fill in the number from the authorization."),
        ),
        made("Finding", severity="warn", title=said("Filing limit is near"), text=said("Send it this week.")),
    ),
    "denials": (
        made(
            "DenialItem",
            title=said("No approval in advance on file (CO 197)"),
            text=said("Add the approval and send again."),
            state=state("NEW", "New"),
            amount=Money(14800),
            due_on=date(2026, 11, 24),
            days_left=3,
        ),
    ),
    "lines": CLAIM_LINES,
    "sums": made(
        "ClaimSums",
        charged=Money(19200),
        discount=Money(1280),
        plan_paid=Money(3120),
        others_paid=Money(1000),
        patient=Money(0),
        others_open=Money(800),
        open=Money(13000),
    ),
    "versions": (
        made(
            "ClaimVersion",
            number=1,
            control="C-120418",
            sent_at=THEN,
            interchange_id=ID,
            answer=said("Accepted by the payer"),
        ),
    ),
    "history": (
        made("Happening", at=NOW, text=said("{who} took this denial.", who="Priya Raman")),
        made("Happening", at=THEN, text=said("Remittance {trace} paid {sum}.", trace="R-7781", sum=Money(3120))),
    ),
    "actions": ("check", "hold", "ready", "draft"),
    "hold_reasons": (("records", said("Records are missing")), ("coverage", said("Coverage is being checked"))),
    "rework_reasons": (("number", said("A number was filled in")),),
    "return_reasons": (("codes", said("The codes are wrong")),),
    "correction": None,
    "again": tuple(
        made("Again", frequency=said(words), possible=possible, why=said("The payer has answered it."))
        for words, possible in (("original", False), ("replacement", True), ("void", True))
    ),
    "replace_reasons": (("registration", said("The registration was wrong")),),
    "void_reasons": (("not-rendered", said("The service was not given")),),
    "give_up_reasons": (("not-needed", said("It is not needed")),),
    "refusal_reasons": (("stands", said("The decision stands")),),
    "pass_reasons": (("little-left", said("Too little is left to bill it")),),
}
FINDINGS = (
    made(
        "FileFinding",
        segment=212,
        code="npi-digit",
        text=said("The check digit of this NPI is wrong."),
        item="C-1",
        severity="stop",
    ),
    made("FileFinding", segment=None, code="envelope", text=said("The file ends early."), item=None, severity="wait"),
)
BALANCES = tuple(
    made(
        "Balance",
        title=said(title),
        words=said("Charge less adjustments is what was paid."),
        expected=Money(5000),
        found=Money(5000 - off),
        holds=not off,
    )
    for title, off in (("Each line", 0), ("Each claim", 0), ("The payment", 150))
)
ADJUSTMENTS = (
    made("ProviderAdjustment", code="WO", words=said("Overpayment taken back"), reference="R-70", amount=Money(1250)),
)


def remittance_claim(number: str, claim_id, **more):
    return made(
        "RemittanceClaim",
        number=number,
        patient_name="Teresa Marlowe",
        claim_id=claim_id,
        status=said("Paid as first payer"),
        charged=Money(19200),
        paid=Money(3120),
        patient=Money(0),
        reasons=("CO 45 $12.80", "CO 197 $148.00"),
        **more,
    )


OFFICE_CLAIMS = (
    remittance_claim("C-120418", ID, remittance_claim_id=ID, state=state("MATCHED", "Matched"), segment=40),
    remittance_claim("0099", None, remittance_claim_id=OTHER, state=state("UNMATCHED", "Not matched"), segment=80),
)
REMITTANCE = {
    "remittance_id": ID,
    "version": 1,
    "payer_name": "Bluestem Health Plan",
    "trace": "R-7781",
    "method": said("Electronic transfer"),
    "amount": Money(312050),
    "paid_on": DAY,
    "state": state("HELD", "Held"),
    "interchange_id": ID,
    "sentence": said("Held: the payment is off by {sum}.", sum=Money(150)),
    "balances": BALANCES,
    "adjustments": ADJUSTMENTS,
    "findings": FINDINGS,
    "claims": OFFICE_CLAIMS,
    "claim_count": 2,
    "matched_count": 1,
    "newer": None,
    "older": None,
    "may_match": True,
    "may_post": True,
}
ACCOUNT = {
    "patient_id": ID,
    "version": 4,
    "name": "Teresa Marlowe",
    "birth_date": date(1961, 4, 5),
    "sex": said("Female"),
    "mrn": "M-1042",
    "phone": "(503) 555-0188",
    "email": None,
    "language": said("Spanish"),
    "line1": "9 Mill Road",
    "line2": "",
    "city": "Millbrook",
    "state": "OR",
    "postal_code": "97001",
    "has_sign_in": False,
    "owed": Money(8640),
    "with_payers": Money(14800),
    "credit": Money(0),
    "coverages": (
        made(
            "CoverageItem",
            payer_name="Bluestem Health Plan",
            rank=said("first"),
            member="4471-MARL",
            group="",
            relationship=said("herself"),
            since=date(2024, 1, 1),
            until=None,
        ),
    ),
    "encounters": (
        made(
            "EncounterItem",
            encounter_id=ID,
            day=DAY,
            provider="Dr. Amara Okafor",
            charge=Money(22300),
            state=state("QA", "Charges in audit"),
            may_set_aside=False,
        ),
        made(
            "EncounterItem",
            encounter_id=OTHER,
            day=DAY,
            provider="",
            charge=Money(9000),
            state=state("CLEARED", "Cleared"),
            may_set_aside=True,
        ),
    ),
    "claims": (
        made(
            "AccountClaim",
            claim_id=ID,
            number="C-120418",
            payer_name="Bluestem Health Plan",
            day=DAY,
            charge=Money(19200),
            open=Money(14800),
            state=state("ADJUDICATED", "Answered"),
        ),
    ),
    "ledger": tuple(
        made("LedgerItem", posted_on=DAY, text=said("Charge {code}", code="L1830"), payer_amount=a, patient_amount=b)
        for a, b in ((Money(19200), Money(0)), (Money(-3120), Money(8640)))
    ),
    "statements": (
        made(
            "AccountStatement",
            statement_id=ID,
            number="1042-7",
            made_on=DAY,
            due_on=date(2026, 12, 12),
            amount=Money(8640),
            state=state("STATEMENT_1", "Bill sent"),
            document_id=ID,
        ),
    ),
    "documents": (made("DocumentItem", document_id=ID, title="Letter with code", made_on=DAY),),
    "may_change": True,
    "may_issue_code": True,
    "changing": False,
}
NOTHING = dict.fromkeys(("coverages", "encounters", "claims", "ledger", "statements", "documents"), ())

STAFF = [
    (
        "staff/work.html",
        "some",
        {
            "page": made(
                "WorkPage",
                today=DAY,
                queues=tuple(
                    made(
                        "QueueCount",
                        queue=name.lower(),
                        title=said(name),
                        about=said("What payers refused."),
                        open=n,
                        mine=1,
                        due_soon=n,
                        amount=Money(417625) if n else None,
                        more=n == 2,
                        more_mine=False,
                        more_due=n == 2,
                    )
                    for n, name in enumerate(("Coding", "Denials", "Held claims"))
                ),
            )
        },
    ),
    ("staff/work.html", "none", {"page": made("WorkPage", today=DAY, queues=()), "exact": {"charges": Accuracy()}}),
    (
        "staff/work.html",
        "coder",
        {"page": made("WorkPage", today=DAY, queues=()), "exact": {"coding": Accuracy(201, 205)}},
    ),
    ("staff/encounters/code.html", "found", {"page": made("CodePage", **CODE), "form": form(errors=("code",))}),
    (
        "staff/encounters/code.html",
        "read",
        {
            "page": made(
                "CodePage",
                **CODE
                | {
                    "may_code": False,
                    "why_not": said("It was released."),
                    "returned": None,
                    "hits": None,
                    "note": None,
                },
            )
        },
    ),
    ("staff/encounters/code.html", "set-aside", {"page": made("CodePage", **CODE | SET_ASIDE)}),
    ("staff/encounters/code.html", "nothing-found", {"page": made("CodePage", **CODE | {"hits": ()})}),
    *(
        (
            "staff/encounters/review.html",
            kind,
            {
                "page": made(
                    "ReviewPage",
                    **CODED
                    | {"state": state("CODE_REVIEW", "Codes in review"), "coder": "Tomás Rivera", "coded_at": THEN}
                    | {"chosen": said("It is in the share of all visits.")}
                    | {"differences": differences, "categories": CATEGORIES, "may_review": may}
                    | {"why_not": None if may else said("You coded this visit yourself; somebody else checks it.")},
                )
            },
        )
        for kind, differences, may in (("may", DIFFERENCES, True), ("own", (), False))
    ),
    *(
        (
            "staff/charges/enter.html",
            kind,
            {
                "page": made(
                    "EnterPage",
                    **CODED
                    | {"state": state("RELEASED", "Codes released"), "returned": RETURNED if may else None}
                    | {"unpriced": unpriced, "may_enter": may, "place_code": "11", "provider_id": ID, "coverage_id": ""}
                    | {"providers": CHOICES, "coverages": CHOICES}
                    | {"late": None, "twins": (), "twice": (), "reasons": (), "measures": (), "effects": None}
                    | {"unreleased": ()},
                )
            },
        )
        for kind, unpriced, may in (("may", 1, True), ("read", 0, False))
    ),
    *(
        (
            "staff/charges/audit.html",
            kind,
            {
                "page": made(
                    "AuditPage",
                    **CODED
                    | {"state": state("QA", "Charges in audit"), "clerk": "Nadia Brandt", "entered_at": THEN}
                    | {"chosen": None, "found": (), "unreleased": ()}
                    | {"checks": CHECKS if may else (), "categories": CATEGORIES, "may_audit": may},
                )
            },
        )
        for kind, may in (("may", True), ("read", False))
    ),
    *(
        (
            "staff/claims/list.html",
            "many" if total is None else "some" if claims else "none",
            {
                "page": made(
                    "ClaimsPage",
                    search=made("ClaimSearch", state="READY", payer="", number=""),
                    states=(("READY", said("Ready")), ("HELD", said("Held"))),
                    payers=((ID, "Bluestem Health Plan"),),
                    claims=claims,
                    count=len(claims) if total else 10_000,
                    total=total,
                    ready=2,
                    may_send=True,
                    newer="a" if claims else None,
                    older="b" if claims else None,
                )
            },
        )
        for total, claims in zip(
            (Money(19200), Money(19200), None),
            (
                tuple(
                    made(
                        "ClaimItem",
                        claim_id=ID,
                        number=f"C-12041{n}",
                        patient_name="Teresa Marlowe",
                        payer_name="Bluestem Health Plan",
                        day=DAY,
                        charge=Money(19200),
                        state=state(code, code.capitalize()),
                        filing_due=date(2027, 1, 30),
                        days_left=days,
                        findings=n,
                    )
                    for n, (code, days) in enumerate((("READY", 70), ("HELD", 0), ("REJECTED", -2)))
                ),
                (),
                (),
            ),
            strict=True,
        )
    ),
    ("staff/claims/show.html", "denied", {"page": made("ClaimPage", **CLAIM)}),
    *(
        (
            "staff/claims/show.html",
            code,
            {
                "page": made(
                    "ClaimPage",
                    **CLAIM
                    | {"actions": actions, "findings": (), "denials": ()}
                    | {
                        "correction": made(
                            "Correction",
                            correction_id=OTHER,
                            version=2,
                            waits=said("It waits for the payer to take back {amount}.", amount=Money(3120)),
                            frequency=said("void"),
                            reason=said("The service was not given"),
                            state=state(code, "Void asked for"),
                            by="Nadia Brandt" if code == "REQUESTED" else "",
                            at=THEN,
                        )
                        if code != "ANSWERED"
                        else None
                    },
                )
            },
        )
        for code, actions in (
            ("REQUESTED", ("approve", "give_up")),
            ("OPEN", ("recheck", "give_up")),
            ("SENT", ("refused",)),
            ("ANSWERED", ("seen", "replace", "void")),
        )
    ),
    (
        "staff/claims/show.html",
        "draft",
        {
            "page": made(
                "ClaimPage",
                **CLAIM
                | {"state": state("HELD", "Held"), "hold_reason": said("Records are missing."), "findings": ()}
                | {"denials": (), "versions": (), "payer_number": None, "actions": ("release",)},
            )
        },
    ),
    (
        "staff/claims/snapshot.html",
        "first",
        {
            "page": made(
                "SnapshotPage",
                claim_id=ID,
                claim_number="C-120418",
                number=1,
                control="C-120418",
                sent_at=THEN,
                segments=("ST*837*0001*005010X222A1~", "CLM*C-120418*192***11:B:1*Y*A*Y*Y~"),
                digest=HEX,
            )
        },
    ),
    *(
        (
            "staff/imports/list.html",
            "some" if files else "none",
            {
                "page": made(
                    "ImportsPage",
                    files=files,
                    may_upload=True,
                    may_register=True,
                    largest_mb=25,
                    newer=None,
                    older="x" if files else None,
                    search=made(
                        "FileSearch",
                        kind="835" if not files else "",
                        state="",
                        partner="",
                        since=THEN.date() if not files else None,
                        until=None,
                        narrows=not files,
                        address={"kind": "835"} if not files else {},
                    ),
                    kinds=(("835", said("Remittance (835)")),),
                    states=(("READ", said("Read")),),
                    partners=((ID, "Quick Clearing"),) if files else (),
                    troubles=(
                        made(
                            "Trouble",
                            partner_id=bytes(16),
                            name="Quick Clearing",
                            text=said("The connection broke off."),
                            failures=4,
                            since=THEN,
                            next_try_at=NOW,
                        ),
                    )
                    if files
                    else (),
                ),
                "form": None if files else form(errors=("file",), file="x"),
            },
        )
        for files in (
            tuple(
                made(
                    "FileItem",
                    interchange_id=ID,
                    name="visits-0812.837",
                    kind=said("Visits (837P)"),
                    direction=direction,
                    at=THEN,
                    by="Nadia Brandt",
                    state=state("READ", "Read"),
                    claims=12,
                    findings=n,
                )
                for n, direction in enumerate(("in", "out"))
            ),
            (),
        )
    ),
    *(
        (
            "staff/imports/show.html",
            kind,
            {
                "page": made(
                    "ImportPage",
                    interchange_id=ID,
                    name="visits-0812.837",
                    kind=said("Visits (837P)"),
                    at=THEN,
                    by="Nadia Brandt",
                    state=state("PARTIAL", "Read in part"),
                    control="000000812",
                    sentence=said("{n} visits were made; one could not be read.", n=11),
                    reading=made("Progress", done=3, of=of) if of is not None else None,
                    counts=((said("Visits made"), 11), (said("Already there"), 0)),
                    findings=findings,
                    answers=(
                        made(
                            "FileAnswer",
                            kind="999",
                            at=THEN,
                            text=said("The file was accepted."),
                            state=state("ACCEPTED", "Accepted"),
                            interchange_id=ID,
                        ),
                    )
                    if findings
                    else (),
                    links=made(
                        "FileLinks",
                        shown=tuple(
                            made("FileLink", kind=to, target_id=ID, words=said(to))
                            for to in ("claim", "remittance", "account", "coverage")
                        )
                        if findings
                        else (),
                        more=3 if findings else 0,
                    ),
                    parts=(
                        made(
                            "FilePart",
                            interchange_id=OTHER,
                            kind=said("Remittance (835)"),
                            state=state("APPLIED", "Read in"),
                            first_segment=1,
                            last_segment=212,
                            items=3,
                            findings=1,
                        ),
                    )
                    if findings
                    else (),
                    whole=ID if kind == "clean" else None,
                    may_take=kind != "clean",
                )
            },
        )
        for kind, findings, of in (
            ("findings", FINDINGS, None),
            ("clean", (), None),
            ("reading", (), 0),
            ("reading far", FINDINGS, 11),
        )
    ),
    *(
        (
            "staff/remittances/list.html",
            "some" if items else "none",
            {
                "page": made(
                    "RemittancesPage",
                    state="",
                    states=(("HELD", said("Held")), ("POSTED", said("Posted"))),
                    remittances=items,
                    newer=None,
                    older=None,
                    may_see_deposits=bool(items),
                )
            },
        )
        for items in (
            tuple(
                made(
                    "RemittanceItem",
                    remittance_id=ID,
                    payer_name="Bluestem Health Plan",
                    trace="R-7781",
                    method=said("Electronic transfer"),
                    amount=Money(312050),
                    adjustments=Money(1250),
                    paid_on=DAY,
                    state=state(code, code.capitalize()),
                    claims=12,
                    matched=11,
                )
                for code in ("POSTED", "HELD")
            ),
            (),
        )
    ),
    *(
        (
            "staff/deposits/list.html",
            "some" if items else "none",
            {
                "page": made("DepositsPage", deposits=items, older="1-2" if items else None),
                "adjustment": lambda code: T_("Balance carried forward"),
            },
        )
        for items in (
            (
                made(
                    "DepositItem",
                    deposit_id=ID,
                    reference="R-7781",
                    payer_name="Bluestem Health Plan",
                    method="ACH",
                    amount=Money(312050),
                    adjustments=(("WO", "R-70", Money(1250)), ("L6", "R-71", Money(-120))),
                    remittances=((ID, "POSTED"), (OTHER, "POSTED")),
                    difference=Money(150),
                    arrived_on=None,
                    paid_on=DAY,
                ),
                made(
                    "DepositItem",
                    deposit_id=OTHER,
                    reference="R-7782",
                    payer_name="",
                    method="CHK",
                    amount=Money(100),
                    adjustments=(),
                    remittances=(),
                    difference=Money(0),
                    arrived_on=DAY,
                    paid_on=None,
                ),
            ),
            (),
        )
    ),
    *(
        (
            "staff/denials/show.html",
            "new" if may else "sorted",
            {
                "page": made(
                    "DenialPage",
                    denial_id=ID,
                    version=1,
                    title=said("Denied by the payer"),
                    state=state("NEW", "New") if may else state("TRIAGED", "Sorted"),
                    amount=Money(14800),
                    reason="CO 197",
                    category="authorization",
                    categories=(("authorization", said("Authorization or referral")), ("other", said("Other"))),
                    note=None if may else "Called; the number was left out.",
                    claim_id=ID,
                    number="C-120418",
                    remittance_id=ID,
                    patient_id=ID,
                    patient_name="Teresa Marlowe",
                    payer_name="Bluestem Health Plan",
                    day=DAY,
                    service="G0438" if may else None,
                    due_on=DAY if may else None,
                    days_left=3 if may else None,
                    clock=said("Appeal by November 25: 3 days left.") if may else None,
                    history=(made("Happening", at=THEN, text=said("New")),),
                    may_triage=may,
                )
            },
        )
        for may in (True, False)
    ),
    ("staff/remittances/show.html", "held", {"page": made("RemittancePage", **REMITTANCE)}),
    (
        "staff/remittances/show.html",
        "posted",
        {
            "page": made(
                "RemittancePage",
                **REMITTANCE
                | {"adjustments": (), "findings": (), "claims": OFFICE_CLAIMS[:1], "may_post": False}
                | {"paid_on": None, "interchange_id": None, "state": state("POSTED", "Posted")},
            )
        },
    ),
    *(
        ("staff/accounts/search.html", kind, {"page": made("SearchPage", q="Marlow", hits=hits, more=True)})
        for kind, hits in (
            ("first", None),
            ("none", ()),
            (
                "some",
                (
                    made(
                        "AccountHit",
                        patient_id=ID,
                        name="Teresa Marlowe",
                        birth_date=date(1961, 4, 5),
                        mrn="M-1042",
                        payer_name=None,
                        owed=Money(8640),
                    ),
                ),
            ),
        )
    ),
    ("staff/accounts/show.html", "full", {"page": made("AccountPage", **ACCOUNT), "told": TOLD}),
    (
        "staff/accounts/show.html",
        "letter",
        {"page": made("AccountPage", **ACCOUNT | {"has_sign_in": True}), "letter_waits": True},
    ),
    (
        "staff/accounts/show.html",
        "changing",
        {
            "page": made("AccountPage", **ACCOUNT | NOTHING | {"changing": True, "has_sign_in": True}),
            "form": form(errors=("postal_code",), line1="9 Mill Rd", city="Millbrook", state="OR", postal_code="9"),
        },
    ),
    (
        "staff/accounts/conflict.html",
        "two",
        {
            "page": made(
                "AccountConflictPage",
                patient_id=ID,
                name="Teresa Marlowe",
                version=5,
                changed_by="Ruth Calloway",
                changed_at=NOW,
                fields=tuple(
                    made(
                        "FieldConflict",
                        name=name,
                        label=said(name.capitalize()),
                        before="",
                        theirs="9 Mill Road",
                        yours=yours,
                        differs=yours != "9 Mill Road",
                    )
                    for name, yours in (("line1", "12 Oak Lane"), ("city", "9 Mill Road"), ("phone", ""))
                ),
            )
        },
    ),
]

PAYER = [
    *(
        (
            "payer/claims/list.html",
            "some" if items else "none",
            {
                "page": made(
                    "PayerClaimsPage",
                    payer_name="Bluestem Health Plan",
                    practice_name="Juniper Ridge" if items else "",
                    state="",
                    states=(("ACCEPTED", said("Accepted")),),
                    claims=items,
                    newer=None,
                    older="z" if items else None,
                )
            },
        )
        for items in (
            tuple(
                made(
                    "PayerClaimItem",
                    claim_id=ID,
                    number="C-120418",
                    payer_number=None,
                    patient_name="Teresa Marlowe",
                    member="4471-MARL",
                    sent_on=DAY,
                    day=DAY,
                    charge=Money(19200),
                    paid=paid,
                    state=state("ACCEPTED", "Accepted"),
                )
                for paid in (None, Money(3120))
            ),
            (),
        )
    ),
    (
        "payer/claims/show.html",
        "answered",
        {
            "page": made(
                "PayerClaimPage",
                claim_id=ID,
                number="C-120418",
                payer_number="262180-093",
                patient_name="Teresa Marlowe",
                member="4471-MARL",
                birth_date=date(1961, 4, 5),
                day=DAY,
                provider="Dr. Amara Okafor",
                practice_name="Juniper Ridge",
                practice_phone="(503) 555-0142",
                payer_name="Bluestem Health Plan",
                state=state("ADJUDICATED", "Answered"),
                steps=STEPS,
                lines=CLAIM_LINES,
                charged=Money(19200),
                paid=None,
                remittances=((ID, "R-7781"),),
            )
        },
    ),
    *(
        (
            "payer/remittances/list.html",
            "some" if items else "none",
            {
                "page": made(
                    "PayerRemittancesPage",
                    payer_name="Bluestem Health Plan",
                    practice_name="Juniper Ridge" if items else "",
                    remittances=items,
                    newer=None,
                    older=None,
                )
            },
        )
        for items in (
            (
                made(
                    "PayerRemittanceItem",
                    remittance_id=ID,
                    trace="R-7781",
                    method=said("Check"),
                    amount=Money(312050),
                    paid_on=None,
                    claims=12,
                ),
            ),
            (),
        )
    ),
    (
        "payer/remittances/show.html",
        "one",
        {
            "page": made(
                "PayerRemittancePage",
                remittance_id=ID,
                trace="R-7781",
                method=said("check"),
                amount=Money(312050),
                paid_on=DAY,
                practice_name="Juniper Ridge",
                balances=BALANCES,
                adjustments=ADJUSTMENTS,
                newer=None,
                older="49",
                claims=(remittance_claim("C-120418", ID), remittance_claim("C-2", None)),
            )
        },
    ),
]

ENTRIES = tuple(
    made(
        "Entry",
        seq=48211 - n,
        at=THEN,
        person=person,
        role=said(role),
        text=said(text),
        flag=said(flag) if flag else None,
        tone="stop",
    )
    for n, (person, role, text, flag) in enumerate(
        (
            ("Priya Raman", "denial specialist", "opened claim C-120418, for payment, because it was in her queue", ""),
            ("Owen Pratt", "reviewer at Bluestem", "asked for another claim and was refused", "Refused"),
        )
    )
)
LOG = {
    "search": made("LogSearch", patient=ID, person="", action="", outcome="", from_day=DAY, to_day=None),
    "patient_name": "Teresa Marlowe",
    "people": ((ID, "Priya Raman"),),
    "actions": (("claim:view", said("Opened a claim")),),
    "outcomes": (("0", said("It was done")), ("4", said("It was refused"))),
    "entries": ENTRIES,
    "count": 1284,
    "health": made("LogHealth", state=state("READ", "Whole"), text=said("Signed and kept outside a moment ago")),
    "may_export": True,
    "newer": None,
    "older": 47000,
    "q": "",
    "found": None,
}
EVENT = {
    "seq": 48211,
    "at": THEN,
    "person": "Priya Raman",
    "role": said("denial specialist"),
    "text": said("opened claim C-120418, for payment"),
    "outcome": state("READ", "Done"),
    "permission": "claim:view",
    "purpose": said("Payment"),
    "basis": said("The denial was assigned to her"),
    "place": "192.0.2.7",
    "auth": said("Password and digits, 6 minutes before"),
    "request_id": "7c2f19aa04be",
    "subjects": ((ID, "Teresa Marlowe"),),
    "objects": (
        made("EventObject", kind=said("Claim"), id=ID, fields=said("name, member number"), before=None, after=HEX),
    ),
    "query": None,
    "exported": False,
    "count": None,
    "body": '{"action":"R","actor":"7c2f19aa04be"}',
    "proof": made(
        "Proof",
        holds=True,
        leaf=HEX,
        path=16,
        size=48390,
        root=HEX,
        signed_at=NOW,
        anchored=said("A copy is kept outside."),
    ),
}
COMPLIANCE = [
    ("compliance/log.html", "patient", {"page": made("LogPage", **LOG)}),
    (
        "compliance/log.html",
        "empty",
        {
            "page": made(
                "LogPage",
                **LOG
                | {
                    "search": made(
                        "LogSearch", patient="", person=ID, action="", outcome="4", from_day=None, to_day=DAY
                    )
                }
                | {"patient_name": None, "entries": (), "older": None, "q": "Marlowe", "found": ()},
            )
        },
    ),
    (
        "compliance/log.html",
        "found",
        {
            "page": made(
                "LogPage",
                **LOG | {"found": (made("Match", patient_id=ID, name="Teresa Marlowe", mrn="M-1042"),)},
            )
        },
    ),
    ("compliance/event.html", "proved", {"page": made("EventPage", **EVENT)}),
    (
        "compliance/event.html",
        "fresh",
        {
            "page": made(
                "EventPage",
                **EVENT
                | {"proof": None, "subjects": (), "objects": (), "query": "Marlowe", "count": 3, "exported": True},
            )
        },
    ),
    *(
        (
            "compliance/viewers.html",
            "some" if viewers else "none",
            {
                "page": made(
                    "ViewersPage",
                    patient_id=ID,
                    patient_name="Teresa Marlowe",
                    since=date(2025, 11, 21),
                    until=DAY,
                    viewers=viewers,
                )
            },
        )
        for viewers in (
            tuple(
                made(
                    "Viewer",
                    person_id=OTHER,
                    person="Derek Stone",
                    role=said("registrar"),
                    purpose=said("Payment"),
                    times=n,
                    last_at=THEN,
                    tie=tie,
                )
                for n, tie in ((14, said("Her own visits")), (1, None))
            ),
            (),
        )
    ),
    (
        "compliance/export.html",
        "ask",
        {
            "page": made(
                "ExportPage", count=1284, about=said("everything about Teresa Marlowe"), query=(("patient", ID),)
            )
        },
    ),
    *(
        (
            "compliance/health.html",
            "signed" if signed else "unsigned",
            {
                "page": made(
                    "HealthPage",
                    state=state("READ" if signed else "REFUSED", "Whole" if signed else "Behind"),
                    sentence=said("Every entry is signed and kept outside."),
                    size=48390,
                    signed_size=48390 if signed else 0,
                    signed_at=NOW if signed else None,
                    root=HEX if signed else None,
                    anchors=(
                        made(
                            "Anchor",
                            title=said("Anchor file"),
                            about=said("On a disk of another user."),
                            state=state("READ", "In step"),
                            size=48390,
                            at=NOW if signed else None,
                        ),
                    ),
                    checks=(
                        made(
                            "LogCheck",
                            title=said("No number is missing"),
                            text=said("From 0 to 48,389."),
                            state=state("READ", "Holds"),
                            at=None if signed else THEN,
                            command="./candor audit verify" if signed else None,
                        ),
                    ),
                )
            },
        )
        for signed in (True, False)
    ),
]

ADMIN = [
    *(
        (
            "admin/users/list.html",
            "some" if users else "none",
            {"page": made("UsersPage", users=users, newer=None, older=None)},
        )
        for users in (
            tuple(
                made(
                    "UserItem",
                    user_id=ID,
                    name="Nadia Brandt",
                    email="nadia@example.org",
                    state=state(code, code.capitalize()),
                    grants=(
                        made("GrantItem", role=said("Biller"), place="Juniper Ridge"),
                        made("GrantItem", role=said("Payment poster"), place="Juniper Ridge"),
                    ),
                    factors=factors,
                    last_at=NOW if factors else None,
                    version=1,
                    can_disable=bool(factors),
                )
                for code, factors in (("ACTIVE", 1), ("INVITED", 0))
            ),
            (),
        )
    ),
    *(
        (
            "admin/users/invite.html",
            "sent" if link else "first",
            {
                "page": made(
                    "InvitePage",
                    roles=(("biller", said("Biller")),),
                    practices=((ID, "Juniper Ridge"),),
                    payers=((ID, "Bluestem Health Plan"),),
                    link=link,
                    hours=72,
                ),
                "form": form(errors=("role",), email="a@example.org", practice=ID),
            },
        )
        for link in (None, "https://candor.example/i/K7QM")
    ),
]

SAMPLES = (
    [(name, kind, {"frame": frame("staff", notices=NOTICES)} | context) for name, kind, context in STAFF]
    + [(name, kind, {"frame": frame("payer")} | context) for name, kind, context in PAYER]
    + [(name, kind, {"frame": frame("compliance")} | context) for name, kind, context in COMPLIANCE]
    + [(name, kind, {"frame": frame("admin", demo=True)} | context) for name, kind, context in ADMIN]
)
