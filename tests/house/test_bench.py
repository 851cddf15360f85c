"""Every bench still runs, on a small scale: what it measures changes under it. Its figures are not looked at."""

from __future__ import annotations

import importlib
import sys

import pytest

SMALL = {
    "bench.building": ["--claims", "20"],
    "bench.code_search": ["--codes", "400", "--rounds", "2"],
    "bench.inbox": ["--claims", "1", "--paid", "3"],
    "bench.edits": ["--claims", "60"],
    "bench.name_search": ["--patients", "200", "--rounds", "2"],
    "bench.posting": ["--claims", "40"],
    "bench.queue_page": ["--items", "400", "--few", "300", "--many", "600", "--rounds", "2"],
    "bench.reading": ["--claims", "40"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_bench_runs(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", [name, *SMALL[name]])
    importlib.import_module(name).main()
    assert "ratio" in capsys.readouterr().out
