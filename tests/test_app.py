"""Figures for machines: what they say, and who may read them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from portal import runtime
from portal.app import create_app
from portal.runtime import build
from portal.services import outbox
from tests.databases import World


def samples(said: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every figure by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(said)
        for sample in family.samples
    }


def figure(client, name: str, **labels: str) -> float | None:
    return samples(client.get("/metrics").text).get((name, tuple(sorted(labels.items()))))


@pytest.fixture
def client(world: World):
    return create_app(world.runtime).test_client()


def test_requests_are_counted_by_endpoint_and_class_of_status(client):
    asked = {"endpoint": "machines.live", "status": "2xx"}
    before = figure(client, "candor_requests_total", **asked) or 0
    client.get("/health/live")
    client.get("/health/live")
    assert figure(client, "candor_requests_total", **asked) == before + 2
    assert figure(client, "candor_request_seconds_count") >= 2


def test_jobs_and_the_log_are_told(world: World, client):
    with world.write("payment:settle") as uow:
        outbox.later(uow, "remittance.settle", "a", {})
    assert figure(client, "candor_jobs", state="WAITING") == 1
    assert figure(client, "candor_jobs", state="DEAD") == 0
    assert figure(client, "candor_store_up") == 1
    assert figure(client, "candor_audit_red") == 0
    assert figure(client, "candor_audit_unanchored") > 0
    world.clock.forward(minutes=11)
    assert figure(client, "candor_audit_red") == 1
    runtime.signer(world.runtime)()
    assert figure(client, "candor_audit_red") == 0
    assert figure(client, "candor_audit_unanchored") == 0


def test_a_store_that_does_not_answer_is_told(sqlite_world: World):
    client = create_app(sqlite_world.runtime).test_client()
    assert client.get("/health/ready").status_code == 200
    sqlite_world.runtime.engine.dispose()
    data = sqlite_world.runtime.settings.data
    data.rename(data.with_name("aside"))
    assert figure(client, "candor_store_up") == 0
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_labels_name_no_person_and_no_thing(world: World, client):
    client.get(f"/patients/{world.practice_id.hex()}?name=Okonkwo")
    said = client.get("/metrics").text
    assert "Okonkwo" not in said
    assert not re.search(r"[0-9a-f]{32}", said)
    names = {label for line in said.splitlines() for label in re.findall(r'(\w+)="', line)}
    assert names <= {"endpoint", "status", "state", "le"}


TOKEN = {"Authorization": "Bearer of-the-scraper"}


@pytest.mark.parametrize(
    ("address", "headers", "more", "status"),
    [
        ("127.0.0.1", {}, {}, 200),
        ("::1", {}, {}, 200),
        ("203.0.113.9", {}, {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, {}, 404),
        ("203.0.113.9", TOKEN, {}, 200),
        ("203.0.113.9", {"Authorization": "Bearer another"}, {}, 404),
        ("203.0.113.9", {"Authorization": "of-the-scraper"}, {}, 404),
        ("127.0.0.1", {}, {"tls": "terminated"}, 404),  # a proxy that does not say for whom it asks
        ("127.0.0.1", TOKEN, {"tls": "terminated"}, 200),
        ("127.0.0.1", {}, {"tls": "terminated", "trusted_proxies": 1}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, {"tls": "terminated", "trusted_proxies": 1}, 404),
    ],
)
def test_figures_are_for_this_machine_or_the_bearer_of_the_token(
    sqlite_world: World, tmp_path, address, headers, more, status
):
    file = tmp_path / "metrics.token"
    file.write_text("of-the-scraper\n")
    settings = replace(sqlite_world.runtime.settings, metrics_token_file=file, **more)
    other = build(settings)
    client = create_app(other).test_client()
    try:
        asked = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
        assert asked.status_code == status
    finally:
        other.engine.dispose()


def test_an_empty_token_opens_to_nobody(sqlite_world: World, tmp_path):
    file = tmp_path / "metrics.token"
    file.touch()
    other = build(replace(sqlite_world.runtime.settings, metrics_token_file=file))
    try:
        client = create_app(other).test_client()
        asked = client.get(
            "/metrics", headers={"Authorization": "Bearer "}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
        )
        assert asked.status_code == 404
    finally:
        other.engine.dispose()
