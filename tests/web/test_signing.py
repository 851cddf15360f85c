"""Guessing, flooding, replaying and racing at the doors of sign-in."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from flask.testing import FlaskClient

from portal.app import create_app
from portal.crypto import factors
from portal.crypto.passwords import Passwords
from portal.domain.errors import Refused
from portal.models.jobs import MailRow
from portal.models.patients import PatientRow, RegistrationCodeRow
from portal.models.queues import QueueItemRow
from portal.models.users import FactorRow, InvitationRow, UserRow
from portal.services.unit_of_work.trail import Request
from portal.services.users import accounts, enrolment, registration, sessions, signing, tries
from tests.databases import World
from tests.make import users
from tests.web.test_guard import PASSWORD, SECRET, code, form_token, person, sign_in

NEW = "nine quiet otters drift"
WRONG = "wrong wrong wrong wrong"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least Argon2 that is taken, and fewer tries from one network: there are many of them here."""
    monkeypatch.setattr(signing, "PASSWORDS", Passwords(2, time_cost=2, memory_kib=19 * 1024, parallelism=1))
    monkeypatch.setattr(tries, "MOST_FROM_A_NETWORK", 15)


@pytest.fixture
def client(world: World):
    return create_app(world.runtime).test_client()


def browser(client: FlaskClient, address: str) -> FlaskClient:
    """Another browser of the same application, at another address."""
    found = client.application.test_client()
    found.environ_base["REMOTE_ADDR"] = address
    return found


def attempt(client, email: str = "maya@juniper.example", password: str = PASSWORD):
    return client.post(
        "/sign-in", data={"csrf_token": form_token(client, "/sign-in"), "email": email, "password": password}
    )


def second(client, given: str, path: str = "/second-factor"):
    return client.post(path, data={"csrf_token": form_token(client, path), "code": given})


def failures(world: World, user_id: bytes) -> int:
    with world.read("user:view") as uow:
        return uow.get(UserRow, user_id).failures


def test_who_knows_the_password_cannot_guess_the_code_at_leisure(world: World, client):
    person(world)
    answers = []
    for _ in range(3):
        answers.append(attempt(client).status_code)
        if answers[-1] == 303:
            answers += [second(client, "000000").status_code for _ in range(2)]
    assert answers[-1] == 429
    assert answers.count(422) <= 5


def test_T29_a_stranger_cannot_shut_somebody_out_where_they_sign_in_usually(world: World, client):
    user_id = person(world)
    assert sign_in(client, world).status_code == 303
    stranger = browser(client, "203.0.113.9")
    for _ in range(5):
        assert attempt(stranger, password=WRONG).status_code == 422
    assert attempt(stranger, password=WRONG).status_code == 429
    assert attempt(browser(client, "198.51.100.7")).status_code == 429, "from anywhere new, one waits"
    world.clock.forward(minutes=1)
    again = client.application.test_client()
    assert sign_in(again, world).status_code == 303, "where one signed in before, one does not"
    assert failures(world, user_id) == 5, "what strangers did still holds strangers up"


def test_tries_that_come_too_early_do_not_add_up_to_a_disabled_account(world: World, client):
    user_id = person(world)
    stranger = browser(client, "203.0.113.9")
    for _ in range(12):
        attempt(stranger, password=WRONG)
    assert failures(world, user_id) == 5


def test_a_familiar_network_is_held_up_by_its_own_wrong_tries(world: World, client):
    person(world)
    sign_in(client, world)
    again = client.application.test_client()
    for _ in range(5):
        assert attempt(again, password=WRONG).status_code == 422
    assert attempt(again).status_code == 429
    world.clock.forward(minutes=16)
    assert sign_in(again, world).status_code == 303


