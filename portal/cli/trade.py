"""The trade by command: visits in, codes loaded, claims out, acknowledgements and remittances in, bills made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from portal.cli.desk import FINDINGS, Bench, english, opened, options, progress, reason
from portal.domain.errors import TradeError
from portal.domain.interchanges import Finding
from portal.jobs.handlers import Tools
from portal.jobs.worker import Worker
from portal.services.claims import answers, sending
from portal.services.encounters import importing
from portal.services.files import collecting, reading
from portal.services.remittances.importing import import_remittances
from portal.services.statements import runs

_FILES = click.Path(exists=True, dir_okay=False, path_type=Path)


def _each(
    job: str, files: Sequence[Path], act: Callable[[Bench, Path], tuple[dict[str, Any], Sequence[Finding]]], **more: Any
) -> None:
    """Take files in one after the other; a bad one never blocks the next. Exit 1 when anything was found."""
    found = False
    with opened(job, **more) as bench:
        said = []
        with progress("files", files) as bar:
            for file in bar:
                try:
                    result, findings = act(bench, file)
                except TradeError as error:  # of another kind, say: the next file may be what it should be
                    result, findings = {}, [Finding(0, error.code, error.text)]
                found = found or bool(findings)
                said.append({"file": file.name, **result, "findings": [_finding(each) for each in findings]})
        if bench.as_json:
            bench.say(said)
        else:
            for result in said:
                figures = ", ".join(f"{value} {name}" for name, value in result.items() if isinstance(value, int))
                click.echo(f"{result['file']}: {figures}")
                for finding in result["findings"]:
                    click.echo(f"  segment {finding['segment']}: {finding['text']} ({finding['code']})")
    sys.exit(FINDINGS if found else 0)


def _finding(finding: Finding) -> dict[str, Any]:
    return {"segment": finding.segment, "code": finding.code, "text": english(finding.text)}


@click.group()
def visits() -> None:
    """Visits from a practice's 837P, 837I and 837D files."""


@visits.command("import", epilog="Example: ./candor visits import monday.837 --json")
@click.argument("files", nargs=-1, required=True, type=_FILES)
@options
@reason("HPAYMT")
def import_visits(files: Sequence[Path], practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Take in visits: accounts, coverage, encounters and charges; the same file or claim again makes nothing."""

    def act(bench: Bench, file: Path) -> tuple[dict[str, Any], Sequence[Finding]]:
        result = importing.import_visits(bench.runtime.units, bench.actor, None, file.name, file.read_bytes())
        counts = result.counts
        return {
            "claims": counts.claims, "made": counts.made, "standing": counts.standing, "left_out": counts.left_out,
            "accounts": counts.accounts, "interchange": result.interchange_id.hex(),
        }, result.findings  # fmt: skip

    _each("visits.import", files, act, practice=practice, as_user=as_user, as_json=as_json)


@click.group()
def acks() -> None:
    """Acknowledgements of what was sent."""


@acks.command("import", epilog="Example: ./candor acks import incoming/*.999")
@click.argument("files", nargs=-1, required=True, type=_FILES)
@options
@reason("HPAYMT")
def import_acks(files: Sequence[Path], practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Read TA1, 999 and 277CA: claims are accepted, or go back to the queue with the reason in words."""

    def act(bench: Bench, file: Path) -> tuple[dict[str, Any], Sequence[Finding]]:
        result = answers.import_acknowledgements(bench.runtime.units, bench.actor, file.name, file.read_bytes())
        return {"items": result.items, "applied": result.applied, "new": result.new}, result.findings

    _each("acks.import", files, act, practice=practice, as_user=as_user, as_json=as_json)


@click.group()
def remittances() -> None:
    """Remittances of payers."""


@remittances.command("import", epilog="Example: ./candor remittances import incoming/*.835 --json")
@click.argument("files", nargs=-1, required=True, type=_FILES)
@options
@reason("HPAYMT")
def import_835(files: Sequence[Path], practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Read 835s, check three balances, post to the ledger; what does not match or balance goes to a queue."""

    def act(bench: Bench, file: Path) -> tuple[dict[str, Any], Sequence[Finding]]:
        result = import_remittances(bench.runtime.units, bench.actor, None, file.name, file.read_bytes())
        states = [payment.state for payment in result.payments]
        return {
            "payments": len(states), "posted": states.count("POSTED"), "held": states.count("HELD"),
            "known": states.count("KNOWN"), "recorded": states.count("RECORDED"),
            "matched": sum(payment.matched for payment in result.payments),
        }, result.findings  # fmt: skip

    _each("remittances.import", files, act, practice=practice, as_user=as_user, as_json=as_json)


@click.group()
def claims() -> None:
    """Claims to payers."""


@claims.command("send", epilog="Example: ./candor claims send --partner clearing")
@click.option("--partner", default="", help="The trading partner's code, where there are several.")
@options
@reason("HPAYMT")
def send(partner: str, practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Write every ready claim into 837P files, checked by their guide, and hand them to the clearinghouse."""
    with opened("claims.send", practice=practice, as_user=as_user, as_json=as_json) as bench:
        units, parts = bench.runtime.units, bench.runtime.parts
        again = sending.resend_unsent(units, parts, bench.actor)
        done = sending.send_claims(units, parts, bench.actor, partner=partner)
        files = [{"name": file.name, "claims": file.claims, "sent": file.sent} for file in done.files]
        words = f"{done.claims} claims in {len(files)} files, {done.returned} went back, {again} files sent again"
        bench.say({"claims": done.claims, "files": files, "returned": done.returned, "sent_again": again}, words)
    sys.exit(FINDINGS if done.returned else 0)


@claims.command("collect", epilog="Example: ./candor claims collect")
@options
@reason("HPAYMT")
def collect(practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Take in the acknowledgements that wait in the partners' folders."""
    with opened("acks.import", practice=practice, as_user=as_user, as_json=as_json) as bench:
        units, parts = bench.runtime.units, bench.runtime.parts
        taken = collecting.collect(units, parts, bench.actor, wanted=[reading.ANSWERS])
        applied = sum(each.applied for each in taken)
        bench.say({"files": len(taken), "applied": applied}, f"{len(taken)} files, {applied} answers applied")


@click.group()
def statements() -> None:
    """Statements to patients."""


@statements.command("run", epilog="Example: ./candor statements run")
@options
@reason("HPAYMT")
def run(practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Make today's bills and their papers here and now; a run broken off goes on where it stopped."""
    with opened("statement.run", practice=practice, as_user=as_user, as_json=as_json) as bench:
        with bench.runtime.units.write(bench.actor, "statement:run") as uow:
            under_way = any(not each.over for each in runs.runs_of(uow))
            if not under_way:
                runs.start(uow)
        worker = Worker(Tools(bench.runtime.units, bench.runtime.parts, lambda: None))
        with progress("jobs", iter(worker.step, False)) as bar:
            done = sum(1 for _ in bar)
        bench.say({"jobs": done}, f"{done} jobs done")
