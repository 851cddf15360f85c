"""A clock that starts three months back and walks to today; once there, it is the real one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class WalkingClock:
    """Stands until it is moved, a microsecond further at every look, so that no two events share a time."""

    def __init__(self, start: datetime) -> None:
        self._at = start
        self._live = False

    def now(self) -> datetime:
        """The present instant of the story."""
        if self._live:
            return datetime.now(UTC)
        self._at += timedelta(microseconds=1)
        return self._at

    def to(self, moment: datetime) -> None:
        """Walk on, never back, and never past the real time: the last evening of the story may be still to come."""
        self._at = max(self._at, min(moment, datetime.now(UTC)))

    def go_live(self) -> None:
        """From now on the real time."""
        self._live = True