def test_T29_many_accounts_from_one_network_hold_up_that_network_alone(world: World, client):
    person(world)
    near, next_door, far = (browser(client, each) for each in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"))
    for number in range(tries.MOST_FROM_A_NETWORK):
        assert attempt(near, f"guess{number}@juniper.example", WRONG).status_code == 422
    assert attempt(near, "more@juniper.example", WRONG).status_code == 429
    assert attempt(next_door).status_code == 429
    assert attempt(far).status_code == 303
    world.clock.forward(minutes=11)
    assert attempt(near).status_code == 303


def test_an_unknown_email_answers_like_a_known_one_however_often_it_is_tried(world: World, client):
    person(world)
    stranger = browser(client, "203.0.113.9")

    def told(email: str) -> list[tuple[int, str]]:
        strip = re.compile(r'value="[^"]*"|nonce="\S+"|<code>\w+</code>')
        answers = [attempt(stranger, email, WRONG) for _ in range(7)]
        return [(each.status_code, strip.sub("", each.text)) for each in answers]

    assert told("maya@juniper.example") == told("nobody@juniper.example")


def test_a_present_password_cannot_be_guessed_with_a_borrowed_session(world: World, client):
    person(world)
    sign_in(client, world)
    token = form_token(client, "/password")

    def change(present: str) -> str:
        return client.post(
            "/password", data={"csrf_token": token, "present": present, "password": NEW, "again": NEW}
        ).text

    for _ in range(5):
        change(WRONG)
    assert "too many wrong tries" in change(PASSWORD)


def test_T38_a_changed_password_ends_every_other_session(world: World, client):
    person(world)
    other = client.application.test_client()
    sign_in(other, world)
    world.clock.forward(minutes=1)
    sign_in(client, world)
    done = client.post(
        "/password",
        data={
            "csrf_token": form_token(client, "/password"), "present": PASSWORD, "password": NEW, "again": NEW,
        },
    )  # fmt: skip
    assert done.status_code == 303
    assert client.get("/sessions").status_code == 200
    assert other.get("/sessions").location.startswith("/sign-in")
    assert mails(world) == [("password_changed", "maya@juniper.example", {})]


def test_a_recovery_code_works_once(world: World, client):
    user_id = person(world)
    spare = enrolment.new_recovery_codes(world.units, Request(bytes(16), "127.0.0.1"), user_id)[3]
    attempt(client)
    assert second(client, spare.lower().replace("-", " "), "/second-factor?recovery=1").status_code == 303
    again = client.application.test_client()
    attempt(again)
    assert second(again, spare, "/second-factor?recovery=1").status_code == 422


def mails(world: World) -> list[tuple[str, str, dict[str, str]]]:
    """Every mail written: its template, to whom, and with which words."""
    with world.read("mail:send") as uow:
        return sorted(
            (row.template, uow.read(row, MailRow.recipient_sealed), uow.read(row, MailRow.parameters_sealed))
            for row in uow.entities(uow.select(MailRow))
        )


def reset_links(world: World, user_id: bytes) -> int:
    with world.read("user:view") as uow:
        return uow.count(uow.select(InvitationRow.id).where(InvitationRow.user_id == user_id))


def test_a_reset_keeps_the_second_factor_and_ends_every_session(world: World, client):
    user_id = person(world)
    sign_in(client, world)
    with world.write("user:invite") as uow:
        token = accounts.link(uow, user_id, "reset", accounts.RESET_LIFETIME)
    stranger = client.application.test_client()
    form = {"csrf_token": form_token(stranger, f"/reset/{token}"), "password": NEW, "again": NEW}
    assert stranger.post(f"/reset/{token}", data=form).location == "/sign-in"
    assert client.get("/sessions").location.startswith("/sign-in")
    assert stranger.post(f"/reset/{token}", data=form).status_code == 422, "a link works once"
    assert attempt(stranger).status_code == 422
    assert attempt(stranger, password=NEW).location == "/second-factor"
    assert stranger.get("/second-factor/set-up").location == "/second-factor"
    assert mails(world) == [("password_changed", "maya@juniper.example", {})], "once, though the link was tried twice"


def test_asking_for_resets_tells_nothing_and_floods_nobody(world: World, client):
    user_id = person(world)
    strip = re.compile(r'value="[^"]*"|nonce="\S+"|<code>\w+</code>')

    def ask(asker, email: str):
        token = form_token(asker, "/forgot")
        return asker.post("/forgot", data={"csrf_token": token, "email": email})

    known, unknown = ask(client, "maya@juniper.example"), ask(client, "nobody@juniper.example")
    assert (known.status_code, strip.sub("", known.text)) == (unknown.status_code, strip.sub("", unknown.text))
    for number in range(8):
        ask(browser(client, f"203.0.113.{number}"), "maya@juniper.example")
    assert reset_links(world, user_id) == accounts.MOST_RESETS_WAITING
    with world.read("mail:send") as uow:
        assert uow.count(uow.select(MailRow.id)) == accounts.MOST_RESETS_WAITING


def test_one_network_asks_for_few_resets(world: World, client):
    people = [person(world, email=f"p{number}@juniper.example") for number in range(12)]
    token = form_token(client, "/forgot")
    answers = {
        client.post("/forgot", data={"csrf_token": token, "email": f"p{number}@juniper.example"}).status_code
        for number in range(12)
    }
    assert answers == {200}
    assert sum(reset_links(world, each) for each in people) == accounts.MOST_RESETS_ASKED


def a_patient(world: World, email: str | None = None) -> tuple[bytes, str]:
    """A patient and the code mailed to them."""
    with world.write("registration:issue") as uow:
        row = uow.new(
            PatientRow, last_name_sealed="Okonkwo", first_name_sealed="Ada", birth_date_sealed=date(1980, 2, 3),
            sex_sealed="F", mrn_sealed="M-1", account_number_sealed="A-1", language="en_US", state="ACTIVE",
            created_at=uow.now, email_sealed=email,
            address_sealed={"line1": "9 Mill Road", "city": "Millbrook", "state": "OR", "postal_code": "970010000"},
        )  # fmt: skip
        uow.flush()
        return row.id, registration.issue(uow, row.id)


def register(client, given: str, **more: str):
    form = {"code": given, "last_name": "Okonkwo", "birth_date": "1980-02-03", "email": "ada@home.example"}
    form |= {"password": PASSWORD, "again": PASSWORD} | more
    return client.post("/register", data={"csrf_token": form_token(client, "/register"), **form})


def test_a_registration_code_is_burnt_after_five_wrong_tries(world: World, client):
    _, given = a_patient(world)
    strip = re.compile(r'value="[^"]*"|nonce="\S+"|<code>\w+</code>')
    wrong_code = strip.sub("", register(client, "0000-0000-0000").text)
    for _ in range(registration.MOST_WRONG):
        wrong = register(client, given, last_name="Okonkwa")
        assert wrong.status_code == 422
        assert strip.sub("", wrong.text) == wrong_code, "one answer to whatever does not fit"
    assert register(client, given).status_code == 422


def test_a_registration_code_opens_one_sign_in_once(world: World, client):
    patient_id, given = a_patient(world)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "es-US"
    done = register(client, given, role="administrator", state="ACTIVE", practice=world.practice_id.hex())
    assert done.location == "/second-factor/set-up"
    actor = sessions.find(world.units, client.get_cookie("sid").value).actor
    assert (actor.assurance, actor.grants, actor.roles()) == ("aal1", (), frozenset({"patient"}))
    assert register(client.application.test_client(), given, email="eve@home.example").status_code == 422
    with world.read("account:view") as uow:
        assert uow.get(PatientRow, patient_id).language == "es_US", "bills speak the language of the sign-in"


def test_a_registration_is_told_to_the_address_given_and_to_the_other_one_on_record(world: World, client):
    _, given = a_patient(world, email="ada@work.example")
    register(client, given)
    practice = {"practice": "Juniper Ridge Family Practice"}
    told = [("registered", "ada@home.example", practice), ("registered_elsewhere", "ada@work.example", practice)]
    assert mails(world) == told
    assert letters_waiting(world) == 0


def test_a_registration_with_the_email_on_record_is_told_once(world: World, client):
    _, given = a_patient(world, email="Ada@Home.example")
    register(client, given)
    assert [mail[:2] for mail in mails(world)] == [("registered", "ada@home.example")]
    assert letters_waiting(world) == 0


def test_a_registration_without_an_email_on_record_is_told_by_letter(world: World, client):
    patient_id, given = a_patient(world)
    assert register(client, given, last_name="Okonkwa").status_code == 422
    assert (mails(world), letters_waiting(world)) == ([], 0), "nothing is told of what did not happen"
    register(client, given)
    assert [mail[:2] for mail in mails(world)] == [("registered", "ada@home.example")]
    clerk = users.browser(client.application, world, users.user(world, "charge-clerk"))
    assert "Ada Okonkwo" in clerk.get("/office/queues/letters").text
    account = clerk.get(f"/office/patients/{patient_id.hex()}")
    assert "Print the letter" in account.text
    path = f"/office/patients/{patient_id.hex()}/letter"
    letter = clerk.post(path, data={"csrf_token": users.form_key(client.application)})
    assert "9 Mill Road" in letter.text
    assert "online was opened in your name" in letter.text
    assert letters_waiting(world) == 0
    assert "Print the letter" not in clerk.get(f"/office/patients/{patient_id.hex()}").text


def letters_waiting(world: World) -> int:
    with world.read("queue:view") as uow:
        waiting = uow.select(QueueItemRow.id).where(QueueItemRow.queue == "letters", QueueItemRow.state == "OPEN")
        return uow.count(waiting)


def test_codes_are_not_guessed_from_one_network(world: World, client):
    _, given = a_patient(world)
    for number in range(tries.MOST_FROM_A_NETWORK):
        with pytest.raises(Refused):
            registration.register(
                world.units, Request(bytes(16), "203.0.113.9"), code=f"{number:012d}", last_name="Okonkwo",
                birth_date=date(1980, 2, 3), email="ada@home.example", password=PASSWORD, language="en_US",
            )  # fmt: skip
    stranger = browser(client, "203.0.113.9")
    assert "too many wrong tries" in register(stranger, given).text
    assert register(client, given).status_code == 303


def test_T20_an_invitation_gives_the_role_it_was_made_for(world: World, client):
    with world.write("user:invite") as uow:
        _, token = accounts.invite(
            uow, email="noor@juniper.example", name="Noor", role="coder", practice_id=world.practice_id
        )
    client.post(
        f"/join/{token}",
        data={
            "csrf_token": form_token(client, f"/join/{token}"), "name": "Noor Haddad", "password": PASSWORD,
            "again": PASSWORD, "role": "administrator", "practice_id": "0" * 32, "state": "ACTIVE", "assurance": "aal2",
        },
    )  # fmt: skip
    actor = sessions.find(world.units, client.get_cookie("sid").value).actor
    assert ([grant.role for grant in actor.grants], actor.assurance) == (["coder"], "aal1")


def at_once(*acts) -> list[object]:
    """What several threads get that act together: a result, or the class of what was raised."""

    def run(act):
        try:
            return act()
        except Refused as error:
            return error.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(run, act) for act in acts]]


