"""The workflows: what they may do, and their steps in order, as GitHub would run them.

Jobs run in scratch clones, with the variables and files that GitHub Actions gives. What
takes long, or needs the network, is replaced: `muster` reads its command line, then
leaves what the next steps find; `make` only says what it would run.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_repository import makefile_targets

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / ".github" / "workflows"
SHA = "0123456789abcdef0123456789abcdef01234567"

# What takes minutes or asks the network: only what it would run is told.
HEAVY = {"make test", "make audit", "make attack", "make faults", "make spark"}

WRITES = {
    ("comment.yml", "comment"): {"pull-requests"},
    ("deploy.yml", "tag"): {"contents"},
    ("deploy.yml", "docs"): {"id-token", "pages"},
    ("product.yml", "publish"): {"contents", "packages"},
}
"""The only jobs that may write, and what."""

ORDERS = re.compile(
    r"(make( [a-z]+)+( [A-Z_]+=\w*)*|\.venv/bin/muster [\w -]+(\"\$\w+\"|\$\{\w+:\+"
    r"\"\$\w+\"\}|[\w -])*)( >> \"\$GITHUB_(OUTPUT|STEP_SUMMARY)\")?"
)
"""A make target or a `muster` command, its output perhaps to one of GitHub's files."""


@cache
def workflows() -> dict[str, dict[Any, Any]]:
    """Every workflow by its file's name; YAML 1.1 reads the key `on` as true."""
    return {p.name: yaml.safe_load(p.read_text()) for p in sorted(FOLDER.glob("*.yml"))}


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every job with the names of its file and itself, but those that call another."""
    for name, workflow in workflows().items():
        for key, job in workflow["jobs"].items():
            if "uses" not in job:
                yield name, key, job


def calls() -> dict[tuple[str, str], dict[str, Any]]:
    """The jobs that are one of release.yml, by the names of file and job."""
    return {
        (name, key): job
        for name, workflow in workflows().items()
        for key, job in workflow["jobs"].items()
        if "uses" in job
    }


def test_every_step_is_a_make_target_or_a_muster_command() -> None:
    for name, key, job in jobs():
        for step in job["steps"]:
            if "run" not in step:
                continue
            order = step["run"].strip()
            assert ORDERS.fullmatch(order), f"{name}, {key} has logic: {order}"
            assert "shell" not in step
            if order.startswith("make"):
                assert order.split()[1] in makefile_targets(), f"{name}, {key}"


def test_permissions_are_the_least() -> None:
    for name, workflow in workflows().items():
        assert workflow["permissions"] == {}, name
        # One that is called waits with its job.
        [*_, job] = workflow["jobs"].values()
        assert "concurrency" in (job if name == "release.yml" else workflow), name
        assert "pull_request_target" not in workflow[True], name
    writing = {
        (name, key): {p for p, right in job["permissions"].items() if right != "read"}
        for name, key, job in jobs()
    }
    assert {where: rights for where, rights in writing.items() if rights} == WRITES
    for call in calls().values():
        assert call["permissions"] == {"contents": "read"}


def test_jobs_end_and_keep_no_credentials() -> None:
    for name, key, job in jobs():
        assert job["timeout-minutes"], f"{name}, {key}"
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, f"{name}, {key}"


def test_actions_are_pinned_by_commit_one_for_each() -> None:
    pins = [
        line.split("uses: ")[1]
        for path in FOLDER.glob("*.yml")
        for line in path.read_text().splitlines()
        if "uses: " in line and "uses: $/" not in line
    ]
    for pin in pins:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), pin
    assert len({pin.partition("@")[0] for pin in pins}) == len(set(pins))


def test_a_pull_request_reaches_no_secret() -> None:
    for name, workflow in workflows().items():
        triggers = workflow[True]
        if "pull_request" in triggers or "workflow_run" in triggers:
            assert "secrets." not in (FOLDER / name).read_text()
            # Nor by a call, which would bring those of another file.
            reaching = {"environment", "secrets", "uses"}
            assert not [k for k, j in workflow["jobs"].items() if reaching & j.keys()]


def test_secrets_belong_to_an_environment_and_to_the_steps_that_need_them() -> None:
    for name, key, job in jobs():
        assert "secrets." not in json.dumps(job.get("env", {})), f"{name}, {key}"
        if "secrets." in json.dumps(job):
            assert "environment" in job, f"{name}, {key}"
    assert not [n for n, w in workflows().items() if "env" in w]
    for call in calls().values():
        assert call["uses"] == "$/.github/workflows/release.yml"
        assert call["secrets"] == "inherit"
    called = workflows()["release.yml"]
    assert called[True].keys() == {"workflow_call"}
    assert [job["environment"] for job in called["jobs"].values()] == [
        "${{ inputs.environment }}"
    ]


def test_what_may_write_runs_code_of_main_alone() -> None:
    for name, key in WRITES:
        for step in workflows()[name]["jobs"][key]["steps"]:
            assert "ref" not in step.get("with", {}), f"{name}, {key}"


def test_no_tool_of_development_is_where_data_or_rights_to_write_are() -> None:
    made = {
        step["run"].split()[1]
        for name, key, job in jobs()
        for step in job["steps"]
        if "environment" in job or (name, key) in WRITES
        if step.get("run", "").startswith("make ")
    }
    assert {"release", "tag"} <= made
    assert {target for target in made | {"sbom"} if brings_tools(target)} == {"sbom"}


def brings_tools(target: str) -> bool:
    """Whether a make target installs what tests and linters need."""
    told = subprocess.run(  # noqa: S603
        ["make", "--dry-run", "--always-make", target],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return "requirements/dev.lock" in told


def test_a_revision_goes_from_dev_to_uat_to_prod() -> None:
    deploy = workflows()["deploy.yml"]
    assert deploy["concurrency"] == {"group": "deploy", "cancel-in-progress": False}
    for key, before in (("dev", None), ("uat", "dev"), ("prod", "uat")):
        job = calls()["deploy.yml", key]
        assert job.get("needs") == before
        # No other revision than was merged.
        assert job["with"] == {"environment": key}


def test_nightly_releases_to_prod_the_revision_that_prod_shows() -> None:
    assert {where for where in calls() if where[0] != "deploy.yml"} == {
        ("nightly.yml", "prod")
    }
    assert calls()["nightly.yml", "prod"]["with"] == {
        "environment": "nightly",
        "target": "prod",
        "revision": "${{ needs.current.outputs.revision }}",
    }
    [job] = workflows()["release.yml"]["jobs"].values()
    checkout = job["steps"][0]
    assert checkout["uses"].startswith("actions/checkout@")
    assert checkout["with"]["ref"] == "${{ inputs.revision }}"


MUSTER = '''
"""Stands in for `muster`: reads the command line as it does, and leaves results."""
import json, sys
from pathlib import Path
import typer
import environment as environments
from operations.cli import app
from store import releases
from store.releases import PASSED, Release
from store.store import open_store
from demo.cli import app as demo

app.add_typer(demo, name="demo")
arguments = sys.argv[1:]
Path("orders.log").open("a").write("muster " + " ".join(arguments) + "\\n")
QUICK = {"rollback", "releases", "status"}
if arguments[0] in QUICK:
    app()
group = typer.main.get_command(app)
context = group.make_context("muster", arguments, resilient_parsing=False)
name, command, rest = group.resolve_command(context, arguments)
given = {}
while hasattr(command, "commands"):
    name, command, rest = command.resolve_command(context, rest)
given = command.make_context(name, list(rest)).params

def write(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)

if name == "release":
    environment = environments.find(given["env"])
    store = open_store(environment)
    number = len(releases.listed(store))
    made = Release(release=f"2026070{number + 1}T060000.000000Z-0123456",
        environment=environment.name, revision="REVISION", is_modified=False,
        as_at=None, built_at="2026-07-01T06:00:00+00:00", verdict=PASSED)
    store.write_bytes(f"{made.key}/requirements.md", b"| BR-01 | passed |\\n")
    store.write_json(f"{made.key}/release.json", made.to_dict())
    releases.point(store, made.release)
    write(environment.docs, "<html></html>")
    write(environment.report, "<html></html>")
elif name == "incidents":
    print("No incident is open.")
elif name == "requirements":
    print("| BR-01.1 | passed |")
elif name == "slim":
    if given["comment"]:
        write(given["comment"], "| mart |\\n")
    if given["save"]:
        write(given["save"] / "state.json", "{}")
elif name == "create":
    write(environments.find("dev").home / "demo" / "state.json", "{}")
'''

GH = """#!/bin/sh
echo "gh $*" >> orders.log
[ -n "$GH_TOKEN" ] || exit 4
case "$1 $2" in
    "run list") if [ -d "$ARTIFACTS/state" ]; then echo 42; fi ;;
    "run download") mkdir -p target && cp -r "$ARTIFACTS/state" target/main ;;
