"""Browser and system in plain words, by which people know their devices again."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.texts import T_, Text

_BROWSERS = (
    ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
"""Marks in a User-Agent (RFC 9110, 10.1.5) and names; the first there counts, as each claims to be the later ones."""
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"), ("Windows", "Windows"),
    ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
"""An iPhone says Mac OS too, an Android phone Linux."""


@dataclass(frozen=True, slots=True)
class Device:
    """What is kept of a User-Agent: a name of each table here, or nothing; never what the browser wrote."""

    browser: str = ""
    system: str = ""

    @property
    def text(self) -> Text:
        """Such as "Firefox on Windows"; "A browser" when unknown."""
        if self.browser and self.system:
            return T_("{browser} on {system}", browser=self.browser, system=self.system)
        if self.system:
            return T_("A browser on {system}", system=self.system)
        return T_("The browser {browser}", browser=self.browser) if self.browser else T_("A browser")


def device(agent: str | None) -> Device:
    """The device of a User-Agent header, whatever it says; old and rare ones stay unknown."""
    return Device(
        *(next((name for mark, name in table if mark in (agent or "")), "") for table in (_BROWSERS, _SYSTEMS))
    )
