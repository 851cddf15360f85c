from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import product

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.envelope import open_field, seal_field
from portal.crypto.errors import KeyRefused, SealBroken
from portal.crypto.keyring import (
    LIFETIME_SECONDS,
    Keyring,
    KeyState,
    StoredKey,
    may_move,
    new_stored_key,
    rewrap_stored_key,
)
from portal.crypto.keys import INSTALLATION, Purpose, kek_generation_of
from portal.crypto.roots import EnvRoot, Roots, root_generation_of
from tests.crypto import golden
from tests.crypto.golden import ROOT, SUBJECT, TENANT

ROOTS = Roots(EnvRoot(ROOT.hex(), 2))
OTHER = b"\x11" * 16


@dataclass
class CountingRoots:
    """A true root that counts how often it is asked."""

    asked: int = 0
    generation: int = field(default=2)

    def wrap(self, plain, context):
        return ROOTS.wrap(plain, context)

    def unwrap(self, blob, context):
        self.asked += 1
        return ROOTS.unwrap(blob, context)

    def describe(self):
        return "counted"


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self):
        return self.now


def rows(*states, purpose=Purpose.FIELD, tenant=TENANT):
    return [new_stored_key(ROOTS, tenant, purpose, at, state) for at, state in enumerate(states, 1)]


def test_T84_golden_rows_serve():
    ring = Keyring(
        ROOTS,
        [
            StoredKey(TENANT, 1, golden.KEK_GENERATION, "active", golden.WRAPPED_KEK),
            StoredKey(TENANT, 2, golden.INDEX_GENERATION, "active", golden.WRAPPED_INDEX),
            StoredKey(TENANT, 3, golden.AUDIT_GENERATION, "decrypt-only", golden.WRAPPED_AUDIT),
        ],
    )
    key = ring.data_key(TENANT, SUBJECT, 7, golden.WRAPPED_DEK, golden.COMMITMENT)
    _, code, value, blob = golden.FIELDS[0]
    place = {"field_code": code, "tenant": TENANT, "subject": SUBJECT, "row": golden.ROW}
    assert open_field(key, **place, blob=bytes.fromhex(blob)) == value.encode()
    assert ring.index_root(TENANT) == golden.INDEX
    assert ring.index_key(TENANT, 257) == golden.MEMBER_ID_KEY
    ring.audit_key(TENANT, golden.AUDIT_GENERATION)


@pytest.mark.parametrize("state", list(KeyState))
def test_states_allow_what_they_should(state):
    ring = Keyring(ROOTS, rows(state))
    if state in {"pending", "active", "decrypt-only"}:
        ring.kek_of(TENANT, 1)
    else:
        with pytest.raises(KeyRefused):
            ring.kek_of(TENANT, 1)
    if state == "active":
        assert ring.kek(TENANT)[0] == 1
    else:
        with pytest.raises(KeyRefused):
            ring.kek(TENANT)


def test_a_state_nobody_knows_allows_nothing():
    ring = Keyring(ROOTS, [replace(rows("active")[0], state="Active")])
    for use in (lambda: ring.kek(TENANT), lambda: ring.kek_of(TENANT, 1)):
        with pytest.raises(KeyRefused):
            use()


def test_moves_go_forward_and_a_disabled_key_can_be_restored():
    allowed = {(a, b) for a, b in product([*KeyState, "", "lost"], repeat=2) if may_move(a, b)}
    assert allowed == {
        ("pending", "active"),
        ("active", "decrypt-only"),
        ("decrypt-only", "disabled"),
        ("disabled", "decrypt-only"),
        ("disabled", "destroyed"),
    }


def test_a_kek_is_changed_without_downtime():
    stored = rows("active", "pending")
    ring = Keyring(ROOTS, stored)
    key, wrapped, committed = ring.new_data_key(TENANT, SUBJECT)
    assert kek_generation_of(wrapped) == 1
    place = {"field_code": 1, "tenant": TENANT, "subject": SUBJECT, "row": bytes(16)}
    blob = seal_field(key, **place, plaintext=b"kept", bucket=32)
    ring.load([replace(stored[0], state="decrypt-only"), replace(stored[1], state="active")])
    assert open_field(ring.data_key(TENANT, SUBJECT, 1, wrapped, committed), **place, blob=blob) == b"kept"
    moved = ring.rewrap_data_key(TENANT, SUBJECT, 1, wrapped, committed)
    assert kek_generation_of(moved) == 2
    ring.load([replace(stored[0], state="disabled"), replace(stored[1], state="active")])
    assert open_field(ring.data_key(TENANT, SUBJECT, 1, moved, committed), **place, blob=blob) == b"kept"
    with pytest.raises(KeyRefused):
        ring.data_key(TENANT, SUBJECT, 1, wrapped, committed)


def test_a_root_is_changed_by_rewrapping_its_few_rows():
    [old] = rows("active")
    both = Roots(EnvRoot(ROOT.hex(), 2), EnvRoot("ab" * 32, 3))
    new = rewrap_stored_key(both, old)
    assert (root_generation_of(old.wrapped), root_generation_of(new.wrapped)) == (2, 3)
    _, wrapped, committed = Keyring(ROOTS, [old]).new_data_key(TENANT, SUBJECT)
    Keyring(Roots(EnvRoot("ab" * 32, 3)), [new]).data_key(TENANT, SUBJECT, 1, wrapped, committed)