esac
"""


SBOM = 'while [ "$1" != --output-file ]; do shift; done; echo "{}" > "$2"'


@dataclass
class Runner:
    """Runs workflows as GitHub Actions would, as far as ours make use of it.

    Attributes:
        folder: Where clones, artifacts and GitHub's files lie.
        api: Where GitHub's API would be.
        store: `MUSTER_STORE` of every environment.
        orders: Everything that was run, by job.
        summaries: What each job wrote to its summary.
    """

    folder: Path
    api: str
    store: str = ""
    orders: dict[str, list[str]] = field(default_factory=dict)
    summaries: dict[str, str] = field(default_factory=dict)

    @property
    def artifacts(self) -> Path:
        """The artifacts of all runs, a folder each."""
        return self.folder / "artifacts"

    def run(self, name: str, event: str, payload: Any = None, **inputs: str) -> None:
        """Run the jobs of a workflow in order; those whose condition fails are left."""
        outputs: dict[str, dict[str, str]] = {}
        for key, job in workflows()[name]["jobs"].items():
            needs = job.get("needs", [])
            needed = [needs] if isinstance(needs, str) else needs
            context = self.context(event, payload, inputs)
            for each in outputs:
                for output, value in outputs[each].items():
                    context[f"needs.{each}.outputs.{output}"] = value
            if not all(each in outputs for each in needed):
                continue
            if not truth(job.get("if", "true"), context):
                continue
            if "uses" in job:
                given = {k: resolved(v, context) for k, v in job["with"].items()}
                context |= {f"inputs.{name}": value for name, value in given.items()}
                [job] = workflows()[Path(job["uses"]).name]["jobs"].values()
            steps = self.run_job(key, job, context, payload)
            outputs[key] = {
                output: resolved(text, steps)
                for output, text in job.get("outputs", {}).items()
            }

    def context(
        self, event: str, payload: Any, inputs: dict[str, str]
    ) -> dict[str, str]:
        """What expressions may name; other variables and secrets have a stand-in."""
        run = (payload or {}).get("workflow_run", {})
        return {
            "github.event_name": event,
            "github.token": "token",
            "github.event.workflow_run.id": "42",
            "github.event.workflow_run.event": str(run.get("event", "")),
            "runner.temp": str(self.folder / "temp"),
            "vars.MUSTER_DEPLOY": "on",
            "vars.MUSTER_STORE": self.store,
            "vars.MUSTER_DEMO": "",
            **{f"inputs.{name}": value for name, value in inputs.items()},
        }

    def run_job(
        self, key: str, job: dict[str, Any], context: dict[str, str], payload: Any
    ) -> dict[str, str]:
        """Run a job in a clone of its own.

        Returns:
            The context with the outputs of its steps.
        """
        clone = clone_to(self.folder / f"{key}-{len(self.orders)}")
        shutil.rmtree(context["runner.temp"], ignore_errors=True)
        files = {
            f"GITHUB_{name.upper()}": self.folder / name
            for name in ("output", "step_summary")
        }
        for path in files.values():
            path.write_text("")
        event = self.folder / "event.json"
        event.write_text(json.dumps(payload or {}))
        environment = {
            "PATH": f"{clone / '.fake'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "GITHUB_API_URL": self.api,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "muster/muster",
            "ARTIFACTS": str(self.artifacts),
            **{name: str(path) for name, path in files.items()},
        }
        self.orders[key] = []
        for step in job["steps"]:
            if not truth(str(step.get("if", "true")), context):
                continue
            if "uses" in step:
                self.use(step, clone, context)
                continue
            given = {n: resolved(v, context) for n, v in step.get("env", {}).items()}
            self.order(key, step["run"], clone, environment | given)
            told = files["GITHUB_OUTPUT"].read_text()
            for name, _, value in (line.partition("=") for line in told.splitlines()):
                context[f"steps.{step.get('id')}.outputs.{name}"] = value
        self.summaries[key] = files["GITHUB_STEP_SUMMARY"].read_text()
        log = clone / "orders.log"
        self.orders[key] += log.read_text().splitlines() if log.exists() else []
        return context

    def order(self, key: str, text: str, clone: Path, given: dict[str, str]) -> None:
        """Run a step as GitHub does where it names no shell: `bash -e`."""
        script = text
        if text in HEAVY:
            script = text.replace("make", "make --dry-run", 1)
        done = subprocess.run(  # noqa: S603
            ["bash", "-e", "-c", script],  # noqa: S607
            cwd=clone,
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{key}: {text}\n{done.stdout}{done.stderr}"
        self.orders[key].append(text)

    def use(self, step: dict[str, Any], clone: Path, context: dict[str, str]) -> None:
        """Do what an action does, as far as it matters to other steps."""
        action = step["uses"].partition("@")[0].removeprefix("actions/")
        given = {n: resolved(str(v), context) for n, v in step.get("with", {}).items()}
        if action in {"upload-artifact", "upload-pages-artifact"}:
            target = self.artifacts / given.get("name", "github-pages")
            shutil.rmtree(target, ignore_errors=True)
            paths = [clone / each for each in given["path"].split()]
            for path in paths:
                assert path.exists(), f"nothing to upload in {path}"
                # Several keep their names below the folder that they share.
                to = target / path.name if len(paths) > 1 or path.is_file() else target
                to.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if path.is_dir() else shutil.copyfile)(path, to)
        elif action == "download-artifact":
            source = self.artifacts / (given.get("name") or given["pattern"])
            assert source.exists() or "pattern" in given
            if source.exists():
                shutil.copytree(source, clone / given["path"], dirs_exist_ok=True)
        elif action == "deploy-pages":
            pages = self.artifacts / "github-pages"
            found = re.findall(r'href="([^"]+)"', (pages / "index.html").read_text())
            assert found == ["report/index.html"]
            assert (pages / "report" / "index.html").exists()
            # Where pages of the report say that the docs are.
            assert (pages / "docs" / "index.html").exists()
        else:
            assert action in {"checkout", "setup-python"}


OPERAND = r"'[^']*'|[\w.-]+(?:\(\))?"


def value(text: str, context: dict[str, str]) -> str:
    """What an operand of an expression is."""
    if text.startswith("'"):
        return text[1:-1]
    if text in {"true", "always()"}:
        return "true"
    if text in context:
        return context[text]
    kind, _, name = text.partition(".")
    if kind == "secrets":
        return f"secret-{name}"
    assert kind in {"vars", "steps", "needs", "inputs"}, f"unknown: {text}"
    return ""


def truth(text: str, context: dict[str, str]) -> bool:
    """Whether a condition holds."""
    for part in text.split(" && "):
        match = re.fullmatch(rf"({OPERAND})(?: (==|!=) ({OPERAND}))?", part.strip())
        assert match, f"not understood: {text}"
        left = value(match[1], context)
        if not match[2] and left in {"", "false"}:
            return False
        if match[2] and (left == value(match[3], context)) is (match[2] == "!="):
            return False
    return True


def resolved(text: str, context: dict[str, str]) -> str:
    """A text with its expressions replaced."""

    def replaced(match: re.Match[str]) -> str:
        operands = [part.strip() for part in match[1].split("||")]
        assert all(re.fullmatch(OPERAND, part) for part in operands), match[1]
        return next((v for part in operands if (v := value(part, context))), "")

    return re.sub(r"\$\{\{(.*?)\}\}", replaced, str(text))


def clone_to(folder: Path) -> Path:
    """Clone the repository, as it is in the working tree, with the installed tools.

    The tools are called from the repository's environment; `muster` and `gh` have a
    stand-in. Nothing there can install anything into it.
    """
    git = ["git", "-c", "advice.detachedHead=false"]
    subprocess.run(  # noqa: S603
        [*git, "clone", "--quiet", "--shared", str(REPOSITORY), str(folder)], check=True
    )
    listed = subprocess.run(  # noqa: S603
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    tools = folder / ".venv" / "bin"
    tools.mkdir(parents=True)
    script(tools / "cyclonedx-py", SBOM)
    script(tools / "uv", "mkdir -p target")
    script(tools / "python", f'exec "{sys.executable}" "$@"')
    stand_in = folder / ".fake" / "muster.py"
    stand_in.parent.mkdir()
    stand_in.write_text(MUSTER.replace("REVISION", SHA))
    script(
        tools / "muster",
        f'PYTHONPATH="{folder}" exec "{sys.executable}" "{stand_in}" "$@"',
    )
    script(stand_in.parent / "gh", GH.partition("\n")[2])
    for stamp in (".installed", ".developed"):
        (folder / ".venv" / stamp).touch()
    return folder


def script(path: Path, text: str) -> None:
    """Write a shell script that can be run."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


