"""The only place where settings become real parts: engine, keyring, clock, gateways, signing key."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from audit import checkpoint
from audit import signer as audit_signer
from portal.config import DEMO, PRODUCTION, Settings, SettingsError, numbered, root_keys
from portal.crypto.errors import RootRefused
from portal.crypto.keyring import Keyring
from portal.crypto.roots import EnvRoot, FileRoot, Roots, make_root_file
from portal.crypto.ssh import public_line
from portal.domain.dates import Clock
from portal.gateways import mail, texting
from portal.gateways.cards import Cards
from portal.gateways.exchange import FolderExchange
from portal.gateways.paper import Paper
from portal.gateways.realtime import RealtimeServices
from portal.gateways.scans.calling import Scans
from portal.gateways.sftp import SftpExchange
from portal.models.database import db
from portal.models.keys import InstallationRow
from portal.services import outbox
from portal.services.auditing import upkeep
from portal.services.keys import making
from portal.services.parts import Enqueue, Mailer, Parts
from portal.services.unit_of_work.trail import Teller
from portal.services.unit_of_work.units import Gate, Unavailable, Units

RELEASE = "0.1.0"
LOG_FAULTS = (audit_signer.Broken,)
"""What signing raises where the log does not continue what was signed."""
KEY_FAULTS = (RootRefused,)
"""What a start raises whose root key is missing or of another installation."""
STORE_FAULTS = (SQLAlchemyError, OSError)
"""What a store raises that cannot be reached, or does not stand at this release's migration."""
VERIFIER = "verifier.key"
"""Beside the anchors: the public key with which anybody can verify the log."""
WITNESS = "witness.key"
"""Beside them too: the public keys of witnesses that cosigned it."""
ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: templates, static files and migrations stand in it."""

sftp_key = public_line
"""Of a key file, the line that partners let in at their servers; a missing file is made. Raises ValueError, OSError."""

_PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000", "secure_delete=ON",
    "recursive_triggers=ON",
)  # fmt: skip


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that doors need, made once from the settings."""

    settings: Settings
    flask: Flask
    engine: Engine
    units: Units
    parts: Parts
    roots: Roots
    keyring: Keyring


def prepare(engine: Engine) -> Engine:
    """Teach an SQLite engine our pragmas and our BEGIN: the driver's own loses updates (STACK 4)."""
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("ro")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def bare_engine(url: str) -> Engine:
    """An engine outside of Flask, for migrations and backups."""
    return prepare(create_engine(url, hide_parameters=True))


def migrate(settings: Settings) -> None:
    """Bring the store to the newest migration, as the role that owns the tables."""
    from alembic import command  # noqa: PLC0415 - a third of a second that no other command has to spend
    from alembic.config import Config  # noqa: PLC0415 - as above

    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = bare_engine(settings.database_owner_url)
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    if settings.database_owner_url != settings.database_url:
        config.attributes["application_role"] = make_url(settings.database_url).username
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        engine.dispose()


def roots(settings: Settings) -> Roots:
    """The root provider: the `env` keys where they are set, else the key files, asked for again when one is new.

    Older roots stay until no tenant key and no unexpired backup names them.
    """
    given = root_keys(settings.root_key) if settings.root_key else None
    if given is not None:
        return Roots(*(EnvRoot(digits, generation) for generation, digits in given.items()))
    files = numbered(settings.root_key_file) or {1: settings.root_key_file}

    def root(generation: int, path: Path) -> FileRoot:
        return FileRoot(path, generation, data_directory=settings.data)

    def find(generation: int) -> FileRoot | None:
        path = numbered(settings.root_key_file).get(generation)
        return None if path is None else root(generation, path)

    return Roots(*(root(generation, path) for generation, path in files.items()), find=find)


def next_file(first: Path) -> Path:
    """Where the next generation of a key file goes."""
    return first.with_name(f"{first.stem}.{max(numbered(first), default=0) + 1}{first.suffix}")


def next_root(settings: Settings) -> Path:
    """Make the next root key file and return its path; raises SettingsError where the root is in the environment."""
    if settings.root_key:
        raise SettingsError(["The root key is in CANDOR_ROOT_KEY: write the new one there as well, 1:OLD,2:NEW."])
    path = next_file(settings.root_key_file)
    make_root_file(path)
    return path