def test_keys_are_unwrapped_once_and_kept_for_fifteen_minutes_at_most():
    roots, clock = CountingRoots(), Clock()
    ring = Keyring(roots, rows("active") + rows("active", purpose=Purpose.INDEX), clock=clock)
    assert roots.asked == 0
    for _ in range(5):
        ring.kek(TENANT)
        ring.kek_of(TENANT, 1)
        ring.index_key(TENANT, 257)
        ring.index_key(TENANT, 513)
    assert roots.asked == 2
    clock.now += LIFETIME_SECONDS - 0.1
    ring.kek(TENANT)
    assert roots.asked == 2
    clock.now += 0.1
    ring.kek(TENANT)
    assert roots.asked == 3
    assert LIFETIME_SECONDS == 15 * 60


def test_dropped_and_idle_keys_are_gone_from_memory():
    roots, clock = CountingRoots(), Clock()
    ring = Keyring(roots, rows("active") + rows("active", purpose=Purpose.INDEX), clock=clock)

    def held():
        return len(ring._sealers) + len(ring._index_roots) + len(ring._index_keys)

    def use():
        ring.kek(TENANT)
        ring.index_key(TENANT, 257)

    use()
    assert held() == 3
    ring.drop()
    assert held() == 0
    use()
    assert roots.asked == 4
    clock.now += LIFETIME_SECONDS
    ring.drop_old()
    assert held() == 0


def test_loading_changed_rows_drops_and_the_same_rows_keep():
    roots, stored = CountingRoots(), rows("active")
    ring = Keyring(roots, stored)
    ring.kek(TENANT)
    ring.load(list(stored))
    ring.kek(TENANT)
    assert roots.asked == 1
    ring.load([replace(stored[0], state="destroyed")])
    with pytest.raises(KeyRefused):
        ring.kek_of(TENANT, 1)


def test_unknown_generations_and_tenants_are_refused():
    ring = Keyring(ROOTS, rows("active"))
    for use in (lambda: ring.kek_of(TENANT, 2), lambda: ring.kek_of(OTHER, 1), lambda: ring.audit_key(TENANT, 1)):
        with pytest.raises(SealBroken):
            use()
    for use in (lambda: ring.kek(OTHER), lambda: ring.index_key(TENANT, 257), lambda: ring.kek(INSTALLATION)):
        with pytest.raises(KeyRefused):
            use()


def test_a_row_put_in_anothers_place_is_refused():
    [row] = rows("active")
    for moved in (
        replace(row, tenant=OTHER),
        replace(row, generation=2),
        replace(row, purpose=Purpose.INDEX),
        replace(row, tenant=b"x"),
    ):
        ring = Keyring(ROOTS, [moved])
        with pytest.raises(SealBroken):
            (ring.index_root if moved.purpose == Purpose.INDEX else ring.kek)(moved.tenant)


def test_T62_a_changed_data_key_is_refused_by_the_ring():
    ring = Keyring(ROOTS, rows("active"))
    _, wrapped, committed = ring.new_data_key(TENANT, SUBJECT)
    for at in range(66):
        changed = wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :]
        with pytest.raises(SealBroken):
            ring.data_key(TENANT, SUBJECT, 1, changed, committed)
    for changed in (b"", wrapped[:65], "", None):
        with pytest.raises(SealBroken):
            ring.data_key(TENANT, SUBJECT, 1, changed, committed)


def test_index_roots_of_two_generations_serve_while_one_is_replaced():
    stored = rows("decrypt-only", "active", "pending", "disabled", purpose=Purpose.INDEX)
    ring = Keyring(ROOTS, [*stored, *rows("active")])
    assert ring.index_generations(TENANT) == (3, 2, 1)
    assert ring.index_generations(OTHER) == ()
    assert ring.index_key(TENANT, 257) == ring.index_key(TENANT, 257, 2)
    assert len({ring.index_key(TENANT, code, generation) for code in (257, 513) for generation in (1, 2, 3)}) == 6
    with pytest.raises(KeyRefused):
        ring.index_key(TENANT, 257, 4)


def test_audit_keys_are_written_in_their_active_month_and_read_later():
    stored = [new_stored_key(ROOTS, TENANT, Purpose.AUDIT, at, "active") for at in (24321, 24322)]
    ring = Keyring(ROOTS, [replace(stored[0], state="decrypt-only"), stored[1]])
    assert isinstance(ring.audit_key(TENANT, 24322, writing=True), AESGCM)
    ring.audit_key(TENANT, 24321)
    with pytest.raises(KeyRefused):
        ring.audit_key(TENANT, 24321, writing=True)
    Keyring(ROOTS, stored)


def test_rows_that_contradict_each_other_are_refused():
    twice = rows("active")
    for wrong in (twice * 2, rows("active", "active"), rows("active", "active", purpose=Purpose.INDEX)):
        with pytest.raises(ValueError):
            Keyring(ROOTS, wrong)


def test_new_stored_keys_are_checked_and_say_nothing():
    [row] = rows("pending")
    assert row.wrapped.hex() not in repr(row)
    assert new_stored_key(ROOTS, TENANT, 1, 1).state == "pending"
    assert repr(Keyring(ROOTS, [row])) == "<keyring>"
    with pytest.raises(ValueError):
        new_stored_key(ROOTS, TENANT, 4, 1)
    with pytest.raises(ValueError):
        new_stored_key(ROOTS, TENANT, 1, 1, "lost")


def test_threads_share_one_ring():
    roots = CountingRoots()
    stored = rows("active")
    ring = Keyring(roots, stored)
    _, wrapped, committed = ring.new_data_key(TENANT, SUBJECT)
    ring.drop()
    before = roots.asked
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: ring.data_key(TENANT, SUBJECT, 1, wrapped, committed), range(200)))
    assert len(keys) == 200
    assert roots.asked == before + 1
