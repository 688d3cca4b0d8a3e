"""What the page for operators says is tried: its commands, its tables, and the files it names."""

import json
import logging
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped] # it has no types

from app import cli, metrics
from app.api import routes
from app.config import Settings
from app.logs import Event, Fields, Lines
from app.storage.retention import BACKUPS, BACKUPS_CAP, RULES
from app.storage.vault import new_key
from tests.ops.page import TEXT as PAGE
from tests.ops.page import blocks, environment
from tests.servers.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())


def _run(script: str, settings: dict[str, str], programs: str = "") -> None:
    ran = subprocess.run(
        ["bash", "-euc", script],
        env=environment(settings | {"CLEARWAY_PORT": str(free_port())}, programs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_commands_for_one_machine_work(tmp_path):
    script = blocks("On one machine") + blocks("Backups")
    settings = {"CLEARWAY_DATA": str(tmp_path / "data"), "BACKUPS": str(tmp_path / "backups")}
    _run(script, settings)
    assert {path.name for path in (tmp_path / "data").iterdir()} >= {"clearway.db", "keys"}


def test_the_commands_for_postgresql_work(tmp_path, postgresql):
    headings = ("PostgreSQL and two workers", "Before people use it", "Backups", "Keys")
    script = "".join(map(blocks, headings))
    address = "postgresql://clearway@database.trust.example/clearway"
    assert address in script
    settings = {"BACKUPS": str(tmp_path / "backups")}
    url = postgresql.new_database()
    _run(script.replace(address, f"'{url}'"), settings, str(postgresql.programs))


def _rows(heading: str) -> list[list[str]]:
    section = re.split(r"^## ", PAGE.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.M)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_retention_is_the_one_that_is_carried_out():
    told: dict[str, tuple[str, str, str]] = {}
    for names, keep, cap, reason in _rows("How long things are kept"):
        told |= dict.fromkeys(names.split(", "), (keep, cap, reason))
    assert told.pop("backups")[:2] == (f"{BACKUPS.days} days", f"{BACKUPS_CAP.days} days")
    assert set(told) == {rule.name for rule in RULES}
    for rule in RULES:
        keep, cap, reason = told[rule.name]
        if not rule.history:
            assert reason == rule.reason
        for words, length in ((keep, rule.keep), (cap, rule.cap)):
            number = re.search(r"(\d+) (week|day)", words)
            days = int(number[1]) * {"week": 7, "day": 1}[number[2]] if number else 0
            assert days == length.days, rule.name


def test_every_field_of_the_log_is_explained():
    told = set(re.findall(r"`(\w+)`", " ".join(row[0] for row in _rows("Logs"))))
    line = json.loads(Lines().format(logging.makeLogRecord({"name": "somebody"})))
    assert told == set(Fields.__annotations__) | set(line) | {"error"}
    assert Event.LEFT.value in PAGE


def test_every_metric_is_explained():
    told = set(re.findall(r"`(clearway_\w+)`", PAGE))
    names = re.findall(r"^# TYPE (\w+) (\w+)", metrics.exposition(whole=True).decode(), re.M)
    assert told == {name for name, _ in names if not name.endswith("_created")}


def test_variables_and_commands_of_the_page_and_the_files_exist():
    known = set(Settings().variables)
    commands = set(cli.cli.commands)
    for path in (*FILES, ROOT / "docs" / "operate.md"):
        text = path.read_text("utf-8")
        assert set(re.findall(r"CLEARWAY_[A-Z_]+", text)) <= known, path
        used = re.findall(r"^(?:ExecStart=\S+/)?clearway ([a-z]+)|`clearway ([a-z]+)", text, re.M)
        assert {one or two for one, two in used} <= commands, path


def test_the_compose_file_is_what_the_page_says():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"database", "migrate", "web", "proxy", "worker"}
    assert services["worker"]["deploy"]["replicas"] == 2
    for name in ("migrate", "web", "worker"):
        service = services[name]
        assert service["command"][0] in set(cli.cli.commands)
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["env_file"] == "clearway.env"
        assert (DEPLOY / f"{service['env_file']}.example").is_file()
    for waiting in ("web", "worker"):
        condition = services[waiting]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"
    # only the proxy is reached from outside, and it speaks https
    assert [service.get("ports") for service in services.values() if service.get("ports")] == [
        ["443:443"]
    ]
    port = Settings().port
    assert f"reverse_proxy 127.0.0.1:{port}" in (DEPLOY / "Caddyfile").read_text()


def test_the_image_is_locked_and_runs_as_nobody_special():
    text = (DEPLOY / "Containerfile").read_text()
    assert "--require-hashes --requirement requirements/run.txt" in text
    assert re.search(r"^USER (?!root)\w+", text, re.M)
    assert "HEALTHCHECK" in text and f"EXPOSE {Settings().port}" in text
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M):
        assert all((ROOT / name).exists() for name in copied.split()), copied
    paths = {getattr(route, "path", "") for route in routes.router.routes}
    asked = re.search(rf"http://127\.0\.0\.1:{Settings().port}(/\w+)'", text)
    assert asked is not None and asked[1] in paths


@pytest.mark.parametrize("unit", [path for path in UNITS if path.suffix == ".service"], ids=str)
def test_units_are_hardened(unit: Path):
    text = unit.read_text()
    for line in ("User=clearway", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077"):
        assert f"\n{line}\n" in text
    assert re.search(r"^EnvironmentFile=/etc/clearway/clearway.env$", text, re.M)


def test_systemd_takes_the_units(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze on this machine")
    program = shutil.which("true") or "/bin/true"
    for path in UNITS:
        # it looks whether the programs are there
        text = path.read_text().replace("/opt/clearway/.venv/bin/clearway", program)
        (tmp_path / path.name).write_text(text)
    names = [path.name.replace("@.", "@1.") for path in UNITS]
    ran = subprocess.run(
        [analyze, "verify", *(str(tmp_path / name) for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_page_says_which_commands_there_are():
    for command in ("migrate", "keys new", "keys rotate", "backup", "restore", "doctor"):
        assert f"clearway {command}" in PAGE


def test_an_example_of_the_settings_can_be_filled_in(clearway, monkeypatch, tmp_path):
    lines = (DEPLOY / "clearway.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and line[0] != "#")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    monkeypatch.setenv("CLEARWAY_DATABASE", "postgresql://nobody@127.0.0.1:9/clearway")
    found = {each["name"]: each["good"] for each in clearway("doctor", "--json").json}
    assert found["settings"] and found["public_url"] and not found["database"]
