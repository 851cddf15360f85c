"""`serve`, `worker` and `routes` as processes: what they answer, and how they end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from portal.access.permissions import PERMISSIONS
from portal.app import create_app
from tests.databases import World
from tests.jobs.test_handlers import ask_for_mail, state

ROOT = Path(__file__).resolve().parents[2]


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CANDOR_", "PROMETHEUS_"))}
    return kept | {"CANDOR_HOME": str(home), "CANDOR_MODE": "development", "PYTHONPATH": str(ROOT)} | more


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "portal.cli", *arguments]


def until(met, what: str) -> None:
    for _ in range(600):
        if met():
            return
        sleep(0.1)
    raise AssertionError(f"never: {what}")


@contextmanager
def started(*arguments: str, **settings):
    """A command as a process, whose log goes into a file; it is stopped at the end."""
    with settings["log"].open("wb") as log:
        process = subprocess.Popen(
            command(*arguments), env=settings["env"], stderr=log, stdin=subprocess.DEVNULL, cwd=settings["cwd"]
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(60)


def children(pid: int) -> dict[int, str]:
    """Processes below one, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid:
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def of_processes(log: Path) -> Counter[int]:
    """How many requests each process has answered, by its own log lines."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]
    return Counter(line["pid"] for line in lines if line.get("endpoint") == "machines.live")


@pytest.mark.slow
def test_it_serves_counts_across_processes_works_and_ends(sqlite_world: World, tmp_path):
    home, port = sqlite_world.runtime.settings.home, free_port()
    (home / "metrics").mkdir()
    (home / "metrics" / "counter_1.db").write_bytes(b"of a process that is gone")
    log = tmp_path / "log"
    at = f"http://127.0.0.1:{port}"
    # from another folder, in which something bears our name
    (tmp_path / "portal").mkdir()
    with started(
        "serve", "--port", str(port), "--workers", "2", env=environment(home), log=log, cwd=tmp_path
    ) as process:
        until(lambda: process.poll() is not None or answers(f"{at}/health/ready"), "ready")
        asked = 0
        while len(of_processes(log)) < 2:  # whoever is free answers, so ask until both have
            with ThreadPoolExecutor(4) as pool:
                said = list(pool.map(lambda _: requests.get(f"{at}/health/live", timeout=30), range(20)))
            assert {each.status_code for each in said} == {200}
            assert not any("Server" in each.headers for each in said)
            asked += len(said)
        found = requests.get(f"{at}/metrics", timeout=30).text
        counted = {
            sample.labels["endpoint"]: sample.value
            for family in text_string_to_metric_families(found)
            for sample in family.samples
            if sample.name == "candor_requests_total"
        }
        assert counted["machines.live"] == asked == sum(of_processes(log).values())

        (worker,) = [pid for pid, line in children(process.pid).items() if line.endswith("portal.cli worker")]
        os.kill(worker, signal.SIGKILL)
        ask_for_mail(sqlite_world)
        until(lambda: state(sqlite_world) == "SENT", "another worker sends the mail")
        below = {pid: line for child in children(process.pid) for pid, line in children(child).items()}
        below |= children(process.pid)
        process.terminate()
        assert process.wait(60) == 0
    assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]
    assert not list((home / "metrics").glob("counter_1.db"))
    said = log.read_text()
    assert "127.0.0.1:" not in "".join(line for line in said.splitlines() if line.startswith("{"))
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_worker_ends_by_itself_when_told(world: World, tmp_path):
    settings = world.runtime.settings
    env = environment(settings.home, CANDOR_DATABASE_URL=settings.database_url)
    log = tmp_path / "log"
    with started("worker", env=env, log=log, cwd=tmp_path) as process:
        until(lambda: process.poll() is not None or "worker ready" in log.read_text(), "worker ready")
        ask_for_mail(world)
        until(lambda: state(world) == "SENT", "the mail is sent")
        until(settings.anchor_file.exists, "the log is anchored")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert "worker ended" in log.read_text()


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_what_is_not_set_up_is_not_served(tmp_path, name):
    keys = tmp_path / "keys"
    keys.mkdir()
    (tmp_path / "data").mkdir()
    (keys / "root.key").write_bytes(os.urandom(32))
    (keys / "root.key").chmod(0o400)
    done = subprocess.run(
        command(name), env=environment(tmp_path), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 1
    assert "./candor setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_faults_of_the_settings_are_named_together(tmp_path):
    env = environment(tmp_path, CANDOR_MODE="demo", CANDOR_PORT="many")
    done = subprocess.run(command("serve", "--host", "0.0.0.0"), env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "CANDOR_PORT" in done.stderr
    assert "loopback" in done.stderr


@pytest.fixture(scope="module")
def listed(tmp_path_factory) -> list[dict]:
    """What `routes --json` prints where nothing is set up, and nothing is left behind."""
    folder = tmp_path_factory.mktemp("nothing")
    done = subprocess.run(
        command("routes", "--json"), env=environment(folder / "home"), capture_output=True, text=True, cwd=folder,
        check=True,
    )  # fmt: skip
    assert list(folder.iterdir()) == []
    return json.loads(done.stdout)


def test_every_route_is_listed_once_per_permission(listed, sqlite_world: World):
    flask = create_app(sqlite_world.runtime)
    stated = {
        (rule.rule, flask.view_functions[rule.endpoint].declared.permission, method)
        for rule in flask.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(each["rule"], each["permission"], method) for each in listed for method in each["methods"]} == stated
    pairs = [(each["rule"], each["permission"]) for each in listed]
    assert len(pairs) == len(set(pairs))


def test_each_item_has_the_shape_that_scripts_read(listed):
    for each in listed:
        assert list(each) == ["rule", "methods", "permission", "roles", "protected", "reason"]
        assert each["methods"] == sorted(each["methods"]) != []
        assert each["roles"] == sorted(each["roles"])
        if each["permission"] == "public":
            assert (each["roles"], each["protected"]) == ([], False)
            assert each["reason"]
        else:
            assert each["reason"] is None
            assert each["roles"]
            assert each["protected"] == PERMISSIONS[each["permission"]].protected
