"""Sets the demonstration up in a folder of its own: keys, store, practice, people, code lists, the world outside."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from portal import config, runtime
from portal.access.actors import Actor, system
from portal.config import Settings
from portal.demo import contacts, messages, papers, patients, people, requests
from portal.demo.clock import WalkingClock
from portal.demo.story import PARTNER, Story, evening, weeks
from portal.domain.claims import Facility
from portal.domain.realtime import service
from portal.jobs.handlers import Tools
from portal.jobs.worker import Worker
from portal.sandbox import codes as invented_codes
from portal.sandbox import practice as invented
from portal.sandbox import visits as invented_visits
from portal.sandbox.cards.processor import CardProcessor
from portal.sandbox.clearinghouse import Clearinghouse
from portal.sandbox.members import known_members
from portal.sandbox.realtime import RealtimePayer
from portal.services import codes, facilities, payers, practices, realtime

MONTHS = timedelta(days=91)
BILLING_WEEKS = (5, 9)
"""Bills go out in these weeks and at the end."""
_SETUP = system("setup")
_KEYS = ("root.key", "signing.key", "web.key")
WEBHOOK_SECRET = "whsec_demonstration"  # noqa: S105 - of a stand-in on loopback
API_KEY = "sk_test_demonstration"
PASSWORD = "of-the-demonstration"  # noqa: S105 - opens nothing but the payer that this process plays


@dataclass(slots=True)
class Stage:
    """A demonstration that stands: its runtime, the clock, and the processor that goes on answering."""

    runtime: runtime.Runtime
    clock: WalkingClock
    story: Story
    processor: CardProcessor
    payer: RealtimePayer
    tools: Tools


def settings_for(home: Path, *, port: int, processor_url: str) -> Settings:
    """Settings of a demonstration; its folder holds everything, keys apart from data."""
    keys = home / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    keys.chmod(0o700)
    for name in _KEYS:
        _secret(keys / name, secrets.token_bytes(32))
    _secret(keys / "stripe.key", API_KEY.encode())
    _secret(keys / "webhook.key", WEBHOOK_SECRET.encode())
    (home / config.FILE).write_text(
        f'mode = "demo"\nport = "{port}"\nstripe_api_url = "{processor_url}"\ncard_pages_origin = "{processor_url}"\n'
        'stripe_secret_key_file = "keys/stripe.key"\nstripe_webhook_secret_file = "keys/webhook.key"\n'
    )
    (home / "data").mkdir(exist_ok=True)
    (home / "data" / config.DEMO_MARK).touch()
    return config.load({"CANDOR_HOME": str(home)})


def _secret(path: Path, value: bytes) -> None:
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(handle, "wb") as file:
            file.write(value)


@contextmanager
def standing(home: Path, *, seed: int, port: int, today: date, say: Callable[[str], None]) -> Iterator[Stage]:
    """Tell the whole story in a fresh folder and give the stage; connections and what answers end with it."""
    if home.exists():
        shutil.rmtree(home)
    clock = WalkingClock(datetime.combine(today - MONTHS, datetime.min.time(), UTC) + timedelta(hours=14))
    with CardProcessor(api_key=API_KEY, webhook_secret=WEBHOOK_SECRET, clock=clock) as processor:
        settings = settings_for(home, port=port, processor_url=processor.url)
        runtime.migrate(settings)
        with runtime.running(settings, clock=clock) as first, first.units.write(_SETUP, "practice:edit") as uow:
            practices.found_installation(uow, first.roots, config.DEMO)
        with runtime.running(settings, clock=clock) as running:
            tools = Tools(running.units, running.parts, runtime.signer(running))
            story = _cast(running, clock, seed, today, Worker(tools), say)
            _live(story, processor, clock, today, say)
            tools.sign()
            with RealtimePayer(story.house.at_once, user="juniper", password=PASSWORD, clock=clock) as payer:
                _answers_at_once(running, story, payer)
                yield Stage(running, clock, story, processor, payer, tools)


def _cast(
    running: runtime.Runtime, clock: WalkingClock, seed: int, today: date, worker: Worker, say: Callable[[str], None]
) -> Story:
    made = invented.practice(seed, today=today)
    say("a practice, its payers and its price list")
    with running.units.write(_SETUP, "practice:edit") as uow:
        practice_id = practices.add_practice(uow, running.roots, _stated(made)).id
    by_code = _payers(running, made)
    setting = system("setup", practice_id=practice_id)
    _partner_and_prices(running, setting, practice_id, made.hospital, seed, today)
    _code_lists(running, today)
    say("the people who work there")
    cast = people.hire(running.units, practice_id, by_code)
    folder = running.settings.edi / PARTNER
    (folder / "out").mkdir(parents=True, exist_ok=True)
    (folder / "in").mkdir(parents=True, exist_ok=True)
    house = Clearinghouse(
        folder / "out",
        folder / "in",
        clock=clock,
        next_payers=made.crossovers(),
        members=known_members(made.patients),
        cases=dict.fromkeys(invented_codes.fee_table(seed), "granted") | {requests.WAITS: "pended"},
    )
    return Story(running, clock, cast, made, house, worker)


def _stated(made: invented.Practice) -> practices.Practice:
    billing = made.billing
    return practices.Practice(
        code="juniper", name=billing.name, npi=billing.npi, ein=billing.tax_id, taxonomy=billing.taxonomy,
        phone=billing.phone, address=billing.address, time_zone=made.time_zone,
    )  # fmt: skip


def _payers(running: runtime.Runtime, made: invented.Practice) -> dict[str, bytes]:
    rows = [
        {
            "code": payer.identifier, "name": payer.name, "kind": payer.filing_code,
            "filing_limit_days": str(payer.filing_days), "appeal_levels": "first:120; second:180",
            "remittance_ids": f"1{payer.tax_id}",
        }
        for payer in made.payers
    ]  # fmt: skip
    with running.units.write(_SETUP, "payer:edit") as uow:
        payers.load(uow, rows)
    with running.units.read(_SETUP, "payer:edit") as uow:
        return {payer.identifier: payers.by_code(uow, payer.identifier).id for payer in made.payers}


def _listed(hospital: Facility, since: date) -> dict[str, str]:
    """The hospital where its clinicians see patients, as an administrator would type it."""
    assert hospital.address is not None
    days = {"places": f"{invented_visits.WARD} {invented_visits.DEPARTMENT} 23", "valid_from": since.isoformat()}
    return {"name": hospital.name, "npi": hospital.npi, **asdict(hospital.address), **days}


def _partner_and_prices(
    running: runtime.Runtime, setting: Actor, practice_id: bytes, hospital: Facility, seed: int, today: date
) -> None:
    partner = practices.PartnerFacts(
        code=PARTNER, name="Valley Clearinghouse", sender_id="JUNIPERRIDGE", receiver_id="VALLEYCLEAR",
        group_sender="JUNIPERRIDGE", group_receiver="VALLEYCLEAR", submitter_name="Juniper Ridge Family Practice",
        submitter_contact="Billing Desk", submitter_phone="5035550142", folder=PARTNER, usage="P",
    )  # fmt: skip
    with running.units.write(setting, "partner:edit") as uow:
        practices.add_partner(uow, practice_id, partner)
    with running.units.write(setting, "practice:edit") as uow:
        facilities.keep(uow, practice_id, _listed(hospital, date(today.year - 1, 1, 1)))
    fees = [(code, "", cents) for code, cents in sorted(invented_codes.fee_table(seed).items())]
    with running.units.write(setting, "price:load") as uow:
        practices.load_prices(uow, practice_id, fees, date(today.year - 1, 1, 1))


def _answers_at_once(running: runtime.Runtime, story: Story, payer: RealtimePayer) -> None:
    """From now on the clearinghouse answers questions about coverage while one waits."""
    setting = system("setup", practice_id=story.cast.practice_id)
    with running.units.write(setting, "partner:edit") as uow:
        partner = practices.partner_by_code(uow, story.cast.practice_id, PARTNER)
        place = service(payer.url, "juniper", sender="JUNIPERRIDGE", receiver="VALLEYCLEAR")
        realtime.set_service(uow, partner, place, PASSWORD)


def _code_lists(running: runtime.Runtime, today: date) -> None:
    since = date(today.year - 2, 10, 1)
    with running.units.write(_SETUP, "code:load") as uow:
        codes.load(uow, "icd10cm", "demo-icd10cm.txt", invented_codes.icd10cm_file(), since)
        codes.load(uow, "hcpcs", "demo-hcpcs.txt", invented_codes.hcpcs_file(), since)
        codes.load_places(uow)


def _live(story: Story, processor: CardProcessor, clock: WalkingClock, today: date, say: Callable[[str], None]) -> None:
    first, last = today - MONTHS, today - timedelta(days=1)
    seen = invented_visits.visits(story.practice, first=first, last=last)
    members: list[patients.Member] = []
    for number, (begin, end) in enumerate(weeks(first, last)):
        clock.to(evening(end, story.practice.time_zone))
        this_week = [visit for day, those in seen.items() if begin <= day <= end for visit in those]
        story.week(this_week, sending_day=number % 2 == 1, last=end == last)
        if number in BILLING_WEEKS or end == last:
            story.bill()
        if number == BILLING_WEEKS[0]:
            members = patients.join(story.runtime, story.cast)
            story.said["card payments"] += patients.pay(story.runtime, processor, members)
            story.worker.drain()
        say(f"the week of {begin:%B %d}: {len(this_week)} visits")
    papers.bring(story)
    requests.tell(story)
    contacts.tell(story)
    messages.tell(story, members)
