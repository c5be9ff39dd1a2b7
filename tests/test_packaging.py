"""What is handed to administrators: the wheel, the image, the unit, and what is written about them."""

import configparser
import json
import re
import signal
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url

from bot.settings import PREFIX, Settings
from tests.process import PATIENCE_S, free_port

ROOT = Path(__file__).parents[1]
PACKED = ("bot", "handlers", "manifest")
ABOUT_SETTINGS = [
    "Dockerfile", "compose.yaml", "compose.postgres.yaml", "deploy/statusbot.service", "README.md", "README.ru.md", "CHANGELOG.md",
]  # fmt: skip
NEEDED = {
    "STATUSBOT_PUBLIC_URL": "https://bot.example.com",
    "STATUSBOT_PORTAL": "acme.bitrix24.com",
    "STATUSBOT_CLIENT_ID": "local.5f0c1d2e3a4b5c.12345678",
    "STATUSBOT_CLIENT_SECRET": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "STATUSBOT_SECRET_KEY": Fernet.generate_key().decode(),
}


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def instructions():
    """Return the instructions of the Dockerfile as (word, rest), without comments and line breaks."""
    lines = [line for line in text_of("Dockerfile").splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines()]


def rest_of(word):
    """Return what follows an instruction in the last stage, which is the image."""
    found = [rest for name, rest in instructions() if name == word]
    return found[-1]


def image_environment():
    return dict(pair.split("=", 1) for pair in rest_of("ENV").split())


@pytest.fixture(scope="module")
def service():
    """The one service of compose.yaml."""
    (found,) = yaml.safe_load(text_of("compose.yaml"))["services"].values()
    return found


@pytest.fixture
def compose_with_server():
    """The services of compose.postgres.yaml."""
    return yaml.safe_load(text_of("compose.postgres.yaml"))["services"]


@pytest.fixture
def replicas(compose_with_server):
    return [found for name, found in compose_with_server.items() if name.startswith("statusbot-")]


@pytest.fixture
def server(compose_with_server):
    return compose_with_server["postgres"]


# --- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE_S)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder of programs of an environment that holds the wheel, and our dependencies from where these tests have them."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    install = [*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=PATIENCE_S)
    (packages,) = folder.glob("lib/python*/site-packages")
    # A path in a .pth file is looked at without the .pth files in it, so this clone itself is not on the way.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "bin"


