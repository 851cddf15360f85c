"""All claim edits over claims of four lines, on one core: `python -m bench.edits [--claims 10000] [--profile]`.

Wanted: at least 1,000 claims a second (issue "The claim cycle", 7). Two figures: the rules alone, over claims in memory
with code sets, NCCI tables, fees, earlier lines and procedures, coverage policies and ten rules of the practice; and
with everything around them that a store adds: rows read, names opened, what the rules may know looked up, 500 claims at
a time as sending does.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from bench.remittance_file import fill, found, installation
from portal import runtime
from portal.access.actors import system
from portal.domain.claims import Address, BillingProvider, Claim, Cover, Person, Rendering, ServiceLine
from portal.domain.codes import CodeRelease, CodeSpan
from portal.domain.contracts import Terms
from portal.domain.coverage_policies import Covered, Policy
from portal.domain.edits.catalog import RULES, edit
from portal.domain.edits.own import Condition, OwnRule
from portal.domain.edits.rules import EditContext, PriorLine
from portal.domain.global_periods import Surgery
from portal.domain.ncci import NcciTables, PairEdit, UnitLimit
from portal.domain.titles import said
from portal.models.claims import ClaimRow
from portal.services.claims import checking

WANTED = 1_000
AT_ONCE = 500
DAY, TODAY = date(2026, 7, 20), date(2026, 8, 3)
STANDS = (CodeSpan(date(2020, 1, 1)),)
SERVICES = ("G0438", "J1885", "G0444", "A4550", "J3420", "G0008", "J0696", "G2211")
DIAGNOSES = ("I10", "E119", "Z0000", "M25561", "J069", "E785")
TITLES = {"M25561": "Pain in right knee", "M25562": "Pain in left knee", "M25569": "Pain in unspecified knee"}


def claims(count: int) -> list[Claim]:
    """Invented claims, every tenth with something to find."""
    home = Address("12 Larch Lane", "Millbrook", "OR", "970991234")
    billing = BillingProvider("Juniper Ridge", "1234567893", "123456789", home, taxonomy="207Q00000X")
    made = []
    for at in range(count):
        patient = Person(f"Ashgrove{at}", "Mina", birth_date=date(1950 + at % 50, 3, 4), sex="FM"[at % 2], address=home)
        lines = tuple(
            ServiceLine(
                SERVICES[(at + number) % len(SERVICES)], 5_000 + 100 * number, Decimal(1 + number % 2), (1, 2), DAY,
                modifiers=((), (), ("RT",), ("59",))[number], control=f"L{at}-{number}",
            )
            for number in range(4)
        )  # fmt: skip
        made.append(
            Claim(
                f"C{at:011d}", sum(line.charge_cents for line in lines) + (at % 10 == 0), "11", patient,
                Cover("Harbor Health", "HHP01", f"W{at}", patient), billing,
                tuple(DIAGNOSES[(at + step) % len(DIAGNOSES)] for step in range(3)), lines,
                rendering=Rendering("1245319599", "Okafor", "Ada", "207Q00000X"),
            )
        )  # fmt: skip
    return made


def context() -> EditContext:
    """What a practice has loaded: 10,000 codes, pairs and limits, fees, earlier lines, ten rules of its own."""
    filler = {f"Q{at:04d}": STANDS for at in range(10_000)}
    pairs = {(one, other): (PairEdit(date(2020, 1, 1), None, "1"),) for one in SERVICES[:3] for other in SERVICES[5:]}
    covered = tuple(Covered(code) for code in ("C61", "R972", *DIAGNOSES[1:5]))
    own = tuple(
        OwnRule(
            f"own-{at}", f"Rule {at}", "warn",
            (Condition("service", "is", f"J{at:04d}"), Condition("payer", "is", "HHP01")), "because", "do it",
        )
        for at in range(10)
    )  # fmt: skip
    return EditContext(
        TODAY,
        CodeRelease(
            "bench",
            {
                "hcpcs": filler | dict.fromkeys(SERVICES, STANDS),
                "icd10cm": filler | dict.fromkeys(DIAGNOSES, STANDS),
                "modifier": {"59": STANDS, "RT": STANDS},
                "pos": {"11": STANDS},
            },
            said(TITLES),
        ),
        prior=tuple(PriorLine("1245319599", DAY, f"Q{at:04d}", (), Decimal(1), 5_000) for at in range(6)),
        terms=Terms(180),
        fees={1: 4_000, 2: 4_000, 3: 6_000, 4: 900},
        surgeries=tuple(Surgery("1993999998", "207X00000X", DAY - timedelta(ago), 90) for ago in (20, 60)),
        periods={2: "000", 3: "010"},
        policies={code: (Policy("L33333", date(2020, 1, 1), None, covered),) for code in SERVICES[:4]},
        ncci=NcciTables(pairs, {code: (UnitLimit(date(2020, 1, 1), None, 4, "3"),) for code in SERVICES}),
        own=own,
    )


def rules_alone(count: int) -> float:
    """Claims a second through every rule, in memory."""
    made, known = claims(count), context()
    begun = time.process_time()  # what one core does, whoever else is at work on the machine
    told = sum(len(edit(claim, known)) for claim in made)
    seconds = time.process_time() - begun
    assert told, "every tenth claim has something to find"
    return count / seconds


def from_the_store(count: int) -> float:
    """Claims a second with their rows read and opened and everything looked up, as before sending."""
    with tempfile.TemporaryDirectory() as home, runtime.running(installation(Path(home))) as running:
        practice = found(running)
        fill(running, practice, count)
        done = 0
        begun = time.process_time()
        after = b""
        while done < count:
            with running.units.read(system("bench", practice_id=practice), "claim:edit") as uow:
                rows = uow.entities(
                    uow.select(ClaimRow).where(ClaimRow.id > after).order_by(ClaimRow.id).limit(AT_ONCE)
                )
                if not rows:
                    break
                checking.findings_of(uow, rows)
            after, done = rows[-1].id, done + len(rows)
        return done / (time.process_time() - begun)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    if asked.profile:
        profiler = cProfile.Profile()
        profiler.runcall(rules_alone, asked.claims)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(18)
        return
    rate = rules_alone(asked.claims)
    print(f"{len(RULES)} rules and 10 of the practice over {asked.claims:,} claims of 4 lines: {rate:,.0f} claims/s")
    print(f"ratio to the {WANTED:,} wanted: {rate / WANTED:.1f}")
    stored = from_the_store(asked.claims)
    print(f"with rows read and opened, {AT_ONCE} at a time: {stored:,.0f} claims/s, ratio {stored / WANTED:.1f}")


if __name__ == "__main__":
    main()
