"""Trading partners: set up, reached by folder or by SFTP, listed with what is wrong on the way to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from portal import runtime
from portal.cli.desk import Bench, acting, english, opened, options
from portal.domain import transport as rules
from portal.domain.errors import TradeError
from portal.domain.realtime import Service, service
from portal.domain.transport import Server
from portal.services import practices as practice_service
from portal.services import realtime, transport
from portal.services.unit_of_work.work import UnitOfWork

_USAGE = click.Choice(["P", "T"])
_SERVER = (
    click.option("--sftp", default=None, help="USER@HOST or USER@HOST:PORT of its SFTP server."),
    click.option(
        "--host-key", default=None, metavar="KEY|FILE",
        help="The one host key it must show: ssh-ed25519 and its digits, or a file with that line.",
    ),
    click.option("--inbox", default=None, help="Folder on the server where it puts files for us."),
    click.option("--outbox", default=None, help="Folder on the server where it expects ours."),
    click.option("--done", default=None, help="Folder there for files taken in; without one they are removed there."),
)  # fmt: skip

_SERVICE = (
    click.option("--realtime", default=None, metavar="URL", help="Its service that answers at once (CAQH CORE)."),
    click.option("--realtime-user", default=None, help="Who signs in there (UserName)."),
    click.option("--realtime-sender", default=None, help="SenderID there; the partner's --sender without it."),
    click.option("--realtime-receiver", default=None, help="ReceiverID there; its --receiver without it."),
    click.option("--realtime-password-file", default=None, metavar="FILE", help="Holds the password; kept sealed."),
)  # fmt: skip

_STATED = frozenset({"sftp", "host_key", "inbox", "outbox", "done"})
_ASKED = frozenset({"realtime", "realtime_user", "realtime_sender", "realtime_receiver", "realtime_password_file"})


def _server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_SERVER + _SERVICE):
        command = option(command)
    return command


@click.group()
def partners() -> None:
    """Trading partners of a practice."""


@partners.command("add", epilog="Example: ./candor partners add clearing --sender JUNIPER --receiver QUICKCLEAR …")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--sender", required=True, help="ISA06 and GS02.")
@click.option("--receiver", required=True, help="ISA08 and GS03.")
@click.option("--sender-qualifier", default="ZZ")
@click.option("--receiver-qualifier", default="ZZ")
@click.option("--contact", required=True, help="The submitter's contact (PER02).")
@click.option("--contact-phone", required=True, help="Ten digits (PER04).")
@click.option("--submitter", required=True, help="The submitter's name (NM103 of 1000A).")
@click.option("--usage", type=_USAGE, default="P", help="ISA15: production or test.")
@click.option("--folder", required=True, help="Folder below the installation's edi folder.")
@_server_options
@options
def add(code: str, practice: str | None, as_user: str | None, as_json: bool, **given: str | None) -> None:
    """Add a trading partner: envelope ids, submitter, production or test, folder; its SFTP server where it has one."""
    said = {name: value or "" for name, value in given.items()}
    with opened("partners.add", practice=practice, as_user=as_user, as_json=as_json) as bench:
        facts = practice_service.PartnerFacts(
            code=code, name=said["name"], sender_id=said["sender"], receiver_id=said["receiver"],
            group_sender=said["sender"], group_receiver=said["receiver"], submitter_name=said["submitter"],
            submitter_contact=said["contact"], submitter_phone=said["contact_phone"], folder=said["folder"],
            usage=said["usage"], sender_qualifier=said["sender_qualifier"],
            receiver_qualifier=said["receiver_qualifier"],
        )  # fmt: skip
        server = _server(given, None) if given["sftp"] else None
        with bench.runtime.units.write(bench.actor, "partner:edit") as uow:
            row = practice_service.add_partner(uow, bench.actor.practice_id or b"", facts)
            if server is not None:
                practice_service.set_server(uow, row, server)
            if given["realtime"]:
                _set_service(uow, row, given, None)
        bench.say({"partner": row.id.hex(), **_pinned(server)}, _set_up(code, server))


@partners.command("edit", epilog="Example: ./candor partners edit clearing --sftp juniper@sftp.clearing.example …")
@click.argument("code")
@click.option("--name", default=None)
@click.option("--contact", "submitter_contact", default=None, help="The submitter's contact (PER02).")
@click.option("--contact-phone", "submitter_phone", default=None, help="Ten digits (PER04).")
@click.option("--submitter", "submitter_name", default=None, help="The submitter's name (NM103 of 1000A).")
@click.option("--usage", type=_USAGE, default=None, help="ISA15: production or test.")
@click.option("--folder", default=None, help="Folder below the installation's edi folder.")
@_server_options
@click.option("--by-folder", is_flag=True, help="Reach it by its folder again.")
@click.option("--no-realtime", is_flag=True, help="Ask it by files only.")
@options
def edit(
    code: str,
    by_folder: bool,
    no_realtime: bool,
    practice: str | None,
    as_user: str | None,
    as_json: bool,
    **given: str | None,
) -> None:
    """Change a partner, and how it is reached; what is not named stays."""
    named = {name: value for name, value in given.items() if value is not None}
    if by_folder and named.keys() & _STATED:
        raise click.UsageError("--by-folder goes without a server")
    if no_realtime and named.keys() & _ASKED:
        raise click.UsageError("--no-realtime goes without a service")
    with opened("partners.edit", practice=practice, as_user=as_user, as_json=as_json) as bench:
        with bench.runtime.units.write(bench.actor, "partner:edit") as uow:
            row = practice_service.partner_by_code(uow, bench.actor.practice_id or b"", code)
            changes = {name: value for name, value in named.items() if name not in _STATED | _ASKED}
            practice_service.edit_partner(uow, row.practice_id, code, **changes)
            (route,) = transport.routes(uow, row.id)
            server = None if by_folder else route.server
            if named.keys() & _STATED:
                server = _server(given, route.server)
            if by_folder or named.keys() & _STATED:
                practice_service.set_server(uow, row, server)
            if no_realtime:
                realtime.set_service(uow, row, None)
            elif named.keys() & _ASKED:
                _set_service(uow, row, given, realtime.service_of(uow, row.id))
        bench.say({"partner": row.id.hex(), **_pinned(server)}, _set_up(code, server))


@partners.command("list", epilog="Example: ./candor partners list")
@options
def list_(practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Every partner, how it is reached, and what is wrong on the way to it."""
    with opened("partners.list", practice=practice, as_user=as_user, as_json=as_json) as bench:
        with bench.runtime.units.read(bench.actor, "partner:edit") as uow:
            found = transport.routes(uow)
            services = {route.code: realtime.service_of(uow, route.partner_id) for route in found}
            troubles = {trouble.partner_id: trouble for trouble in transport.troubles(uow)}
        if bench.as_json:
            bench.say([_as_json(route, troubles.get(route.partner_id), services[route.code]) for route in found])
            return
        for route in found:
            click.echo(f"{route.code}: {route.name}, {_way(route)}")
            if (at := services[route.code]) is not None:
                click.echo(f"  answers at once at {at.url}, asked as {at.user}")
            trouble = troubles.get(route.partner_id)
            if trouble is not None:
                since, again = (at.strftime("%Y-%m-%d %H:%M UTC") for at in (trouble.since, trouble.next_try_at))
                click.echo(f"  {trouble.failures} failures since {since}, next try {again}: {english(trouble.text)}")


