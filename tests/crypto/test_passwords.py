from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest
from zxcvbn import matching

from portal.crypto.passwords import Passwords, judge

PHRASE = "green tractor morning"


@pytest.fixture(scope="module")
def passwords():
    return Passwords(2, time_cost=3, memory_kib=12 * 1024, parallelism=1)  # the least that is allowed, for speed


def judged(password, *words, second_factor=True):
    return judge(password, words, second_factor=second_factor)


@pytest.mark.parametrize(
    ("password", "with_second", "alone"),
    [
        ("", "too-short", "too-short"),
        ("kq7vxw2mzpt", "too-short", "too-short"),
        ("kq7vxw2mzptr", None, "too-short"),
        ("kq7vxw2mzptrjb", None, "too-short"),
        ("kq7vxw2mzptrjbh", None, None),
        (PHRASE, None, None),
        ("blue kettle seven", None, None),
        ("\u6708\u5149\u6d12\u5728\u5c71\u5934\u7684\u677e\u6811\u4e0a\u9762\u4e86", None, "too-short"),
        ("correct horse battery staple " * 2, None, None),
        (("kq7vxw2mzptr " * 20)[:256], None, None),
        (("kq7vxw2mzptr " * 20)[:257], "too-long", "too-long"),
        ("x" * 100_000, "too-long", "too-long"),
        ("password1234567", "common", "common"),
        ("passwordpassword", "common", "common"),
        ("Password2024!!!", "common", "common"),
        ("qwertyuiopasdfgh", "common", "common"),
        ("123456789012345", "common", "common"),
        ("aaaaaaaaaaaaaaaaaaaa", "common", "common"),
        ("abcdefghijklmnop", "common", "common"),
        ("trustno1trustno1", "common", "common"),
        ("P@ssw0rdP@ssw0rd", "common", "common"),
        ("iloveyouforever", "common", "common"),
    ],
)
def test_judge(password, with_second, alone):
    assert judged(password) == with_second
    assert judged(password, second_factor=False) == alone


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("rivertonclinic1", ["Riverton Clinic"]),
        ("RivertonClinic1", ["Riverton", "clinic"]),
        ("kowalczyk.ewelina", ["ewelina.kowalczyk@example.org"]),
        ("ewelina.kowalczyk@example.org", ["ewelina.kowalczyk@example.org"]),
    ],
)
def test_words_around_the_user_are_no_password(password, words):
    assert judged(password, *words) == "personal"
    assert judged(password) is None
    assert judged(f"{PHRASE} {words[0]}", *words) is None


@pytest.mark.parametrize("character", ["\n", "\x00", "\x7f", "\ud800", "\u0378"])
def test_characters_that_cannot_be_typed_again_are_refused(character):
    assert judged(PHRASE + character) == "unusable"


def test_length_counts_code_points_after_composing():
    assert judged("kq7vxw2mzpe\u0301") == "too-short"
    assert judged("kq7vxw2mzpte\u0301") is None
    assert judged("\u00e9" * 256) != judged("\u00e9" * 257) == "too-long"


def test_the_users_words_are_not_left_in_a_shared_table():
    judged(PHRASE, "ewelina", "kowalczyk")
    assert not any("kowalczyk" in table and "ewelina" in table for table in matching.RANKED_DICTIONARIES.values())
    assert "user_inputs" not in matching.RANKED_DICTIONARIES


def test_a_password_is_recognised_and_another_is_not(passwords):
    stored = passwords.hash_password(PHRASE)
    assert PHRASE not in stored
    assert passwords.verify_password(stored, PHRASE) == (True, False)
    for other in ("", PHRASE.upper(), PHRASE + " ", " " + PHRASE, PHRASE[:-1], PHRASE + "\ud800", PHRASE * 1000):
        assert passwords.verify_password(stored, other) == (False, False)
    assert passwords.hash_password(PHRASE) != stored


def test_a_password_typed_on_another_keyboard_is_the_same(passwords):
    stored = passwords.hash_password("caf\u00e9 au lait noir")
    assert passwords.verify_password(stored, "cafe\u0301 au lait noir").ok
    assert not passwords.verify_password(stored, "cafe au lait noir").ok


def test_stored_parameters_meet_the_floor_and_old_hashes_are_told(passwords):
    strong = Passwords(1)
    for hashing in (passwords, strong):
        parameters = argon2.extract_parameters(hashing.hash_password(PHRASE))
        assert parameters.type is argon2.Type.ID
        assert parameters.time_cost >= 3
        assert parameters.memory_cost >= 12 * 1024
        assert (parameters.salt_len, parameters.hash_len) == (16, 32)
    assert strong.verify_password(passwords.hash_password(PHRASE), PHRASE) == (True, True)
    assert strong.verify_password(passwords.hash_password(PHRASE), "wrong") == (False, False)


@pytest.mark.parametrize(("time_cost", "mib"), [(1, 45), (2, 18), (3, 11), (4, 11), (0, 64)])
def test_weaker_parameters_are_refused(time_cost, mib):
    with pytest.raises(ValueError):
        Passwords(1, time_cost=time_cost, memory_kib=mib * 1024)


def test_an_unknown_user_costs_the_same_work(passwords):
    assert passwords.verify_password(None, PHRASE) == (False, False)
    nobody = argon2.extract_parameters(passwords._nobody)
    assert nobody == argon2.extract_parameters(passwords.hash_password(PHRASE))
    assert passwords._nobody != Passwords(2, memory_kib=12 * 1024, parallelism=1)._nobody
    with pytest.raises(argon2.exceptions.VerifyMismatchError):  # truly computed, not rejected as malformed
        argon2.PasswordHasher().verify(passwords._nobody, PHRASE)


@pytest.mark.parametrize(
    "stored", ["", "x", "$argon2id$", "$argon2id$v=19$m=12288,t=3,p=1$AAAA", "$2b$12$" + "a" * 53, PHRASE]
)
def test_a_broken_hash_opens_nothing(passwords, stored):
    assert passwords.verify_password(stored, PHRASE) == (False, False)


def test_what_cannot_be_stored_is_refused(passwords):
    for password in ("x" * 257, "x" * 5000, "\ud800" * 20):
        with pytest.raises(ValueError):
            passwords.hash_password(password)


def test_no_more_hash_at_once_than_there_are_slots(passwords):
    hashing = Passwords(2, memory_kib=12 * 1024, parallelism=1)
    running, most, lock = 0, 0, threading.Lock()
    true_hash = hashing._hasher.hash

    class Watched:
        def hash(self, prepared):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            try:
                return true_hash(prepared)
            finally:
                with lock:
                    running -= 1

    hashing._hasher = Watched()
    with ThreadPoolExecutor(6) as pool:
        hashes = list(pool.map(hashing.hash_password, [PHRASE] * 12))
    assert len(set(hashes)) == 12
    assert most <= 2