def test_wheel_holds_every_file_and_nothing_else(wheel):
    wanted = {
        file.relative_to(ROOT).as_posix()
        for name in PACKED
        for file in (ROOT / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
        described = {name.partition(".dist-info/")[2] for name in archive.namelist()} - {""}

    assert found == wanted
    assert {"bot/migrations/versions/0001_first_tables.py", "manifest/app.toml", "handlers/meeting.py"} < found
    assert {"licenses/LICENSE", "entry_points.txt"} < described


def test_installed_wheel_prints_the_form_from_its_own_files(installed, tmp_path):
    where = subprocess.run(
        [installed / "python", "-c", "import bot.service; print(bot.service.MANIFEST)"],
        cwd=tmp_path, env={}, check=True, capture_output=True, text=True, timeout=PATIENCE_S,
    ).stdout.strip()  # fmt: skip
    printed = subprocess.run(
        [installed / "statusbot", "manifest", "--json"],
        cwd=tmp_path, env={"STATUSBOT_PUBLIC_URL": NEEDED["STATUSBOT_PUBLIC_URL"]}, check=True, capture_output=True, timeout=PATIENCE_S,
    )  # fmt: skip

    assert Path(where).is_relative_to(installed.parent)
    assert json.loads(printed.stdout)["Handler path"] == "https://bot.example.com/bitrix24"


def test_healthcheck_of_the_image_follows_the_installed_service(installed, tmp_path):
    """From an empty folder to a service that can store events, and to its end by the signal that the image names."""
    environment = NEEDED | {
        "STATUSBOT_PORT": str(free_port()),
        "STATUSBOT_DATABASE_URL": f"sqlite:///{tmp_path}/bot.db",
    }
    command = json.loads(rest_of("HEALTHCHECK").partition(" CMD ")[2])

    def is_healthy():
        program = [installed / command[0], *command[1:]]
        done = subprocess.run(program, env=environment, check=False, capture_output=True, timeout=PATIENCE_S)
        return done.returncode == 0

    before = is_healthy()
    healthy, given_up_at = False, time.monotonic() + PATIENCE_S
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen([installed / "statusbot", "serve"], cwd=tmp_path, env=environment, stderr=log)
    try:
        while not healthy and serving.poll() is None and time.monotonic() < given_up_at:
            healthy = is_healthy()
        serving.send_signal(signal.Signals[rest_of("STOPSIGNAL")])
        status = serving.wait(PATIENCE_S)
    finally:
        serving.kill()

    assert not before
    assert healthy, (tmp_path / "log").read_text(encoding="utf-8")
    assert status == 0


# --- the image


def test_image_is_built_from_files_that_exist_and_are_let_through():
    ignored = [line for line in text_of(".dockerignore").splitlines() if line and not line.startswith("#")]
    let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY" and "--from=" not in rest]
    sources = {source for sources in copied for source in sources}

    assert ignored[0] == "*"
    assert sources == let_through
    assert sources > set(PACKED)
    assert all((ROOT / source).exists() for source in sources)


def test_image_needs_no_other_files_to_build_the_wheel():
    """pyproject.toml names files that the builder wants to see."""
    project = text_of("pyproject.toml")
    named = re.findall(r'^readme = "(.+)"', project, re.MULTILINE)
    copied = " ".join(rest for word, rest in instructions() if word == "COPY")

    assert named
    assert all(name in copied.split() for name in [*named, "LICENSE", "pyproject.toml", "requirements.lock"])


def test_image_installs_verified_files_only():
    runs = [
        rest for word, rest in instructions() if word == "RUN" and re.search(r"\bpip\b.* (download|install) ", rest)
    ]

    assert len(runs) == 2
    assert "--require-hashes" in runs[0]
    assert "requirements.lock" in runs[0]
    assert "--no-index" in runs[1]
    assert re.search(r"--dest (\w+)", runs[0])[1] == re.search(r"--find-links (\w+)", runs[1])[1]


def test_image_runs_as_nobody_in_particular_and_keeps_its_database_in_the_volume():
    volume, environment = rest_of("VOLUME"), image_environment()
    user_id = rest_of("USER").partition(":")[0]

    assert int(user_id) > 0
    assert environment["STATUSBOT_DATABASE_URL"] == f"sqlite:///{volume}/statusbot.db"
    assert rest_of("EXPOSE") == environment["STATUSBOT_PORT"] == str(Settings.model_fields["port"].default)


async def test_healthcheck_asks_a_route_that_exists(ask):
    routes = {resource.canonical for resource in ask.receiver.app().router.resources()}
    (asked,) = re.findall(r"\}(/[a-z/]+)", rest_of("HEALTHCHECK"))

    assert asked == "/health/ready"
    assert asked in routes


def test_compose_agrees_with_the_image(service):
    environment = image_environment()
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    ((address, outer, inner),) = [port.split(":") for port in service["ports"]]
    ((volume, folder),) = [mount.split(":") for mount in service["volumes"]]

    assert service["environment"] == ours  # above .env, which is for a bot outside a container
    assert (address, outer, inner) == ("127.0.0.1", rest_of("EXPOSE"), rest_of("EXPOSE"))
    assert folder == rest_of("VOLUME")
    assert volume in yaml.safe_load(text_of("compose.yaml"))["volumes"]
    assert (ROOT / service["build"] / "Dockerfile").exists()


def test_compose_with_replicas_starts_those_of_the_image(replicas, service):
    """As the one of compose.yaml, but for the database and the names."""
    names = {replica["environment"].pop("STATUSBOT_REPLICA") for replica in replicas}
    ports = [port.split(":") for replica in replicas for port in replica.pop("ports")]
    first, second = replicas
    ours = service["environment"] | {"STATUSBOT_DATABASE_URL": first["environment"]["STATUSBOT_DATABASE_URL"]}

    assert first == second
    assert first["environment"] == ours
    assert len(names) == len({outer for _, outer, _ in ports}) == 2
    assert {(address, inner) for address, _, inner in ports} == {("127.0.0.1", rest_of("EXPOSE"))}
    assert {name: first[name] for name in ("build", "image", "env_file")} == {
        name: service[name] for name in ("build", "image", "env_file")
    }


def test_compose_with_replicas_leads_to_its_own_database(replicas, server):
    password = "${POSTGRES_PASSWORD:?put it into .env}"
    url = make_url(replicas[0]["environment"]["STATUSBOT_DATABASE_URL"].replace(password, "secret"))
    ((volume, _),) = [mount.split(":") for mount in server["volumes"]]

    assert (url.host, url.username, url.password) == ("postgres", server["environment"]["POSTGRES_USER"], "secret")
    assert url.database == server["environment"]["POSTGRES_DB"]
    assert server["environment"]["POSTGRES_PASSWORD"] == password
    assert replicas[0]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "ports" not in server
    assert volume in yaml.safe_load(text_of("compose.postgres.yaml"))["volumes"]


def test_healthcheck_of_the_server_is_a_program_of_its_own(server, postgres):
    _, program, *options = server["healthcheck"]["test"]

    postgres.call(program, *options, f"--port={postgres.port}")


@pytest.mark.parametrize("kind", ["service", "replica"])
def test_compose_takes_away_what_is_not_needed(kind, service, replicas):
    service = {"service": service, "replica": replicas[0]}[kind]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_no_secret_reaches_the_builder_or_the_clone(service):
    secret = service["env_file"]
    patterns = text_of(".gitignore").splitlines()

    assert secret in patterns
    assert f"!{secret}" not in text_of(".dockerignore").splitlines()


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "compose.yaml",
        "compose.postgres.yaml",
        "requirements.lock",
        "requirements-dev.lock",
        "deploy/statusbot.service",
    ],
)
def test_no_registry_is_named(name):
    images = re.findall(r"^(?:FROM|\s*image:)\s+(\S+)", text_of(name), re.MULTILINE)

    assert not any("/" in image for image in images)
    assert not re.search(r"--index-url|--extra-index-url|--trusted-host|https?://(?!127\.0\.0\.1)", text_of(name))