def test_a_link_used_twice_at_once_works_once(world: World):
    with world.write("user:invite") as uow:
        user_id, token = accounts.invite(
            uow, email="noor@juniper.example", name="Noor", role="coder", practice_id=world.practice_id
        )
    here = Request(bytes(16), "127.0.0.1")
    both = at_once(*[
        lambda word=word: accounts.accept(world.units, here, token, kind="join", password=word)
        for word in (PASSWORD, NEW)
    ])  # fmt: skip
    assert sorted(map(str, both)) == sorted([str(user_id), "expired"])


def test_a_second_invitation_does_not_set_the_password_of_one_who_joined(world: World):
    with world.write("user:invite") as uow:
        links = [
            accounts.invite(
                uow, email="noor@juniper.example", name="Noor", role="coder", practice_id=world.practice_id
            )[1]
            for _ in range(2)
        ]
    here = Request(bytes(16), "127.0.0.1")
    accounts.accept(world.units, here, links[0], kind="join", password=PASSWORD)
    with pytest.raises(Refused, match="expired"):
        accounts.accept(world.units, here, links[1], kind="join", password=NEW)


def test_codes_used_twice_at_once_work_once(world: World):
    user_id = person(world)
    here = Request(bytes(16), "127.0.0.1")
    spare = enrolment.new_recovery_codes(world.units, here, user_id)[0]
    for given, recovery in ((code(world), False), (spare, True)):
        act = lambda given=given, recovery=recovery: signing.check_code(  # noqa: E731 - one act, done four times
            world.units, here, user_id, given, recovery=recovery
        )
        assert sorted(map(str, at_once(act, act, act, act))) == ["None", "wrong", "wrong", "wrong"]
        with world.write("user:invite") as uow:
            uow.change(uow.get(UserRow, user_id), failures=0)
        world.clock.forward(minutes=20)