def signing_keys(settings: Settings) -> list[Ed25519PrivateKey]:
    """The keys that sign checkpoints, two while one follows the other, the newest last.

    Only workers and commands ask for them, web processes never.
    """
    files = numbered(settings.signing_key_file) or {1: settings.signing_key_file}
    return [Ed25519PrivateKey.from_private_bytes(path.read_bytes()) for path in files.values()]


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """The newest of them."""
    return signing_keys(settings)[-1]


def build(settings: Settings, *, clock: Clock | None = None, parts: dict[str, Any] | None = None) -> Runtime:
    """Make the runtime; `parts` replaces single parts of the world, for the demonstration and for tests.

    Raises SettingsError when production is pointed at the database of a demonstration.
    """
    flask = Flask("portal", root_path=str(ROOT / "portal"), template_folder=str(ROOT / "templates"), static_folder=None)
    flask.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    flask.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"hide_parameters": True}
    flask.secret_key = settings.web_secret_file.read_bytes() if settings.web_secret_file.exists() else None
    db.init_app(flask)
    with flask.app_context():
        engine = prepare(db.engine)
    the_clock, root = clock or SystemClock(), roots(settings)
    installation, mode, stored = _standing(engine)
    if settings.mode == PRODUCTION and mode == DEMO:
        engine.dispose()
        raise SettingsError(["CANDOR_DATABASE_URL names a demonstration's database; production needs its own"])
    keyring = Keyring(root, stored)
    gate = Gate(settings.data / "writer.lock" if settings.sqlite else None)
    units = Units(engine, keyring, the_clock, Teller(socket.gethostname(), RELEASE), gate, _enqueue(engine))
    world = {
        "clock": the_clock, "cards": _cards(settings), "mailer": _mailer(settings), "anchor_file": settings.anchor_file,
        "paper": Paper(ROOT / "templates", settings.data / "fonts"), "scans": Scans(), "realtime": RealtimeServices(),
        "texter": texting.texter(settings.sms_url, settings.sms_secret_file, settings.home, ROOT / "templates"),
        "exchange": FolderExchange(settings.edi), "sftp": SftpExchange(settings.sftp_key_file),
        "public_url": settings.public_url, "demo": settings.demo, "release": RELEASE, "installation": installation,
    } | (parts or {})  # fmt: skip
    return Runtime(settings, flask, engine, units, Parts(**world), root, keyring)


def _cards(settings: Settings) -> Cards | None:
    """The card processor, where its keys are set; its standard address is the library's own."""
    if settings.stripe_secret_key_file is None or settings.stripe_webhook_secret_file is None:
        return None
    url = settings.stripe_api_url
    return Cards(
        settings.stripe_secret_key_file.read_text().strip(),
        settings.stripe_webhook_secret_file.read_text().strip(),
        api_url=None if url == "https://api.stripe.com" else url,
    )


def _mailer(settings: Settings) -> Mailer:
    """SMTP where it is set; else mail lies as files in the installation's folder."""
    sender = settings.mail_from or f"Candor <no-reply@{urlsplit(settings.public_url).hostname}>"
    letters, folder = mail.Letters(ROOT / "templates" / "mail", sender), settings.home / "mail"
    return mail.SmtpMailer(settings.smtp_url, letters) if settings.smtp_url else mail.FolderMailer(folder, letters)


def _enqueue(engine: Engine) -> Enqueue | None:
    """The way into Procrastinate on PostgreSQL; an installation on SQLite has neither it nor psycopg."""
    if engine.dialect.name != "postgresql":
        return None
    from portal.gateways import procrastinate  # noqa: PLC0415 - installed with PostgreSQL's packages only

    return procrastinate.Enqueue()