class NoPulls(BaseHTTPRequestHandler):
    """A code host without pull requests."""

    def do_GET(self) -> None:
        """Answer with an empty list."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """A runner whose GitHub is on loopback."""
    with HTTPServer(("127.0.0.1", 0), NoPulls) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = f"http://127.0.0.1:{server.server_port}"
        yield Runner(tmp_path, api, store=str(tmp_path / "store"))
        server.shutdown()


def test_a_pull_request_is_built_on_the_state_of_main_and_commented(
    runner: Runner,
) -> None:
    runner.run("ci.yml", "push")
    assert set(runner.orders) == {"test", "packages", "state"}
    assert (runner.artifacts / "sbom" / "sbom.json").exists()
    assert "muster slim --save target/state" in runner.orders["state"]
    runner.run("ci.yml", "pull_request")
    assert any(
        order.startswith("gh run download 42") for order in runner.orders["slim"]
    )
    assert runner.summaries["slim"] == "| mart |\n"
    run = {
        "event": "pull_request",
        "head_sha": SHA,
        "head_branch": "faster",
        "head_repository": {"owner": {"login": "stranger"}},
    }
    runner.run("comment.yml", "workflow_run", {"workflow_run": run})
    assert runner.orders["comment"] == ["make comment"]
    runner.orders.clear()
    runner.run("comment.yml", "workflow_run", {"workflow_run": {"event": "push"}})
    assert not runner.orders


def test_a_merge_reaches_prod_and_can_be_taken_back(runner: Runner) -> None:
    runner.run("nightly.yml", "schedule")
    assert list(runner.orders) == ["attack", "faults", "spark", "current"], (
        "nothing is due before a release"
    )
    assert runner.orders["attack"] == ["make attack"]
    assert runner.orders["faults"] == ["make faults"]
    assert runner.orders["spark"] == ["make spark"]
    runner.run("deploy.yml", "push")
    assert list(runner.orders)[4:] == ["dev", "uat", "prod", "packages", "tag", "docs"]
    for name in ("dev", "uat", "prod"):
        told = [order for order in runner.orders[name] if order.startswith("muster ")]
        assert told[:2] == [f"muster ingest --env {name}", f"muster release {name}"]
    sbom = [name for name, orders in runner.orders.items() if "make sbom" in orders]
    assert sbom == ["packages"]
    assert runner.summaries["uat"] == "| BR-01.1 | passed |\n"
    [tagged] = [o for o in runner.orders["tag"] if o.startswith("gh release create")]
    assert shlex.split(tagged)[3].startswith("prod-20260701T060000.000000Z")
    runner.run("nightly.yml", "schedule")
    assert "muster release prod" in runner.orders["prod"]
    assert runner.orders["prod"][-1] == "muster incidents --env prod"
    assert runner.summaries["prod"] == "No incident is open.\n"
    runner.run(
        "rollback.yml", "workflow_dispatch", environment="prod", release="20260701T"
    )
    assert "prod is back at 20260701T060000" in runner.summaries["rollback"]
