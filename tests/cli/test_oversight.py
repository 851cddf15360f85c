"""A patient's list of who looked, checked by command on a machine that knows nothing of the portal."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from portal.cli.oversight import audit
from tests.audit import test_report as reports


def test_a_report_is_checked_with_the_public_key_alone(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("CANDOR_HOME", str(tmp_path / "nothing"))
    key = tmp_path / "verifier.key"
    key.write_text(f"{reports.KEYS[0].text()}\n")

    def run(data: bytes, *more: str):
        (tmp_path / "report.zip").write_bytes(data)
        return CliRunner().invoke(audit, ["check-report", str(tmp_path / "report.zip"), *more])

    good = run(reports.made(), "--key", str(key))
    assert (good.exit_code, good.stdout) == (
        0, "2 lines are proved word by word, 1 by their place alone, 1 are not signed yet\n",
    )  # fmt: skip
    assert json.loads(run(reports.made(), "--key", str(key), "--json").stdout)["ok"] is True
    bad = run(reports.made(take=(0, 3)), "--key", str(key))
    assert bad.exit_code == 1
    assert "line 2: it has no proof" in bad.stdout
    assert run(reports.made()).exit_code == 2, "no key, no proof"
    assert run(b"something else", "--key", str(key)).exit_code == 2