def conninfo(runtime: Runtime) -> str:
    """The store's address as libpq takes it, for the worker's own connections."""
    return runtime.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def signer(runtime: Runtime) -> Callable[[], None]:
    """What signs and anchors the newest head of the log; for workers and commands only, as it reads the signing keys.

    It reads them anew each time, so that a new key signs without a restart. The list for verifiers is made here first,
    and again when none of its keys is ours (a new home); a change of the key keeps it (`auditing.signing`).
    Each call may raise `audit.signer.Broken` when the log does not continue what was signed, OSError for the anchor.
    """
    settings, origin = runtime.settings, checkpoint.origin(runtime.parts.installation)
    ours = [checkpoint.VerifierKey.of(origin, key) for key in signing_keys(settings)]
    anchors = runtime.settings.anchor_file
    anchors.parent.mkdir(parents=True, exist_ok=True)
    stated = anchors.parent / VERIFIER
    known = {(each.name, each.public) for each in public_keys([stated] if stated.exists() else [])}
    if known.isdisjoint((each.name, each.public) for each in ours):
        stated.write_text("".join(f"{each.text()}\n" for each in ours))

    def sign() -> None:
        upkeep.tick(runtime.units, runtime.parts, signing_keys(settings))

    return sign


def asker(runtime: Runtime) -> Callable[[], None]:
    """What asks the witness that is set up, or notes that none is; for workers only.

    Each call may raise `audit.witness.WitnessRefused`. Raises SettingsError for a key that is none.
    """
    settings = runtime.settings
    if not settings.witness_url:
        return lambda: upkeep.no_witness(runtime.units)
    try:
        key = checkpoint.VerifierKey.parse(settings.witness_key)
    except checkpoint.BadNote as problem:
        raise SettingsError([f"CANDOR_WITNESS_KEY: {problem}"]) from None
    stated = settings.anchor_file.parent / WITNESS
    stated.parent.mkdir(parents=True, exist_ok=True)
    if key not in public_keys([stated] if stated.exists() else []):  # earlier ones stay: they signed earlier heads
        with stated.open("a") as file:
            file.write(key.text() + "\n")

    def ask() -> None:
        upkeep.ask_witness(runtime.units, runtime.parts, settings.witness_url, [key])

    return ask


def public_keys(paths: Iterable[Path]) -> list[checkpoint.VerifierKey]:
    """The public keys of the log in some files, one a line."""
    return [
        checkpoint.VerifierKey.parse(line) for path in paths for line in path.read_text().splitlines() if line.strip()
    ]


def trusted_keys(settings: Settings, anchors: Iterable[Path]) -> list[checkpoint.VerifierKey]:
    """The public key of this installation: from beside its anchors, else made from its signing key.

    The latter in an empty place into which a backup is to go: the log's name is the one that the anchors state.
    """
    stated = settings.anchor_file.parent / VERIFIER
    if stated.exists():
        return public_keys([stated])
    notes = [each.note for path in anchors for each in checkpoint.read_anchors(path)[0]]
    names = {note.partition("\n")[0] for note in notes}
    return [checkpoint.VerifierKey.of(name, key) for name in sorted(names) for key in signing_keys(settings)]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the metrics say of the store: jobs by state, and how far the audit log's anchors are behind."""

    jobs: Mapping[str, int]
    events: int
    unanchored: int
    waiting_seconds: float
    red: bool


def figures(runtime: Runtime) -> Figures | None:
    """The figures of this moment; None when the store does not answer."""
    try:
        with runtime.engine.execution_options(ro=True).connect() as connection:
            health = audit_signer.health(connection, runtime.parts.clock.now())
        jobs = outbox.counts(runtime.units)
    except (SQLAlchemyError, Unavailable):
        return None
    return Figures(jobs, health.size, health.size - health.anchored, health.waiting.total_seconds(), health.red)


def _standing(engine: Engine) -> tuple[bytes, str, list[Any]]:
    """The installation's id and mode and its stored keys; nothing yet before the first set-up."""
    try:
        with engine.execution_options(ro=True).connect() as connection:
            found = connection.execute(select(InstallationRow.id, InstallationRow.mode)).first()
            installation, mode = found if found is not None else (bytes(16), "")
            return installation, mode, making.stored(connection)
    except SQLAlchemyError:
        return bytes(16), "", []


@contextmanager
def running(settings: Settings, **more: Any) -> Iterator[Runtime]:
    """A runtime whose connections are closed at the end."""
    runtime = build(settings, **more)
    try:
        yield runtime
    finally:
        runtime.engine.dispose()
