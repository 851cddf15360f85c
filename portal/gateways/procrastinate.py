"""Procrastinate's enqueue, inside the caller's transaction; its worker stands in `jobs`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import procrastinate

TASK = "candor.job"
"""The one task of ours, as `jobs.procrastinate_worker` registers it: a name that a worker does not know yet, while
machines are brought up to date one by one, is then tried again like any failure."""

_URGENT, _USUAL = 1, 0


class Enqueue:
    """Puts jobs where Procrastinate's workers take them (`parts.Enqueue`).

    Its `queueing_lock` is not used: it trips the retry of stalled jobs; that a key runs once is our own table's work.
    """

    def __init__(self) -> None:
        # never opened: every job goes in on a connection that is handed in
        self._app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

    def __call__(
        self,
        connection: Any,
        *,
        name: str,
        key: str,
        practice: str | None,
        ids: Mapping[str, str],
        run_after: datetime | None,
        urgent: bool,
    ) -> None:
        """Enqueue on psycopg's own connection, to be committed or rolled back with all else that is done on it."""
        task = self._app.configure_task(
            TASK, connection=connection, schedule_at=run_after, priority=_URGENT if urgent else _USUAL
        )
        task.defer(name=name, key=key, practice=practice, ids=dict(ids))