# --- the unit


def test_unit_starts_what_the_wheel_brings_where_it_may_write(installed):
    unit = configparser.RawConfigParser(strict=False, comment_prefixes="#")
    unit.optionxform = str
    unit.read(ROOT / "deploy" / "statusbot.service", encoding="utf-8")
    program, command = unit["Service"]["ExecStart"].split()

    assert (installed / Path(program).name).exists()
    assert command == "serve"
    assert unit["Service"]["WorkingDirectory"] == f"%S/{unit['Service']['StateDirectory']}"
    assert Settings.model_fields["database_url"].default == "sqlite:///statusbot.db"  # in that folder
    assert unit["Service"]["User"] != "root"
    assert unit["Service"]["EnvironmentFile"] in text_of("deploy/statusbot.service").partition("[Unit]")[0]


# --- what is written about it


@pytest.mark.parametrize("name", ABOUT_SETTINGS)
def test_every_setting_that_is_named_exists(name):
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", text_of(name)))

    assert named <= known


@pytest.mark.parametrize(
    "kind",
    [
        rf"\b{PREFIX}[A-Z_]+\b",
        r"\bstatusbot [a-z][a-z-]+(?: --[a-z-]+)?",
        r"\bmake [a-z]+",
        r"`((?:bot|manifest|handlers)/[^`]*)`",
    ],
    ids=["settings", "commands", "targets", "files"],
)
def test_both_readmes_mention_the_same(kind):
    english, russian = set(re.findall(kind, text_of("README.md"))), set(re.findall(kind, text_of("README.ru.md")))

    assert english
    assert english == russian


@pytest.mark.parametrize("name", ["README.md", "README.ru.md", "CHANGELOG.md"])
def test_files_that_are_named_exist(name):
    named = re.findall(r"`([\w./]+/|[\w./]+\.(?:toml|py|yaml|service|example))`", text_of(name))
    linked = re.findall(r"\]\(((?!https?:)[^)#]+)\)", text_of(name))
    anywhere = ["capability.toml"]  # one in every folder of manifest/

    missing = [path for path in [*named, *linked] if not (ROOT / path).exists() and path not in anywhere]

    assert missing == []


def test_newest_entry_of_the_changelog_is_this_version():
    (version,) = re.findall(r'^version = "(.+)"', text_of("pyproject.toml"), re.MULTILINE)
    newest = re.findall(r"^## (\S+)", text_of("CHANGELOG.md"), re.MULTILINE)[0]

    assert newest == version
