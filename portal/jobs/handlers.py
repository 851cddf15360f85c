"""Which function runs each job; a house test compares the names with those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from portal.access.actors import Actor, system
from portal.domain.errors import Refused
from portal.domain.messages.mail import MailDelayed, MailRefused, MailUncertain
from portal.services import outbox
from portal.services.assistance import discounts
from portal.services.assistance import letters as decisions
from portal.services.attachments import drawing
from portal.services.authorizations import deciding
from portal.services.claims import asking as claims
from portal.services.claims import drafting, following
from portal.services.contacts import letters
from portal.services.contracts import recounting
from portal.services.coverage import asking as coverage
from portal.services.coverage import nights
from portal.services.dunning import papers, sending
from portal.services.files import immediate, reading
from portal.services.messages import notices as conversations
from portal.services.outbox import Job
from portal.services.parts import Parts
from portal.services.payment_plans import following as plans
from portal.services.payments import receipts
from portal.services.payments import settling as card_payments
from portal.services.remittances import settling
from portal.services.statements import clocks, making, runs
from portal.services.unit_of_work.units import Units
from portal.services.work import bulk


@dataclass(frozen=True, slots=True)
class Tools:
    """What a job has in hand. `sign` signs and anchors the audit log; only workers hold its key.

    `witness` asks the witness, where one is set up.
    """

    units: Units
    parts: Parts
    sign: Callable[[], None]
    witness: Callable[[], None] = lambda: None


def actor(job: Job) -> Actor:
    """What runs without a person acts as the system for its job, bounded to the job's practice."""
    return system(job.name, practice_id=job.practice_id)


def send_mail(tools: Tools, job: Job) -> None:
    """Send one mail, at most once by itself: begun and not known to have ended shows as uncertain.

    Raises MailDelayed, after which the job is tried again.
    """
    found = outbox.mail_to_send(tools.units, actor(job), job.ids["mail"])
    if found is None:
        return
    state = "SENT"
    try:
        tools.parts.mailer.send(
            recipient=found.recipient, template=found.template, language=found.language,
            parameters=found.parameters, key=found.key,
        )  # fmt: skip
    except MailDelayed:
        outbox.mail_ended(tools.units, actor(job), job.ids["mail"], "WAITING")
        raise
    except MailRefused:
        state = "FAILED"
    except MailUncertain:
        state = "UNCERTAIN"
    outbox.mail_ended(tools.units, actor(job), job.ids["mail"], state)


def read_file(tools: Tools, job: Job) -> None:
    """A file that was stored is read through, or read on."""
    reading.read_on(tools.units, actor(job), job.ids["interchange"], attempt=job.attempts)


def draw_pages(tools: Tools, job: Job) -> None:
    """The pages of a document that came in are drawn, or drawn on."""
    drawing.draw(tools.units, tools.parts, actor(job), job.ids["document"])


def print_letter(tools: Tools, job: Job) -> None:
    """The paper of one letter to a payer."""
    letters.print_paper(tools.units, tools.parts, actor(job), job.ids["letter"])


def ask_coverage(tools: Tools, job: Job) -> None:
    """Payers are asked about every coverage that is due; without a partner to ask through, nobody is."""
    try:
        coverage.ask_due(tools.units, tools.parts, actor(job))
    except Refused:
        return


def ask_now(tools: Tools, job: Job) -> None:
    """One question is put to a payer that answers at once."""
    immediate.ask(tools.units, tools.parts, actor(job), job.ids["interchange"])


def ask_claims(tools: Tools, job: Job) -> None:
    """Payers are asked where the claims stand that they have said nothing of for days."""
    try:
        claims.ask_silent(tools.units, tools.parts, actor(job))
    except Refused:
        return


def recount_limits(tools: Tools, job: Job) -> None:
    """A contract changed: the limits that follow from it are worked out again."""
    recounting.recount(tools.units, actor(job), job.ids["payer"])


def follow_decision(tools: Tools, job: Job) -> None:
    """What a payer's own people decided about a request is followed."""
    deciding.apply_members(tools.units, actor(job), job.ids["answer"])


def draft_claim(tools: Tools, job: Job) -> None:
    """A covered visit whose charges are cleared gets its claim."""
    with tools.units.write(actor(job), "claim:edit") as uow:
        drafted = drafting.draft_for(uow, job.ids["encounter"])
        if drafted.made:
            nights.soon(uow)


def follow_claims(tools: Tools, job: Job) -> None:
    """The claims behind those that a payment answered, to the payers that come next."""
    if following.follow_remittance(tools.units, actor(job), job.ids["remittance"]):
        with tools.units.write(actor(job), "claim:edit") as uow:
            nights.soon(uow)