@partners.command(epilog="Example: ./candor partners key")
@acting
def key(as_user: str | None, as_json: bool) -> None:
    """The public key that partners let in at their SFTP servers, one line; made where there is none."""
    with opened("partners.key", any_practice=True, as_user=as_user, as_json=as_json) as bench:
        line = _public(bench)
        bench.say({"key": line}, line)


def _public(bench: Bench) -> str:
    bench.runtime.units.allow(bench.actor, "partner:edit")
    try:
        return runtime.sftp_key(bench.runtime.settings.sftp_key_file)
    except (ValueError, OSError) as error:
        raise click.ClickException(f"CANDOR_SFTP_KEY_FILE: {error}") from error


def _server(given: dict[str, str | None], standing: Server | None) -> Server:
    """What was named over what stands."""
    said = {name: given[name] for name in _STATED}
    if standing is not None:
        stands = {
            "sftp": standing.address, "host_key": standing.host_key, "inbox": standing.inbox,
            "outbox": standing.outbox, "done": standing.done,
        }  # fmt: skip
        said = {name: stands[name] if value is None else value for name, value in said.items()}
    missing = [name for name in ("sftp", "host_key", "inbox", "outbox") if not said[name]]
    if missing:
        raise click.UsageError(
            "an SFTP server also needs " + ", ".join(f"--{name.replace('_', '-')}" for name in missing)
        )
    host_key = said["host_key"] or ""
    if not host_key.lstrip().startswith(rules.HOST_KEY_KIND):
        try:
            host_key = Path(host_key).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise click.UsageError("--host-key: neither a key nor a file that can be read") from error
    try:
        return rules.server(
            said["sftp"] or "", host_key, inbox=said["inbox"] or "", outbox=said["outbox"] or "",
            done=said["done"] or "",
        )  # fmt: skip
    except TradeError as error:
        raise click.UsageError(english(error.text)) from error


