"""`demo`: what it refuses before it empties a folder and tells a story of a minute."""

from __future__ import annotations

import socket
from pathlib import Path

from click.testing import CliRunner

from portal.cli.showing import demo


def test_a_taken_port_is_said_before_the_folder_is_emptied(tmp_path: Path):
    kept = tmp_path / "kept"
    kept.touch()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = CliRunner().invoke(demo, ["--dir", str(tmp_path), "--port", port])
    assert said.exit_code == 1
    assert f"port {port} is taken" in said.output
    assert kept.exists()
