"""Settings: one frozen object, parsed once from `CANDOR_…` and `candor.toml`; all faults are named together."""

from __future__ import annotations

import ipaddress
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

DEMO, DEVELOPMENT, PRODUCTION = "demo", "development", "production"
MODES = (DEMO, DEVELOPMENT, PRODUCTION)

FILE = "candor.toml"
DEMO_MARK = "demo.mark"
"""Stands in the data folder of a demonstration; production refuses such a database."""

NAMES = {
    "mode", "home", "data", "keys", "edi", "database_url", "database_owner_url", "root_key", "root_key_file",
    "signing_key_file", "web_secret_file", "sftp_key_file", "anchor_file", "tls", "public_url", "trusted_proxies",
    "debug", "stripe_api_url", "stripe_secret_key_file", "stripe_webhook_secret_file", "card_pages_origin", "smtp_url",
    "mail_from", "sms_url", "sms_secret_file", "metrics_token_file", "witness_url", "witness_key", "host", "port",
}  # fmt: skip


_SECRET_FILES = (
    "root_key_file", "signing_key_file", "web_secret_file", "stripe_secret_key_file", "stripe_webhook_secret_file",
    "metrics_token_file", "sftp_key_file", "sms_secret_file",
)  # fmt: skip
_ROOT_KEY = re.compile(r"(?:([1-9][0-9]{0,8}):)?([0-9A-Fa-f]{64})")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?")
"""In the content policy of every page, where a blank or semicolon would change its meaning."""
_PSYCOPG = re.compile(r"^postgresql://")
_WITNESS_KEY = re.compile(r"[^\s+]+\+[0-9a-f]{8}\+B[A-Za-z0-9+/=]+")
"""NAME+ID+KEY as `audit witness-key` prints it; the bytes of a cosigning key begin with 4, hence the B."""


class SettingsError(Exception):
    """Settings that cannot be used; `faults` lists every one of them, each saying what to set."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation is set to. Secrets are named by file, never by value (but for `CANDOR_ROOT_KEY`)."""

    mode: str
    home: Path
    data: Path
    keys: Path
    edi: Path
    database_url: str = field(repr=False)
    database_owner_url: str = field(repr=False)
    """Owns the tables and migrates; on SQLite the same as `database_url`."""
    root_key: str = field(repr=False)
    """For the `env` provider: 64 hex digits, or several keys as `1:…,2:…`; else empty and `root_key_file` is read."""
    root_key_file: Path
    signing_key_file: Path
    web_secret_file: Path
    sftp_key_file: Path
    """Signs in at partners' SFTP servers (Ed25519, OpenSSH's form); `./candor partners key` makes it."""
    anchor_file: Path
    tls: str
    """`terminated` says that a proxy in front speaks TLS to the world."""
    public_url: str
    trusted_proxies: int
    debug: bool
    stripe_api_url: str
    stripe_secret_key_file: Path | None
    stripe_webhook_secret_file: Path | None
    card_pages_origin: str
    smtp_url: str = field(repr=False)
    mail_from: str
    sms_url: str
    sms_secret_file: Path | None
    metrics_token_file: Path | None
    witness_url: str
    witness_key: str
    """The witness's public key, one line; set with `witness_url` or not at all."""
    host: str
    port: int

    @property
    def sqlite(self) -> bool:
        """Whether the store is the embedded one."""
        return self.database_url.startswith("sqlite")

    @property
    def demo(self) -> bool:
        """A demonstration: invented people, loopback only, a banner on every page."""
        return self.mode == DEMO


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Parse the environment over `candor.toml`; raises SettingsError naming everything missing or wrong together."""
    environment = os.environ if environment is None else environment
    settings, faults = draft(environment)
    faults += _refusals(settings, environment)
    if faults:
        raise SettingsError(faults)
    return settings


def draft(environment: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings as they stand, whether or not they can be used, and what of them could not be read."""
    faults: list[str] = []
    home = Path(environment.get("CANDOR_HOME", "var")).absolute()
    given = _file(home / FILE, faults) | {
        name[len("CANDOR_") :].lower(): value
        for name, value in environment.items()
        if name.startswith("CANDOR_") and name[len("CANDOR_") :].lower() in NAMES
    }
    return _settings(home, given, faults), faults


def _file(path: Path, faults: list[str]) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{path}: cannot be read: {error}")
        return {}
    faults += [f"{path}: no such setting: {name}" for name in sorted(values.keys() - NAMES)]
    return {name: str(value) for name, value in values.items() if name in NAMES}


def _number(name: str, text: str, faults: list[str]) -> int:
    try:
        return int(text)
    except ValueError:
        faults.append(f"CANDOR_{name.upper()} must be a whole number, not {text!r}")
        return 0


def _yes(name: str, text: str, faults: list[str]) -> bool:
    if text.lower() not in {"", "0", "1", "no", "yes", "false", "true", "off", "on"}:
        faults.append(f"CANDOR_{name.upper()} must be yes or no, not {text!r}")
    return text.lower() in {"1", "yes", "true", "on"}