def _set_service(uow: UnitOfWork, row: Any, given: dict[str, str | None], standing: Service | None) -> None:
    """What was named over what stands; the partner's own ids where no others are named."""
    url = given["realtime"] or (standing.url if standing is not None else "")
    user = given["realtime_user"] or (standing.user if standing is not None else "")
    if not url or not user:
        raise click.UsageError("a service needs --realtime and --realtime-user")
    sender = given["realtime_sender"] or (standing.sender if standing is not None else row.sender_id)
    receiver = given["realtime_receiver"] or (standing.receiver if standing is not None else row.receiver_id)
    path, password = given["realtime_password_file"], ""
    try:
        if path:
            password = Path(path).read_text(encoding="utf-8").strip()
            if not password:
                raise click.UsageError("--realtime-password-file: it is empty")
        realtime.set_service(uow, row, service(url, user, sender=sender, receiver=receiver), password)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise click.UsageError("--realtime-password-file: it cannot be read") from error
    except TradeError as error:
        raise click.UsageError(english(error.text)) from error


def _pinned(server: Server | None) -> dict[str, str]:
    return {"sftp": server.address, "host_key": server.fingerprint} if server is not None else {}


def _set_up(code: str, server: Server | None) -> str:
    if server is None:
        return f"partner {code} is set up"
    return (
        f"partner {code} is set up, reached at {server.address}\n"
        f"its host key must be {server.fingerprint}: compare it with what the partner says"
    )


def _way(route: transport.Route) -> str:
    if route.server is None:
        return f"folder {route.folder}"
    one = route.server
    away = f"done to {one.done}" if one.done else "removed there when taken in"
    return f"{one.address} ({one.fingerprint}), in from {one.inbox}, out to {one.outbox}, {away}"


def _as_json(route: transport.Route, trouble: transport.Trouble | None, at: Service | None) -> dict[str, Any]:
    return {
        "code": route.code, "name": route.name, "folder": route.folder, **_pinned(route.server),
        "realtime": at.url if at is not None else None,
        "trouble": None if trouble is None else {
            "failures": trouble.failures, "since": trouble.since.isoformat(),
            "next_try_at": trouble.next_try_at.isoformat(), "text": english(trouble.text),
        },
    }  # fmt: skip
