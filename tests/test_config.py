"""Settings: parsed once, every fault named together, and nothing unsafe starts in production."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from portal.config import DEMO_MARK, SettingsError, load

KEYS = ("root.key", "signing.key", "web.key")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation's folder with good keys."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "data").mkdir()
    for name in KEYS:
        secret(tmp_path / "keys" / name)
    return tmp_path


def secret(path: Path, content: bytes = b"") -> Path:
    path.write_bytes(content or os.urandom(32))
    path.chmod(0o400)
    return path


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        "CANDOR_HOME": str(home), "CANDOR_MODE": "production", "CANDOR_TLS": "terminated",
        "CANDOR_PUBLIC_URL": "https://portal.example", "CANDOR_TRUSTED_PROXIES": "1",
    } | more  # fmt: skip


def faults(home: Path, **more: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load({name: value for name, value in environment(home, **more).items() if value != "unset"})
    return refused.value.faults


def test_a_sound_production_starts(home: Path):
    settings = load(environment(home))
    assert (settings.mode, settings.debug, settings.sqlite) == ("production", False, True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"CANDOR_MODE": "live"}, "CANDOR_MODE"),
        ({"CANDOR_DEBUG": "1"}, "CANDOR_DEBUG"),
        ({"CANDOR_DEBUG": "TRUE"}, "CANDOR_DEBUG"),
        ({"CANDOR_DEBUG": "perhaps"}, "CANDOR_DEBUG"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"CANDOR_WITNESS_URL": "https://w.example"}, "CANDOR_WITNESS_URL and CANDOR_WITNESS_KEY go together"),
        ({"CANDOR_WITNESS_KEY": "w.example+00000000+BAAA"}, "CANDOR_WITNESS_URL and CANDOR_WITNESS_KEY go together"),
        (
            {"CANDOR_WITNESS_URL": "http://w.example", "CANDOR_WITNESS_KEY": "w+00000000+BAAA"},
            "CANDOR_WITNESS_URL must",
        ),
        (
            {"CANDOR_WITNESS_URL": "https://w.example", "CANDOR_WITNESS_KEY": "w+00000000+AAAA"},
            "CANDOR_WITNESS_KEY must",
        ),
        ({"CANDOR_TLS": "unset"}, "CANDOR_TLS"),
        ({"CANDOR_TLS": "yes"}, "CANDOR_TLS"),
        ({"CANDOR_PUBLIC_URL": "http://portal.example"}, "CANDOR_PUBLIC_URL"),
        ({"CANDOR_PUBLIC_URL": "unset"}, "CANDOR_PUBLIC_URL"),
        ({"CANDOR_TRUSTED_PROXIES": "unset"}, "CANDOR_TRUSTED_PROXIES"),
        ({"CANDOR_TRUSTED_PROXIES": "-1"}, "CANDOR_TRUSTED_PROXIES"),
        ({"CANDOR_TRUSTED_PROXIES": "one"}, "CANDOR_TRUSTED_PROXIES"),
        ({"CANDOR_ROOT_KEY": "ab" * 32}, "CANDOR_ROOT_KEY"),
        ({"CANDOR_ROOT_KEY": "0" * 64}, "CANDOR_ROOT_KEY"),
        ({"CANDOR_ROOT_KEY": "secret"}, "CANDOR_ROOT_KEY"),
        ({"CANDOR_ANCHOR_FILE": "data/anchors.jsonl"}, "CANDOR_ANCHOR_FILE"),
        ({"CANDOR_CARD_PAGES_ORIGIN": "https://pay.example; script-src *"}, "CANDOR_CARD_PAGES_ORIGIN"),
        ({"CANDOR_DATABASE_URL": "mysql://db.example/candor"}, "CANDOR_DATABASE_URL"),
    ],
)
def test_production_refuses(home: Path, more: dict[str, str], said: str):
    assert any(each.startswith(said) for each in faults(home, **more))


@pytest.mark.parametrize("name", ["root_key_file", "signing_key_file", "web_secret_file"])
def test_production_refuses_a_default_or_short_secret(home: Path, name: str):
    for content in (b"change-me", bytes(32), b"\0" * 16 + b"\1" * 16):
        weak = home / "keys" / f"weak-{content[:1].hex()}{len(set(content))}"
        secret(weak, content)
        said = faults(home, **{f"CANDOR_{name.upper()}": str(weak)})
        assert [each for each in said if "default or short" in each], content


@pytest.mark.parametrize("name", ["root_key_file", "web_secret_file"])
def test_production_refuses_a_missing_key(home: Path, name: str):
    said = faults(home, **{f"CANDOR_{name.upper()}": "keys/nowhere.key"})
    assert [each for each in said if f"CANDOR_{name.upper()}" in each and "missing" in each]


@pytest.mark.parametrize(
    "name",
    [
        "root_key_file", "signing_key_file", "web_secret_file", "stripe_secret_key_file", "stripe_webhook_secret_file",
        "metrics_token_file",
    ],
)  # fmt: skip
def test_no_secret_lies_with_the_data_or_open_to_others(home: Path, name: str):
    inside = secret(home / "data" / "some.key")
    (home / "keys" / "link.key").symlink_to(inside)
    for path in (inside, home / "keys" / "link.key"):
        assert any("lies in the data folder" in each for each in faults(home, **{f"CANDOR_{name.upper()}": str(path)}))
    for mode in (0o440, 0o404, 0o644):
        loose = secret(home / "keys" / f"loose{mode}.key")
        loose.chmod(mode)
        said = faults(home, **{f"CANDOR_{name.upper()}": str(loose)})
        assert any("can be read by others" in each for each in said), oct(mode)


def test_production_refuses_a_database_of_a_demonstration(home: Path, tmp_path: Path):
    elsewhere = tmp_path / "demo" / "data"
    elsewhere.mkdir(parents=True)
    (elsewhere / DEMO_MARK).touch()
    for more in ({"CANDOR_DATA": str(elsewhere)}, {"CANDOR_DATABASE_URL": f"sqlite:///{elsewhere}/candor.db"}):
        assert any("demonstration" in each for each in faults(home, **more))


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("postgresql://candor@db.example/candor", {}),
        ("postgresql://candor@db.example/candor?sslmode=require", {}),
        ("postgresql://candor@db.example/candor?sslmode=disable&sslmode=verify-full", {}),
        ("postgresql://candor@127.0.0.1,db.example/candor", {}),
        ("postgresql://candor@localhost/candor?host=db.example", {}),
        ("postgresql:///candor?hostaddr=10.0.0.5", {}),
        ("postgresql:///candor?service=far", {}),
        ("postgresql:///candor", {"PGHOST": "db.example"}),
        ("postgresql:///candor", {"PGSERVICE": "far"}),
        ("postgresql+psycopg://candor@10.0.0.5:5432/candor", {}),
    ],
)
def test_another_machine_is_spoken_to_by_verified_tls_only(home: Path, url: str, more: dict[str, str]):
    for name in ("CANDOR_DATABASE_URL", "CANDOR_DATABASE_OWNER_URL"):
        said = faults(home, **{name: url}, **more)
        assert any(each.startswith(name) and "verify-full" in each for each in said)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://candor@db.example/candor?sslmode=verify-full",
        "postgresql://candor@127.0.0.1/candor",
        "postgresql://candor@[::1]/candor",
        "postgresql://candor@localhost/candor",
        "postgresql:///candor?host=/run/postgresql",
        "postgresql:///candor",
    ],
)
def test_a_database_here_or_behind_verified_tls_is_taken(home: Path, url: str):
    assert load(environment(home, CANDOR_DATABASE_URL=url)).database_url.startswith("postgresql+psycopg://")


def test_card_data_goes_to_the_real_processor_in_production(home: Path):
    key = secret(home / "keys" / "stripe.key")
    for url in ("http://api.stripe.com", "https://api.stripe.com.evil.example", "http://127.0.0.1:9000"):
        said = faults(home, CANDOR_STRIPE_SECRET_KEY_FILE=str(key), CANDOR_STRIPE_API_URL=url)
        assert any(each.startswith("CANDOR_STRIPE_API_URL") for each in said)


def test_a_demonstration_is_for_this_machine_only(home: Path):
    said = faults(home, CANDOR_MODE="demo", CANDOR_HOST="0.0.0.0")
    assert any("loopback" in each for each in said)
    assert load(environment(home, CANDOR_MODE="demo")).demo


def test_every_fault_is_named_together(home: Path):
    (home / "candor.toml").write_text('mode = "production"\ncolour = "red"\nport = "x"\n')
    said = faults(
        home, CANDOR_DEBUG="1", CANDOR_TLS="unset", CANDOR_PUBLIC_URL="unset", CANDOR_ROOT_KEY="x",
        CANDOR_DATABASE_URL="postgresql://db.example/candor", CANDOR_WEB_SECRET_FILE="keys/nowhere",
    )  # fmt: skip
    for part in ("colour", "PORT", "DEBUG", "TLS", "PUBLIC_URL", "ROOT_KEY", "verify-full", "WEB_SECRET_FILE"):
        assert any(part in each for each in said), part
    with pytest.raises(SettingsError) as refused:
        load(environment(home, CANDOR_DEBUG="1"))
    assert str(refused.value) == "\n".join(refused.value.faults)


def test_secrets_are_not_printed_with_the_settings(home: Path):
    settings = load(
        environment(
            home,
            CANDOR_ROOT_KEY=os.urandom(32).hex(),
            CANDOR_SMTP_URL="smtps://me:hunter2@mail.example",
            CANDOR_DATABASE_URL="postgresql://candor:hunter2@localhost/candor",
        )
    )
    assert "hunter2" not in repr(settings)
    assert settings.root_key not in repr(settings)
