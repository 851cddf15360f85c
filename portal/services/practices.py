"""Setting up: the installation, its practices, their trading partners and prices."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func

from portal.domain import practices as shapes
from portal.domain.claims import Address
from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_
from portal.domain.transport import Server
from portal.models.keys import InstallationRow
from portal.models.practices import (
    ControlNumberRow,
    PartnerRow,
    PartnerServerRow,
    PracticeRow,
    PriceRow,
    ProviderRow,
)
from portal.services import transport
from portal.services.keys import making
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """A practice as an administrator states it; ids as X12 wants them (NPI 10 digits, EIN 9 digits)."""

    code: str
    name: str
    npi: str
    ein: str
    taxonomy: str
    phone: str
    address: Address
    time_zone: str
    remit_to: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFacts:
    """A trading partner as an administrator states it."""

    code: str
    name: str
    sender_id: str
    receiver_id: str
    group_sender: str
    group_receiver: str
    submitter_name: str
    submitter_contact: str
    submitter_phone: str
    folder: str
    usage: str = "P"
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"


def address_values(address: Address | None) -> dict[str, Any] | None:
    """An address as it is stored."""
    if address is None:
        return None
    return {name: getattr(address, name) for name in ("line1", "line2", "city", "state", "postal_code")}


def found_installation(uow: UnitOfWork, roots: making.Root, mode: str) -> bytes:
    """The first act in a new store: the installation's own row and keys; a second time gives the same id."""
    standing = uow.first(uow.select(InstallationRow))
    if standing is not None:
        return standing.id
    row = uow.new(InstallationRow, mode=mode, created_at=uow.now)
    making.make_tenant_keys(uow, roots, INSTALLATION)
    return row.id


def add_practice(uow: UnitOfWork, roots: making.Root, facts: Practice) -> PracticeRow:
    """Make a practice with its own keys; raises Refused for what `practice_faults` finds."""
    check_practice(facts)
    if uow.first(uow.select(PracticeRow).where(PracticeRow.code == facts.code)) is not None:
        raise Conflict(T_("There is a practice {code} already; use edit.", code=facts.code), code="practice-code")
    id_ = new_id()
    row = uow.new(
        PracticeRow,
        id_=id_,
        code=facts.code,
        name=facts.name,
        npi=facts.npi,
        ein=facts.ein,
        taxonomy=facts.taxonomy,
        phone=facts.phone,
        address=address_values(facts.address),
        remit_to=address_values(facts.remit_to),
        time_zone=facts.time_zone,
        created_at=uow.now,
    )
    making.make_tenant_keys(uow, roots, id_)
    return row


def edit_practice(uow: UnitOfWork, code: str, **changes: Any) -> PracticeRow:
    """Change what is stated of a practice; the whole is checked again."""
    row = practice_by_code(uow, code)
    facts = replace(stated(row), **changes)
    check_practice(facts)
    uow.change(
        row,
        name=facts.name,
        npi=facts.npi,
        ein=facts.ein,
        taxonomy=facts.taxonomy,
        phone=facts.phone,
        address=address_values(facts.address),
        remit_to=address_values(facts.remit_to),
        time_zone=facts.time_zone,
    )
    return row


def check_practice(facts: Practice) -> None:
    """Raise Refused with everything that is out of shape, in one breath."""
    faults = practice_faults(facts)
    if faults:
        said = faults[0].text
        for fault in faults[1:]:
            said = T_("{first} {then}", first=said, then=fault.text)
        raise Refused(said, code=faults[0].code)


