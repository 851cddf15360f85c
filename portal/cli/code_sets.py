"""Published lists by command: code sets, NCCI tables, fee schedules."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from portal.cli.desk import Bench, opened, options
from portal.services import codes as code_service
from portal.services import coverage_policies, fees, global_periods, ncci
from portal.services.assistance import levels
from portal.services.releases import Loaded

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def codes() -> None:
    """Code sets, NCCI tables and fee schedules."""


@codes.command("load", epilog="Example: ./candor codes load icd10cm icd10cm_order_2027.txt --effective 2026-10-01")
@click.argument("code_set", metavar="SET")
@click.argument("file", type=_FILE)
@click.option("--effective", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first service day it holds.")
@click.option("--try", "rehearse", is_flag=True, help="Only say what would change.")
@click.option("--payer", default="", help="fee-schedule: the payer's code.")
@click.option("--locality", default="", help="fee-schedule: keep this one only; CMS's is carrier-locality, 01112-05.")
@click.option(
    "--changes", is_flag=True, help="fee-schedule, coverage-policy: a file of changes; what it does not list stands."
)
@options
def load(code_set: str, file: Path, practice: str | None, as_user: str | None, as_json: bool, **given: Any) -> None:
    """Load a published file, or the zip archive it comes in: counted, switched at once; old releases stay.

    SET is one of icd10cm, icd9cm, hcpcs, cpt, cdt, modifier, carc, rarc, pos, taxonomy, ncci-ptp, mue, fee-schedule,
    global-days (CMS's PPRRVU file as CSV), poverty (HHS's guidelines as CSV: year,region,1,2,3,4,5,6,7,8,extra),
    coverage-policy (CSV: payer,policy,procedure,diagnosis,from,to).
    """
    if code_set == fees.SCHEDULE and not given["payer"]:
        raise click.UsageError("Name the payer with --payer CODE.")
    of_practice = code_set == fees.SCHEDULE
    with opened(
        "codes.load", practice=practice, any_practice=not of_practice, as_user=as_user, as_json=as_json
    ) as bench:
        loaded = _load(bench, code_set, file, given["effective"].date(), given)
        all_of_it = (loaded, *loaded.beside)
        result = {
            "set": code_set,
            **_figures(loaded),
            "beside": {each.code_set: _figures(each) for each in loaded.beside},
        }
        bench.say(result, "\n".join(f"{each.code_set}: {_words(each)}" for each in all_of_it))


def _load(bench: Bench, code_set: str, file: Path, effective: date, given: dict[str, Any]) -> Loaded:
    units, rehearse = bench.runtime.units, given["rehearse"]
    with file.open("rb") as source:
        if code_set == ncci.PAIRS:
            staged = ncci.stage_pairs(source)  # minutes for millions of lines: before any lock is taken
            with units.write(bench.actor, "code:load") as uow:
                return ncci.load_pairs(uow, staged, file.name, effective, rehearse=rehearse)
        if code_set == fees.SCHEDULE:
            with units.write(bench.actor, "price:load") as uow:
                return fees.load(
                    uow, given["payer"], source, file.name, effective, locality=given["locality"],
                    whole=not given["changes"], rehearse=rehearse,
                )  # fmt: skip
        with units.write(bench.actor, "code:load") as uow:
            if code_set == global_periods.PERIODS:
                return global_periods.load(uow, source, file.name, effective, rehearse=rehearse)
            if code_set == coverage_policies.POLICIES:
                whole = not given["changes"]
                return coverage_policies.load(uow, source, file.name, effective, whole=whole, rehearse=rehearse)
            if code_set == levels.LEVELS:
                return levels.load(uow, source, file.name, effective, rehearse=rehearse)
            if code_set == ncci.LIMITS:
                return ncci.load_limits(uow, source, file.name, effective, rehearse=rehearse)
            return code_service.load(uow, code_set, file.name, source.read(), effective, rehearse=rehearse)


def _figures(loaded: Loaded) -> dict[str, int]:
    return {"total": loaded.total, "added": loaded.added, "changed": loaded.changed, "retired": loaded.retired}


def _words(loaded: Loaded) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in _figures(loaded).items())
