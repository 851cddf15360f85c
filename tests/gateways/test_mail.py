"""Mail through real sockets: what went, what surely did not, and what nobody can tell."""

from __future__ import annotations

import re
import socket
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from portal.domain.messages.mail import MailDelayed, MailRefused, MailUncertain
from portal.gateways.mail import FolderMailer, Letters, SmtpMailer
from portal.language.speaker import LOCALES
from tests.gateways.smtp import certified, smtp

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "mail"
KEY = "0f" * 16
LINK = "http://localhost:8000/reset/a-token"
MAIL = {
    "recipient": "teresa@mail.example", "template": "reset", "language": "en_US", "parameters": {"url": LINK},
    "key": KEY,
}  # fmt: skip
LETTERS = Letters(TEMPLATES, "Candor <no-reply@portal.example>")


def mailer(server, **more) -> SmtpMailer:
    return SmtpMailer(f"smtp://127.0.0.1:{server.port}", LETTERS, **more)


def test_a_mail_arrives_as_it_was_written():
    with smtp() as server:
        mailer(server).send(**MAIL)
    (mail,) = server.mails
    assert mail["To"] == "teresa@mail.example"
    assert mail["From"] == "Candor <no-reply@portal.example>"
    assert mail["Message-ID"] == f"<{KEY}@portal.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en-US"
    assert LINK in mail.get_content()
    assert server.commands[-1] == "QUIT"


def test_a_mail_speaks_the_readers_language(tmp_path):
    LETTERS.write(**MAIL)
    said = {language: LETTERS.write(**MAIL | {"language": language})["Subject"] for language in LOCALES}
    assert said["es_US"] != said["en_US"]


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("template", sorted(path.stem for path in TEMPLATES.glob("*.txt")))
def test_every_template_says_something_with_the_parameters_it_names(template, language):
    stated = re.search(r"Parameters: ([^#]*?)\.? -?#\}", (TEMPLATES / f"{template}.txt").read_text())[1]
    names = re.findall(r"(\w+): str", stated)
    mail = LETTERS.write(**MAIL | {
        "template": template, "language": language, "parameters": {name: f"<{name}> & more" for name in names},
    })  # fmt: skip
    assert mail["Subject"]
    body = mail.get_content()
    assert all(f"<{name}> & more" in body for name in names), "plain text is not escaped"
    assert len(body.split()) > 10


def test_a_remote_server_without_tls_gets_nothing(monkeypatch):
    with smtp() as server:
        monkeypatch.setattr("portal.gateways.mail._loopback", lambda _host: False)
        with pytest.raises(MailDelayed):
            mailer(server).send(**MAIL)
    assert server.mails == []
    assert "MAIL" not in server.commands


def test_tls_is_used_where_it_is_offered_and_the_certificate_must_be_trusted(tmp_path):
    theirs, trust = certified(tmp_path)
    with smtp(tls=theirs) as server:
        mailer(server, trust=trust).send(**MAIL)
        assert server.secure == [True]
        with pytest.raises(MailDelayed):
            mailer(server).send(**MAIL)
    assert len(server.mails) == 1


def test_it_signs_in_with_what_the_address_says():
    with smtp(account=("portal@x", "of the house/1")) as server:
        SmtpMailer(f"smtp://portal%40x:of%20the%20house%2F1@127.0.0.1:{server.port}", LETTERS).send(**MAIL)
        with pytest.raises(MailDelayed):
            SmtpMailer(f"smtp://portal%40x:wrong@127.0.0.1:{server.port}", LETTERS).send(**MAIL)
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("command", "answer", "became"),
    [
        ("RCPT", b"550 no such user", MailRefused),
        ("MAIL", b"553 not you", MailRefused),
        ("RCPT", b"451 later", MailDelayed),
        ("DATA", b"554 no", MailRefused),
        ("DATA", b"451 later", MailDelayed),
        ("END", b"554 no", MailRefused),
        ("END", b"452 full", MailDelayed),
        ("END", b"hang up", MailUncertain),
        ("END", b"what", MailUncertain),
        ("RCPT", b"hang up", MailDelayed),
        ("EHLO", b"hang up", MailDelayed),
    ],
)
def test_every_answer_has_its_meaning(command, answer, became):
    with smtp(answers={command: answer}) as server, pytest.raises(became) as raised:
        mailer(server).send(**MAIL)
    assert "teresa" not in str(raised.value)


def test_nobody_there_is_a_delay():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(MailDelayed):
        SmtpMailer(f"smtp://127.0.0.1:{port}", LETTERS).send(**MAIL)


@pytest.mark.parametrize(
    "recipient",
    ["a@x.example, b@x.example", "a@x.example\r\nBcc: b@x.example", "nobody", "", "tèresa@mail.example"],
)
def test_what_is_not_one_address_is_refused_before_anything_is_sent(recipient):
    with smtp() as server, pytest.raises(MailRefused):
        mailer(server).send(**MAIL | {"recipient": recipient})
    assert server.commands == []


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
def test_another_kind_of_address_is_a_fault_of_the_settings(url):
    with pytest.raises(ValueError, match="CANDOR_SMTP_URL"):
        SmtpMailer(url, LETTERS)


def test_without_smtp_mail_lies_in_a_folder_once_per_key(tmp_path):
    folder = tmp_path / "mail"
    for _ in range(2):
        FolderMailer(folder, LETTERS).send(**MAIL)
    (file,) = folder.iterdir()
    assert file.name == f"{KEY}.eml"
    assert file.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert (mail["To"], LINK in mail.get_content()) == ("teresa@mail.example", True)


def test_a_folder_that_cannot_be_written_is_a_delay(tmp_path):
    (tmp_path / "mail").touch()
    with pytest.raises(MailDelayed):
        FolderMailer(tmp_path / "mail", LETTERS).send(**MAIL)


def test_a_key_that_is_no_key_makes_no_file(tmp_path):
    with pytest.raises(ValueError, match="key"):
        FolderMailer(tmp_path, LETTERS).send(**MAIL | {"key": "../0"})