def practice_faults(facts: Practice) -> list[Refused]:
    """What of a practice is out of shape, each with its reason; none when it may be made."""
    checks = (
        (
            shapes.is_practice_code(facts.code),
            T_(
                "The code {code} is not valid: at most 20 lower-case letters and digits, with hyphens between them.",
                code=facts.code,
            ),
            "code",
        ),
        (
            shapes.is_npi(facts.npi),
            T_("The NPI {npi} is not valid: ten digits with a check digit.", npi=facts.npi),
            "npi",
        ),
        (shapes.is_ein(facts.ein), T_("The EIN {ein} is not valid: nine digits, no hyphen.", ein=facts.ein), "ein"),
        (
            shapes.is_zip(facts.address.postal_code, nine=True),
            T_("A practice's ZIP has nine digits; payers reject five."),
            "zip",
        ),
        (
            shapes.is_taxonomy(facts.taxonomy),
            T_("The taxonomy code {code} is not valid: ten characters that end in X.", code=facts.taxonomy),
            "taxonomy",
        ),
        (bool(facts.name.strip()), T_("A practice has a name."), "name"),
        (
            bool(facts.address.line1.strip() and facts.address.city.strip()),
            T_("A practice's address has a street and a city."),
            "address",
        ),
        (
            facts.address.state in shapes.STATES,
            T_("There is no state {state}: it has two capital letters, such as OR.", state=facts.address.state),
            "state",
        ),
        (
            not shapes.is_post_box(facts.address.line1),
            T_("The practice's address is a street; a post office box goes to remit-to."),
            "street",
        ),
        (shapes.is_phone(facts.phone), T_("The phone number {phone} must be ten digits.", phone=facts.phone), "phone"),
        (
            facts.time_zone in zoneinfo.available_timezones(),
            T_("There is no time zone {zone}.", zone=facts.time_zone),
            "time-zone",
        ),
    )
    return [Refused(text, code=code) for passed, text, code in checks if not passed]


def stated(row: PracticeRow) -> Practice:
    """What is stated of a practice, as a value."""
    return Practice(
        code=row.code,
        name=row.name,
        npi=row.npi,
        ein=row.ein,
        taxonomy=row.taxonomy,
        phone=row.phone,
        address=Address(**row.address),
        remit_to=Address(**row.remit_to) if row.remit_to else None,
        time_zone=row.time_zone,
    )


def practice_by_code(uow: UnitOfWork, code: str) -> PracticeRow:
    """The practice of a code; raises Refused naming it."""
    row = uow.first(uow.select(PracticeRow).where(PracticeRow.code == code))
    if row is None:
        raise Refused(T_("There is no practice {code}.", code=code), code="no-practice")
    return row


def practice_codes(uow: UnitOfWork) -> list[tuple[bytes, str, str]]:
    """Id, code and name of every practice within reach."""
    rows = uow.rows(uow.select(PracticeRow.id, PracticeRow.code, PracticeRow.name).order_by(PracticeRow.code))
    return [(row.id, row.code, row.name) for row in rows]


def add_provider(uow: UnitOfWork, *, npi: str, last_name: str, first_name: str, taxonomy: str) -> ProviderRow:
    """A clinician of the practice, made when first met; raises Refused for an NPI whose check digit is wrong."""
    standing = uow.first(uow.select(ProviderRow).where(ProviderRow.npi == npi))
    if standing is not None:
        return standing
    return uow.new(ProviderRow, npi=npi, last_name=last_name, first_name=first_name, taxonomy=taxonomy)


def add_partner(uow: UnitOfWork, practice_id: bytes, facts: PartnerFacts) -> PartnerRow:
    """A trading partner of a practice, with control numbers that start at 1; its folder is no other practice's."""
    if facts.usage not in {"P", "T"} or not all((facts.sender_id, facts.receiver_id)):
        raise Refused(
            T_("A partner needs a sender id, a receiver id, and P (production) or T (test)."), code="partner-shape"
        )
    if len(facts.sender_id) > 15 or len(facts.receiver_id) > 15:
        raise Refused(T_("Sender and receiver ids have at most 15 characters (ISA06, ISA08)."), code="partner-shape")
    where = (PartnerRow.practice_id == practice_id, PartnerRow.code == facts.code)
    if uow.first(uow.select(PartnerRow).where(*where)) is not None:
        raise Conflict(T_("There is a partner {code} already.", code=facts.code), code="partner-code")
    stated_ = {name: getattr(facts, name) for name in PartnerFacts.__dataclass_fields__}
    stated_["folder"] = _own_folder(uow, practice_id, facts.folder)
    row = uow.new(PartnerRow, practice_id=practice_id, **stated_)
    uow.flush()
    for kind in ("interchange", "group", "set"):
        uow.new(ControlNumberRow, practice_id=practice_id, partner_id=row.id, kind=kind, following=1)
    return row