def root_keys(text: str) -> dict[int, str] | None:
    """The root keys of CANDOR_ROOT_KEY by generation, as hex digits; None when it is not written as it must be."""
    found: dict[int, str] = {}
    for each in text.split(","):
        match = _ROOT_KEY.fullmatch(each.strip())
        if match is None or int(match[1] or 1) in found:
            return None
        found[int(match[1] or 1)] = match[2]
    return found


def numbered(first: Path) -> dict[int, Path]:
    """The generations of a key file that are there: `root.key` is the first, `root.2.key` the second, and so on."""
    found = {1: first} if first.exists() else {}
    name = re.compile(rf"{re.escape(first.stem)}\.([1-9][0-9]{{0,8}}){re.escape(first.suffix)}")
    for path in first.parent.iterdir() if first.parent.is_dir() else ():
        match = name.fullmatch(path.name)
        if match is not None and int(match[1]) > 1:
            found[int(match[1])] = path
    return dict(sorted(found.items()))


def _settings(home: Path, given: Mapping[str, str], faults: list[str]) -> Settings:
    def path(name: str, default: Path) -> Path:
        return (home / given[name]).absolute() if name in given else default

    def maybe(name: str) -> Path | None:
        return path(name, home) if given.get(name) else None

    data, keys = path("data", home / "data"), path("keys", home / "keys")
    url = _PSYCOPG.sub("postgresql+psycopg://", given.get("database_url") or f"sqlite:///{data / 'candor.db'}")
    owner = _PSYCOPG.sub("postgresql+psycopg://", given.get("database_owner_url") or url)
    port = _number("port", given.get("port", "8000"), faults)
    return Settings(
        mode=given.get("mode", DEVELOPMENT),
        home=home,
        data=data,
        keys=keys,
        edi=path("edi", home / "edi"),
        database_url=url,
        database_owner_url=owner,
        root_key=given.get("root_key", ""),
        root_key_file=path("root_key_file", keys / "root.key"),
        signing_key_file=path("signing_key_file", keys / "signing.key"),
        web_secret_file=path("web_secret_file", keys / "web.key"),
        sftp_key_file=path("sftp_key_file", keys / "sftp.key"),
        anchor_file=path("anchor_file", home / "anchors" / "audit.jsonl"),
        tls=given.get("tls", ""),
        public_url=given.get("public_url", f"http://localhost:{port}").rstrip("/"),
        trusted_proxies=_number("trusted_proxies", given.get("trusted_proxies", "0"), faults),
        debug=_yes("debug", given.get("debug", ""), faults),
        stripe_api_url=given.get("stripe_api_url", "https://api.stripe.com"),
        stripe_secret_key_file=maybe("stripe_secret_key_file"),
        stripe_webhook_secret_file=maybe("stripe_webhook_secret_file"),
        card_pages_origin=given.get("card_pages_origin", "https://checkout.stripe.com"),
        smtp_url=given.get("smtp_url", ""),
        mail_from=given.get("mail_from", ""),
        sms_url=given.get("sms_url", ""),
        sms_secret_file=maybe("sms_secret_file"),
        metrics_token_file=maybe("metrics_token_file"),
        witness_url=given.get("witness_url", ""),
        witness_key=given.get("witness_key", "").strip(),
        host=given.get("host", "127.0.0.1"),
        port=port,
    )