def work_through(tools: Tools, job: Job) -> None:
    """A step with everything in a view of a queue, or the rest of it."""
    bulk.run(tools.units, actor(job), job.ids["bulk"])


def send_notice(tools: Tools, job: Job) -> None:
    """One message about a bill that waits, at most once by itself."""
    sending.send(tools.units, tools.parts, actor(job), job.ids["notice"])


def print_notice(tools: Tools, job: Job) -> None:
    """The paper of one letter about a bill that waits."""
    papers.print_paper(tools.units, tools.parts, actor(job), job.ids["notice"])


def print_decision(tools: Tools, job: Job) -> None:
    """The letter with a decision about help."""
    decisions.print_paper(tools.units, tools.parts, actor(job), job.ids["assistance"])


def tell_of_help(tools: Tools, job: Job) -> None:
    """A mail that something is missing of an application for help, without saying so."""
    decisions.notice(tools.units, tools.parts, actor(job), job.ids["assistance"])


def tell_of_message(tools: Tools, job: Job) -> None:
    """A mail that the office wrote something, without saying what."""
    conversations.notice(tools.units, tools.parts, actor(job), job.ids["conversation"])


def remind_of_task(tools: Tools, job: Job) -> None:
    """A mail that something still waits for the patient."""
    conversations.remind(tools.units, tools.parts, actor(job), job.ids["conversation"])


def follow_plan(tools: Tools, job: Job) -> None:
    """A payment plan's day: reminders, and how it stands."""
    plans.follow(tools.units, tools.parts, actor(job), job.ids["plan"])


def run_statements(tools: Tools, job: Job) -> None:
    """Ask for the bills of a run, one job an account."""
    runs.run(tools.units, actor(job), job.ids["run"])


def release_statements(tools: Tools, job: Job) -> None:
    """A person released all that a run wrote."""
    runs.release_all(tools.units, tools.parts, actor(job), job.ids["run"])


def make_statement(tools: Tools, job: Job) -> None:
    """One account's bill."""
    making.make(tools.units, tools.parts, actor(job), job.ids["account"], job.ids["run"])


def print_statement(tools: Tools, job: Job) -> None:
    """The paper of one bill."""
    making.print_paper(tools.units, tools.parts, actor(job), job.ids["statement"])


def close_statements(tools: Tools, job: Job) -> None:
    """Bills on which nothing is owed any more are paid."""
    clocks.follow(tools.units, actor(job), job.ids["patient"])


def follow_statements(tools: Tools, job: Job) -> None:
    """The bills of an account whose holds changed."""
    clocks.follow(tools.units, actor(job), job.ids["account"])


def settle_remittance(tools: Tools, job: Job) -> None:
    """What a posted payment leaves to do: claims that are settled close, credits go to people."""
    settling.settle(tools.units, actor(job), job.ids["remittance"])


def follow_payment(tools: Tools, job: Job) -> None:
    """After a payment settled: what paying at once saves, bills that are paid with it, then what the processor kept."""
    discounts.settle(tools.units, actor(job), job.ids["patient"])
    plans.of_account(tools.units, actor(job), job.ids["patient"])
    clocks.follow(tools.units, actor(job), job.ids["patient"])
    card_payments.record_fee(tools.units, tools.parts, job.ids["payment"])


def print_receipt(tools: Tools, job: Job) -> None:
    """The receipt of one payment as a PDF."""
    receipts.print_paper(tools.units, tools.parts, actor(job), job.ids["payment"])


Handler = Callable[[Tools, Job], None]
"""Runs one job. It may run twice, so it does by keys what must be done once."""

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType({
    "assistance.notice": tell_of_help,
    "assistance.paper": print_decision,
    "authorization.decided": follow_decision,
    "claim.ask": ask_claims,
    "claim.draft": draft_claim,
    "claim.follow": follow_claims,
    "contract.recount": recount_limits,
    "document.pages": draw_pages,
    "eligibility.ask": ask_coverage,
    "eligibility.now": ask_now,
    "file.read": read_file,
    "letter.paper": print_letter,
    "mail.send": send_mail,
    "message.notice": tell_of_message,
    "message.reminder": remind_of_task,
    "notice.paper": print_notice,
    "notice.send": send_notice,
    "plan.follow": follow_plan,
    "queue.bulk": work_through,
    "remittance.settle": settle_remittance,
    "payment.settled": follow_payment,
    "receipt.paper": print_receipt,
    "statement.close": close_statements,
    "statement.follow": follow_statements,
    "statement.make": make_statement,
    "statement.paper": print_statement,
    "statement.release": release_statements,
    "statement.run": run_statements,
})  # fmt: skip