def edit_partner(uow: UnitOfWork, practice_id: bytes, code: str, **changes: Any) -> PartnerRow:
    """Change a partner's name, folder, submitter or usage; ids and code stay, as files carry them. Raises Refused."""
    row = partner_by_code(uow, practice_id, code)
    if "folder" in changes:
        changes["folder"] = _own_folder(uow, practice_id, changes["folder"])
    if changes.get("usage", row.usage) not in {"P", "T"}:
        raise Refused(T_("A partner is P (production) or T (test)."), code="partner-shape")
    if changes.get("folder", row.folder) != row.folder:
        transport.lay_anew(uow, row.id)
    uow.change(row, **changes)
    return row


def partner_by_code(uow: UnitOfWork, practice_id: bytes, code: str) -> PartnerRow:
    """The practice's partner of a code; raises Refused naming it."""
    row = uow.first(uow.select(PartnerRow).where(PartnerRow.practice_id == practice_id, PartnerRow.code == code))
    if row is None:
        raise Refused(T_("There is no partner {code}.", code=code), code="no-partner")
    return row


def set_server(uow: UnitOfWork, partner: PartnerRow, server: Server | None) -> None:
    """Reach a partner by an SFTP server, or by its folder again; it is tried anew at once. Raises Refused."""
    row = uow.first(uow.select(PartnerServerRow).where(PartnerServerRow.partner_id == partner.id))
    before = (row.host, row.port, row.user_name, row.outbox) if row is not None else None
    if before != ((server.host, server.port, server.user, server.outbox) if server is not None else None):
        transport.lay_anew(uow, partner.id)
    if server is None:
        if row is not None:
            uow.delete(row)
    else:
        _own_inbox(uow, partner, server)
        values: dict[str, Any] = {
            "host": server.host, "port": server.port, "user_name": server.user, "host_key": server.host_key,
            "inbox": server.inbox, "outbox": server.outbox, "done": server.done,
        }  # fmt: skip
        if row is None:
            uow.new(PartnerServerRow, practice_id=partner.practice_id, partner_id=partner.id, **values)
        else:
            uow.change(row, **values)
    transport.forget(uow, partner.id)


def _own_folder(uow: UnitOfWork, practice_id: bytes, folder: str) -> str:
    """The plain name of a partner's folder; raises Refused where it is none, or a partner of another practice has it.

    What lies in a folder is taken in by the practice whose partner names it: with two, nobody knows whose a file is.
    """
    name = shapes.partner_folder(folder)
    if name is None:
        raise Refused(
            T_("The folder {folder} is not one plain name below the folder of exchange.", folder=folder),
            code="partner-folder",
        )
    taken = uow.value(
        uow.select(PracticeRow.code)
        .join(PartnerRow, PartnerRow.practice_id == PracticeRow.id)
        .where(uow.within(PartnerRow), PartnerRow.folder == name, PracticeRow.id != practice_id)
        .limit(1)
    )
    if taken is not None:
        raise Refused(
            T_(
                "A partner of the practice {practice} has the folder {folder} already, and whose a file is could not "
                "be told. Give each practice folders of its own.",
                practice=taken, folder=name,
            ),
            code="partner-folder",
        )  # fmt: skip
    return name


def _own_inbox(uow: UnitOfWork, partner: PartnerRow, server: Server) -> None:
    """Raises Refused where a partner of another practice fetches from the same account and folder of a server."""
    row = PartnerServerRow
    same = (func.lower(row.host) == server.host.lower(), row.port == server.port, row.user_name == server.user)
    if uow.count(uow.select(row.id).where(*same, row.inbox == server.inbox, row.practice_id != partner.practice_id)):
        text = T_(
            "A partner of another practice has files at {server} already. Sign in as another.", server=server.address
        )
        raise Refused(text, code="partner-server")


def load_prices(uow: UnitOfWork, practice_id: bytes, prices: list[tuple[str, str, int]], valid_from: date) -> int:
    """The practice's prices from a day on: (code, modifier, cents); the same rows again change nothing."""
    standing = {
        (row.code, row.modifier, row.valid_from): row
        for row in uow.entities(uow.select(PriceRow).where(PriceRow.practice_id == practice_id))
    }
    changed = 0
    for code, modifier, cents in prices:
        row = standing.get((code, modifier, valid_from))
        if row is None:
            uow.new(
                PriceRow, practice_id=practice_id, code=code, modifier=modifier, amount_cents=cents,
                valid_from=valid_from,
            )  # fmt: skip
        elif row.amount_cents != cents:
            uow.change(row, amount_cents=cents)
        else:
            continue
        changed += 1
    return changed