def _refusals(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    faults: list[str] = []
    if settings.mode not in MODES:
        faults.append(f"CANDOR_MODE must be one of {', '.join(MODES)}, not {settings.mode!r}")
    if settings.root_key and root_keys(settings.root_key) is None:
        faults.append("CANDOR_ROOT_KEY must be 64 hex digits, or several such keys as 1:DIGITS,2:DIGITS")
    if settings.mode == DEMO and not _loopback(settings.host):
        faults.append("a demonstration is served on loopback only: set CANDOR_HOST to 127.0.0.1")
    if settings.trusted_proxies < 0:
        faults.append("CANDOR_TRUSTED_PROXIES counts the proxies in front: 0 or more")
    if not _ORIGIN.fullmatch(settings.card_pages_origin):
        faults.append("CANDOR_CARD_PAGES_ORIGIN must be an origin such as https://checkout.stripe.com")
    faults += _key_files(settings)
    faults += _elsewhere(settings)
    faults += _database(settings, environment)
    if settings.mode == PRODUCTION:
        faults += _production(settings, environment)
    return faults


def _key_files(settings: Settings) -> list[str]:
    faults: list[str] = []
    for name in _SECRET_FILES:
        first: Path | None = getattr(settings, name)
        for file in sorted({first, *numbered(first).values()}) if first else ():
            if file.resolve().is_relative_to(settings.data.resolve()):
                faults.append(
                    f"CANDOR_{name.upper()}: {file} lies in the data folder; a copy of the data would carry its key"
                )
            if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
                faults.append(f"CANDOR_{name.upper()}: {file} can be read by others; run chmod 400 on it")
    if settings.anchor_file.resolve().is_relative_to(settings.data.resolve()):
        faults.append("CANDOR_ANCHOR_FILE lies in the data folder; anchors must outlive a rewrite of the data")
    return faults


def _elsewhere(settings: Settings) -> list[str]:
    """The witness and the service for text messages: what goes to other machines over HTTP."""
    faults: list[str] = []
    if bool(settings.witness_url) != bool(settings.witness_key):
        faults.append("CANDOR_WITNESS_URL and CANDOR_WITNESS_KEY go together: set both or neither")
    if bool(settings.sms_url) != bool(settings.sms_secret_file):
        faults.append("CANDOR_SMS_URL and CANDOR_SMS_SECRET_FILE go together: set both or neither")
    for name in ("witness_url", "sms_url"):
        parts = urlsplit(getattr(settings, name))
        here = parts.scheme == "http" and _loopback(parts.hostname or "")
        if getattr(settings, name) and not (parts.hostname and (parts.scheme == "https" or here)):
            faults.append(f"CANDOR_{name.upper()} must be an https:// address, or http:// on this machine")
    if settings.witness_key and not _WITNESS_KEY.fullmatch(settings.witness_key):
        faults.append("CANDOR_WITNESS_KEY must be the witness's public key, as ./candor audit witness-key prints it")
    return faults


def _production(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    faults: list[str] = []
    if settings.debug:
        faults.append("CANDOR_DEBUG must be off in production")
    if environment.get("FLASK_DEBUG", "0").lower() not in {"", "0", "false", "no"}:
        faults.append("FLASK_DEBUG must not be set in production: it shows the insides of failures")
    if settings.tls != "terminated":
        faults.append("CANDOR_TLS=terminated must declare that a proxy in front terminates TLS")
    if settings.trusted_proxies == 0:
        faults.append(
            "CANDOR_TRUSTED_PROXIES must count the proxies in front, at least 1; "
            "without it every visitor seems to come from the proxy's address"
        )
    if not settings.public_url.startswith("https://"):
        faults.append("CANDOR_PUBLIC_URL must be the https:// address under which people reach the portal")
    faults += [
        f"{folder} holds a demonstration; production needs a database of its own"
        for folder in sorted({settings.data, *_folder_of(settings.database_url)})
        if (folder / DEMO_MARK).exists()
    ]
    if not settings.web_secret_file.exists():
        faults.append(f"CANDOR_WEB_SECRET_FILE: {settings.web_secret_file} is missing; run ./candor setup")
    elif _default_secret(settings.web_secret_file):
        faults.append("CANDOR_WEB_SECRET_FILE holds a default or short secret; run ./candor setup to make one")
    if not settings.root_key and not numbered(settings.root_key_file):
        faults.append(f"CANDOR_ROOT_KEY_FILE: {settings.root_key_file} is missing; run ./candor setup")
    for name in ("root_key_file", "signing_key_file"):
        if any(_default_secret(file) for file in numbered(getattr(settings, name)).values()):
            faults.append(f"CANDOR_{name.upper()} holds a default or short key; run ./candor setup to make one")
    # 64 random digits never have so few different ones
    if any(len(set(digits.lower())) < 8 for digits in (root_keys(settings.root_key) or {}).values()):
        faults.append("CANDOR_ROOT_KEY is not a random key")
    if settings.stripe_api_url != "https://api.stripe.com" and settings.stripe_secret_key_file:
        faults.append("CANDOR_STRIPE_API_URL must be https://api.stripe.com in production")
    return faults


def _default_secret(file: Path) -> bool:
    try:
        secret = file.read_bytes()
    except OSError:
        return True
    return len(secret) < 32 or len(set(secret)) < 8


def _folder_of(url: str) -> set[Path]:
    """The folder of an SQLite file."""
    file = url.partition(":///")[2].partition("?")[0]
    return {Path(file).absolute().parent} if url.startswith("sqlite") and file else set()


def _database(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    faults: list[str] = []
    for name in ("database_url", "database_owner_url"):
        url = getattr(settings, name)
        if not url.startswith(("sqlite://", "postgresql+psycopg://")):
            faults.append(f"CANDOR_{name.upper()} must begin with sqlite:/// or postgresql://")
        elif _remote(url, environment) and parse_qs(urlsplit(url).query).get("sslmode") != ["verify-full"]:
            faults.append(f"CANDOR_{name.upper()} goes to another machine and must say sslmode=verify-full")
    return faults


def _remote(url: str, environment: Mapping[str, str]) -> bool:
    """Whether any host that the driver may go to is another machine; a named service may be anywhere."""
    if url.startswith("sqlite"):
        return False
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    hosts = [parts.hostname] if parts.hostname else []
    hosts += asked.get("host", []) + asked.get("hostaddr", [])
    if not hosts:  # libpq asks its own environment then
        hosts = [environment[name] for name in ("PGHOST", "PGHOSTADDR") if environment.get(name)]
    named = "service" in asked or bool(environment.get("PGSERVICE"))
    each = [one for host in hosts for one in host.split(",")]
    return named or any(not host.startswith("/") and not _loopback(host) for host in each)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
