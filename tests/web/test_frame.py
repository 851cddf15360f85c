"""The row of places at the head of every page, and the menu at its end."""

from __future__ import annotations

import re

from portal.app import create_app
from tests.databases import World
from tests.web.staff.test_visits import at_work, place


def links(html: str) -> list[str]:
    return re.findall(r"<a href=[^>]*>([^<]+)</a>", html)


def test_daily_places_stand_in_the_row_and_the_rest_in_a_menu_that_says_where_one_is(sqlite_world: World):
    flask = create_app(sqlite_world.runtime)
    manager, poster = (at_work(flask, sqlite_world, role) for role in ("billing-manager", "payment-poster"))
    seen = {
        name: client.get(place(client, name)).text.partition("<nav")[2].partition("</nav>")[0]
        for client, name in ((manager, "contracts.list"), (manager, "claims.list"), (poster, "deposits.list"))
    }
    row, _, menu = seen["contracts.list"].partition("<details")
    assert links(row) == ["Work", "Claims", "Remittances", "Patients"]
    assert {"Authorizations", "Contracts", "Payers"} < set(links(menu))
    assert ("aria-current" in row, menu.count("aria-current"), 'class="here"' in menu) == (False, 1, True)
    row, _, menu = seen["claims.list"].partition("<details")
    assert (row.count("aria-current"), "aria-current" in menu, 'class="here"' in menu) == (1, False, False)
    assert "Deposits" in links(seen["deposits.list"].partition("<details")[0])


def test_few_places_stand_in_the_row_alone(sqlite_world: World):
    coder = at_work(create_app(sqlite_world.runtime), sqlite_world, "coder")
    shown = coder.get(place(coder, "work.show")).text
    assert "Work" in links(shown.partition("<nav")[2])
    assert 'class="more"' not in shown
