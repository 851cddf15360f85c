"""The throwaway cluster keeps its two roles apart and its copies from each other."""

from __future__ import annotations

import psycopg
import pytest

from tests.postgres import APP, Cluster

pytestmark = pytest.mark.database


def build(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("CREATE TABLE thing (id integer PRIMARY KEY)")
        connection.execute(f"GRANT SELECT, INSERT ON thing TO {APP}")


def test_the_application_role_owns_nothing_and_does_what_it_is_granted(postgres: Cluster) -> None:
    owner_url, app_url = postgres.clone(postgres.template("granted", build))
    with psycopg.connect(app_url, autocommit=True) as connection:
        connection.execute("INSERT INTO thing VALUES (1)")
        for forbidden in (
            "CREATE TABLE mine (id integer)",
            "UPDATE thing SET id = 2",
            "DROP TABLE thing",
            "TRUNCATE thing",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
        owned = connection.execute(
            "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = %s", [APP]
        ).fetchone()
    assert owned == (0,)
    postgres.drop(owner_url)


def test_copies_know_nothing_of_each_other(postgres: Cluster) -> None:
    template = postgres.template("apart", build)
    (_, first), (_, second) = postgres.clone(template), postgres.clone(template)
    with psycopg.connect(first) as connection:
        connection.execute("INSERT INTO thing VALUES (1)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT count(*) FROM thing").fetchone() == (0,)
    for url in (first, second):
        postgres.drop(url)


def test_a_dropped_copy_is_gone_though_still_connected_to(postgres: Cluster) -> None:
    owner_url, app_url = postgres.clone(postgres.template("dropped", build))
    with psycopg.connect(app_url) as connection:
        postgres.drop(owner_url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(owner_url)
