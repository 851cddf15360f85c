"""A town for stories: the portal on a loopback port, the world outside it, and browsers for everybody."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import url_for
from flask.testing import FlaskClient

from portal.app import create_app
from portal.gateways.cards import Cards
from portal.gateways.paper import Paper
from portal.jobs.handlers import Tools
from portal.jobs.worker import Worker
from portal.sandbox.cards.processor import CardProcessor
from portal.services import ledger
from tests.databases import World
from tests.loopback import Loopback
from tests.make import users
from tests.web.staff.test_visits import form_of


class Town:
    """The portal on a loopback port, its world outside, and browsers for everybody in the story."""

    def __init__(self, world: World, server: CardProcessor, cards: Cards, paper: Paper, home: Path) -> None:
        self.world, self.server, self.home = world, server, home
        self.parts = replace(world.runtime.parts, cards=cards, paper=paper, public_url="http://localhost:8000")
        settings = replace(world.runtime.settings, card_pages_origin=server.url)
        self.flask = create_app(replace(world.runtime, parts=self.parts, settings=settings))
        self.worker = Worker(Tools(world.units, self.parts, lambda: None))
        self.users: dict[str, bytes] = {}
        self.errors: list[str] = []
        self._http = Loopback(self.flask)
        self.url = self._http.url
        server.webhook_url = f"{self.url}/webhooks/cards"

    def stop(self) -> None:
        self._http.stop()

    def as_(self, role: str, **more: Any) -> FlaskClient:
        """A browser of somebody with this role, just signed in."""
        if role not in self.users:
            self.users[role] = users.user(self.world, role, **more)
        return users.browser(self.flask, self.world, self.users[role])

    def enter(self, page: Any, role: str) -> None:
        """Let a real browser be somebody with this role, just signed in."""
        cookie = self.as_(role).get_cookie("sid")
        assert cookie is not None
        page.context.add_cookies([{"name": "sid", "value": cookie.value, "url": self.url}])

    def place(self, endpoint: str, **values: Any) -> str:
        with self.flask.test_request_context():
            return url_for(endpoint, **values)

    def get(self, role: str, endpoint: str, status: int = 200, **values: Any) -> str:
        answer = self.as_(role).get(self.place(endpoint, **values))
        return self._seen(answer, status, endpoint)

    def post(self, role: str, endpoint: str, data: dict[str, Any], status: int = 303, **values: Any) -> Any:
        form = {"csrf_token": users.form_key(self.flask)} | data
        answer = self.as_(role).post(self.place(endpoint, **values), data=form)
        self._seen(answer, status, endpoint)
        return answer

    def press(self, role: str, shown: str, marker: str, status: int = 303, *, ids: dict[str, Any], **more: Any) -> Any:
        """Fill in the form with a marker on a page and send it back to the page's own address."""
        client, path = self.as_(role), self.place(shown, **ids)
        answer = client.post(path, data={**form_of(client, path, marker), **more})
        self._seen(answer, status, shown)
        return answer

    def upload(self, role: str, name: str, body: bytes) -> str:
        answer = self.post(role, "staff.imports.upload", {"file": (io.BytesIO(body), name)})
        self.worker.drain()
        return self.as_(role).get(answer.location).text

    def owed(self, patient_id: bytes) -> int:
        """What the books say that a patient owes, in cents."""
        with self.world.read("account:view") as uow:
            return ledger.owed_by_patient(uow, patient_id)

    def _seen(self, answer: Any, status: int, what: str) -> str:
        assert answer.status_code == status, (what, answer.status_code, answer.location, _main(answer.text))
        if status in {400, 403, 404, 500, 503}:
            self.errors.append(answer.text)
        return answer.text if answer.mimetype == "text/html" else ""

    def rows(self, model: Any, *where: Any) -> list[Any]:
        with self.world.read("account:view") as uow:
            return uow.entities(uow.select(model).where(*where))


def _main(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2].partition("</main>")[0]).split())