def test_wrong_codes_sent_at_once_are_all_counted(world: World):
    user_id = person(world)
    here = Request(bytes(16), "203.0.113.9")
    answers = at_once(*[lambda: signing.check_code(world.units, here, user_id, "000000")] * 8)
    assert answers.count("wrong") == 5
    assert answers.count("slow") == 3
    assert failures(world, user_id) == 5


def test_a_registration_code_used_twice_at_once_opens_one_sign_in(world: World):
    _, given = a_patient(world)

    def act(email: str):
        return registration.register(
            world.units, Request(bytes(16), "127.0.0.1"), code=given, last_name="Okonkwo",
            birth_date=date(1980, 2, 3), email=email, password=PASSWORD, language="en_US",
        )  # fmt: skip

    both = at_once(lambda: act("a@home.example"), lambda: act("b@home.example"))
    assert both.count("registration") == 1
    with world.read("user:view") as uow:
        assert uow.count(uow.select(UserRow.id)) == 1
        assert uow.count(uow.select(RegistrationCodeRow.id).where(RegistrationCodeRow.used_at.is_not(None))) == 1


def test_a_replaced_factor_opens_nothing_any_more(world: World):
    user_id = person(world)
    here = Request(bytes(16), "127.0.0.1")
    begun = enrolment.begin(world.units, here, user_id, waiting=None)
    with world.read("user:view") as uow:
        secret = uow.read(uow.get(FactorRow, begun.factor_id), FactorRow.secret_sealed)
    given = factors.totp(secret, factors.totp_step(world.clock.now().timestamp()))
    enrolment.prove(world.units, here, user_id, given, waiting=begun.factor_id, session=None)
    world.clock.forward(minutes=1)
    old = factors.totp(SECRET, factors.totp_step(world.clock.now().timestamp()))
    with pytest.raises(Refused):
        signing.check_code(world.units, here, user_id, old)
    assert begun.secret not in repr(begun)
