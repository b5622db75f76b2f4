"""What CI systems read: the shell of the action, and the hook in real pre-commit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from dedupe import __version__
from dedupe.gate.limits import GateLimits
from dedupe.gate.verdict import GoneDocument, NewDuplicate, Verdict
from dedupe.model.output_marks import GITHUB_MARK, MARKDOWN_MARK
from dedupe.renderers.registry import format_of_name
from tests.support.command import FIXTURES, clean_environment, git_environment, run_git

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = FIXTURES / "articles"
ORIGINAL, REPRINT = "harbour-bridge_citydesk.txt", "harbour-bridge_newswire.txt"
BASELINE = ".dedupe-baseline"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
SUMMARY_LIMIT = 1 << 20

QUICK_INSTALL = {
    "PYTHONPATH": sysconfig.get_path("purelib"),
    "PIP_NO_BUILD_ISOLATION": "0",  # (pip takes 0 as: no isolation)
    "PIP_NO_COMPILE": "1",
    "CC": "false",
}
"""An environment in which pip builds and installs the project alone, without a compiler: what it is
built with and depends on is that of this environment."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed"),
]


def no_index(told: str) -> bool:
    """Whether an installation failed for want of a package index."""
    words = ("No matching distribution", "Could not find a version", "Connection", "resolution")
    return any(word in told for word in words)


def skip_without_index(told: str) -> None:
    if no_index(told) and not os.environ.get("DEDUPE_REQUIRE_INDEX"):
        pytest.skip("the package index cannot be reached, so no environment can be made")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Path:
    """The project as it stands, committed in a repository of its own."""
    listed = run_git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if not (ROOT / ".git").exists() or listed.returncode:
        pytest.skip("this is no git checkout, so its files cannot be told from others")
    folder = tmp_path_factory.mktemp("checkout") / "dedupe"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    run_git(folder, "add", "--all")
    assert run_git(folder, "commit", "--quiet", "--message", "all").returncode == 0
    return folder


# --- the action -------------------------------------------------------------------------------


class Runner:
    """Runs steps of the action as a runner of GitHub does."""

    def __init__(self, folder: Path, action: Path) -> None:
        self.temporary = folder / "runner"
        self.workspace = folder / "workspace"
        self.temporary.mkdir()
        (self.workspace / "articles").mkdir(parents=True)
        self._action = action
        self._files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}

    def run(self, name: str, environment: dict[str, str] | None = None, **inputs: str) -> Any:
        """One step, with these inputs, the others at their defaults."""
        step = STEPS[name]
        values = {key: each.get("default", "") for key, each in ACTION["inputs"].items()}
        values |= {key.replace("_", "-"): value for key, value in inputs.items()}
        for file in self._files.values():
            file.write_text("before\n" if file.name == "GITHUB_STEP_SUMMARY" else "")
        script = self.temporary / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        variables = {
            name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: values[m[1]], text)
            for name, text in step["env"].items()
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
            cwd=self.workspace,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=clean_environment(
                RUNNER_TEMP=str(self.temporary),
                GITHUB_ACTION_PATH=str(self._action),
                **{key: str(file) for key, file in self._files.items()},
                **variables,
                **(environment or {}),
            ),
        )

    def add(self, *names: str) -> None:
        for name in names:
            shutil.copy(ARTICLES / name, self.workspace / "articles")

    @property
    def outputs(self) -> dict[str, str]:
        lines = self._files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def summary(self) -> str:
        text = self._files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return text.replace("\u00a0", " ")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """With the command of this environment in the place of what the first step installs."""
    runner = Runner(tmp_path, ROOT)
    scripts = runner.temporary / "dedupe-environment" / "bin"
    scripts.mkdir(parents=True)
    for name in ("python", "dedupe"):
        (scripts / name).write_text(
            f'#!/bin/sh\nexec "{Path(sys.executable).with_name(name)}" "$@"\n', encoding="utf-8"
        )
        (scripts / name).chmod(0o755)
    runner.add(ORIGINAL, "typos.txt")
    return runner


CHECK = "Check for new duplicates"


def test_inputs_reach_the_shell_by_its_environment_only():
    assert ACTION["runs"]["using"] == "composite"
    used = set()
    for step in STEPS.values():
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
        for value in step["env"].values():
            [name] = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value).groups()
            used.add(name)
    assert used == set(ACTION["inputs"])
    assert all(each["description"] for each in ACTION["inputs"].values())
    for output in ACTION["outputs"].values():
        [name] = re.findall(r"steps\.check\.outputs\.([a-z-]+)", output["value"])
        assert f"{name}=" in STEPS[CHECK]["run"]


def annotations_of(log: str) -> list[str]:
    """Commands to the runner, but for the mark of the file that they stood in."""
    lines = [line for line in log.splitlines() if line.lstrip().startswith("::")]
    assert lines.pop(0) == GITHUB_MARK.strip()
    return lines


def test_the_action_passes_and_fails_by_itself(runner):
    result = runner.run(CHECK, paths="articles")
    assert result.returncode == 0, result.stderr
    assert (runner.outputs["passed"], runner.outputs["new-count"]) == ("true", "0")
    assert "::" not in result.stdout
    runner.add(REPRINT, "typos_retyped.txt")
    result = runner.run(CHECK, paths="articles\n", sarif="dup.sarif", junit="dup.xml")
    assert result.returncode == 1
    assert "Failed: 2 duplicates" in result.stdout
    annotations = annotations_of(result.stdout)
    assert len(annotations) == 4  # (two pairs, of which it is not known which document is new)
    assert annotations[0].startswith("::error file=articles/typos")
    assert ",line=1,title=Near-duplicate::" in annotations[1]
    assert (runner.outputs["passed"], runner.outputs["new-count"]) == ("false", "2")
    verdict = json.loads(Path(runner.outputs["verdict"]).read_text(encoding="utf-8"))
    assert len(verdict["new"]) == 2
    assert runner.summary.startswith(f"before\n{MARKDOWN_MARK}### dedupe: failed: 2 duplicates\n")
    assert "Also Read" in runner.summary
    sarif = json.loads((runner.workspace / "dup.sarif").read_text(encoding="utf-8"))
    assert [each["baselineState"] for each in sarif["runs"][0]["results"]] == ["new"] * 4
    shown = (runner.workspace / "dup.xml").read_text(encoding="utf-8")
    assert 'classname="dedupe.duplicate"' in shown and "<failure" in shown


def test_the_action_gives_every_input_to_the_command(runner):
    runner.add(REPRINT)
    assert runner.run(CHECK, paths="articles", max_duplicates="1").returncode == 0
    assert runner.run(CHECK, paths="articles", max_duplicate_ratio="0.34").returncode == 0
    assert runner.run(CHECK, paths="articles", max_duplicate_ratio="0.33").returncode == 1
    assert runner.run(CHECK, paths="articles", fail_on="identical,normalised").returncode == 0
    result = runner.run(
        CHECK,
        paths="articles",
        baseline=BASELINE,
        arguments="--update-baseline\r\n--threshold\n0.75\n",
    )
    assert result.returncode == 0, result.stderr
    assert b"setting threshold = 0.75\n" in (runner.workspace / BASELINE).read_bytes()
    above = runner.run(CHECK, paths="articles", baseline=BASELINE)
    assert above.returncode == 2
    assert "other settings" in above.stderr
    again = runner.run(CHECK, paths="articles", baseline=BASELINE, arguments="--threshold=0.75")
    assert again.returncode == 0


@pytest.mark.parametrize("event", ["pull_request", "merge_group"])
@pytest.mark.parametrize("depth", ["0", "1", "unreachable"])
def test_a_pull_request_is_compared_with_its_base(runner, tmp_path, event, depth):
    """Also in a checkout of one commit, whose base is fetched; else it warns and goes on."""
    origin = tmp_path / "origin"
    shutil.copytree(runner.workspace, origin)
    shutil.rmtree(runner.workspace)
    run_git(origin, "init", "--quiet", "--initial-branch=main")
    run_git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    run_git(origin, "add", "--all")
    run_git(origin, "commit", "--quiet", "--message", "base")
    base = run_git(origin, "rev-parse", "HEAD").stdout.strip()
    shutil.copy(ARTICLES / REPRINT, origin / "articles")
    shutil.copy(ARTICLES / "typos_retyped.txt", origin / "articles/a.txt")
    run_git(origin, "add", "--all")
    run_git(origin, "commit", "--quiet", "--message", "reprints")
    options = [] if depth == "0" else ["--depth=1"]
    run_git(tmp_path, "clone", "--quiet", *options, origin.as_uri(), str(runner.workspace))
    if depth == "unreachable":
        shutil.rmtree(origin)
    shown = {"pull_request": {"base": {"sha": base}}, "merge_group": {"base_sha": base}}
    (tmp_path / "event.json").write_text(json.dumps({event: shown[event]}))
    environment = {"GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
    result = runner.run(CHECK, environment, paths="articles")
    assert result.returncode == 1, result.stderr
    verdict = json.loads(Path(runner.outputs["verdict"]).read_text(encoding="utf-8"))
    if depth == "unreachable":
        assert "::warning title=dedupe::Commit" in result.stdout
        assert {new["change"] for new in verdict["new"]} == {"unknown"}
        return
    assert {new["id"] for new in verdict["new"]} == {REPRINT, "a.txt"}
    assert {new["change"] for new in verdict["new"]} == {"added"}
    annotations = [line for line in result.stdout.splitlines() if line.startswith("::error ")]
    assert len(annotations) == 2
    outside = tmp_path / "outside"
    outside.mkdir()
    assert runner.run(CHECK, environment, paths=f"articles\n{outside}").returncode == 2
    shutil.copy(ARTICLES / "typos.txt", outside)
    assert runner.run(CHECK, environment, paths=f"articles\n{outside}").returncode == 1
    assert runner.run(CHECK, environment, paths="articles", since="").returncode == 1
    assert "is not known" in runner.summary
    wrong = runner.run(CHECK, paths="articles", since="nowhere")
    assert wrong.returncode == 2
    assert "there is no such commit" in wrong.stderr


@pytest.mark.parametrize(
    "event",
    [{}, {"pull_request": None}, {"pull_request": {"base": {"sha": "--upload-pack=touch pwned"}}}],
)
def test_other_events_have_no_base(runner, tmp_path, event):
    (tmp_path / "event.json").write_text(json.dumps(event))
    environment = {"GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
    assert runner.run(CHECK, environment, paths="articles").returncode == 0
    assert not (runner.workspace / "pwned").exists()


def test_nothing_in_an_input_is_run_or_taken_for_an_option(runner):
    (runner.workspace / "--help").mkdir()
    shutil.copy(ARTICLES / "typos.txt", runner.workspace / "--help")
    strange = "$(touch pwned) `touch pwned`; touch pwned #\n"
    result = runner.run(CHECK, paths=f"--help\narticles\n{strange}", baseline='"; touch pwned; "')
    assert result.returncode == 2
    assert not (runner.workspace / "pwned").exists()
    result = runner.run(CHECK, paths="--help\narticles")
    assert result.returncode == 1
    assert "the same text as" in result.stdout


def test_new_findings_come_first_and_there_are_ten_annotations(runner):
    """Also of hostile ids, and whichever document becomes the representative."""
    text = (ARTICLES / "typos.txt").read_text(encoding="utf-8")
    old = [text + f" End {i}." for i in range(4)]
    new = [text + f" Other end {i}." for i in range(12)]
    for name, texts in (("old", old), ("new\n::error::x%0A\x1b[2J", new)):
        records = [json.dumps({"id": f"{name}{i}", "text": each}) for i, each in enumerate(texts)]
        (runner.workspace / f"articles/{name[:3]}.jsonl").write_text("\n".join(records))
        if name == "old":
            arguments = "--update-baseline"
            runner.run(CHECK, paths="articles", baseline=BASELINE, arguments=arguments)
    result = runner.run(CHECK, paths="articles", baseline=BASELINE, sarif="dup.sarif")
    assert result.returncode == 1, result.stderr
    annotations = annotations_of(result.stdout)
    assert len(annotations) == 10
    assert all(line.startswith("::error ") for line in annotations)
    assert sum("file=articles/new.jsonl,line=" in line for line in annotations) == 9
    assert "3 more new duplicates" in annotations[-1]
    assert "\x1b" not in result.stdout
    sarif = json.loads((runner.workspace / "dup.sarif").read_text(encoding="utf-8"))
    states = [each["baselineState"] for each in sarif["runs"][0]["results"]]
    assert states[:12] == ["new"] * 12
    assert "new" not in states[12:]


def test_the_summary_keeps_its_limit():
    [limit] = re.findall(r"--markdown-limit (\d+)", STEPS[CHECK]["run"])
    assert SUMMARY_LIMIT // 2 < int(limit) < SUMMARY_LIMIT


@pytest.mark.parametrize(
    ("paths", "baseline", "said"),
    [("nowhere", "", "nowhere"), ("articles", "missing", "no such baseline")],
)
def test_an_error_of_the_action_is_no_verdict(runner, paths, baseline, said):
    result = runner.run(CHECK, paths=paths, baseline=baseline)
    assert result.returncode == 2
    assert said in result.stderr
    assert "::error title=dedupe::There is no verdict" in result.stdout
    assert runner.outputs == {}


def test_the_action_installs_its_own_checkout(tmp_path, checkout):
    runner = Runner(tmp_path, checkout)
    runner.add(ORIGINAL, REPRINT)
    result = runner.run("Install dedupe", QUICK_INSTALL, python=sys.executable)
    if result.returncode:
        skip_without_index(result.stderr)
    assert result.returncode == 0, result.stderr
    assert __version__ in result.stdout
    installed = (runner.temporary / "dedupe-environment").glob("lib/python*/site-packages/dedupe")
    assert len([*installed]) == 1
    result = runner.run(CHECK, QUICK_INSTALL, paths="articles", arguments="--quiet")
    assert result.returncode == 1, result.stderr
    assert REPRINT in result.stdout


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"version": "1.0; touch pwned"}, "not a version"),
        ({"version": "1.0 --index-url=http://x"}, "not a version"),
        ({"extras": "html]$(touch pwned)"}, "not a list of extras"),
        ({"python": "false"}, "Python 3.11 or later is needed"),
    ],
)
def test_the_action_refuses_what_it_cannot_install(runner, inputs, said):
    result = runner.run("Install dedupe", **{"python": sys.executable, **inputs})
    assert result.returncode == 2
    assert f"::error title=dedupe::The input {said}" in result.stdout or said in result.stdout
    assert not (runner.workspace / "pwned").exists()


# --- the hook of pre-commit -------------------------------------------------------------------


def test_the_hook_stops_a_commit_that_adds_a_duplicate(tmp_path, checkout):
    """Real pre-commit, in a real repository: it installs the project and runs at each commit."""
    pre_commit = Path(sys.executable).with_name("pre-commit")
    if not pre_commit.exists():
        pytest.skip("pre-commit is not installed")
    folder = tmp_path / "repository"
    (folder / "articles").mkdir(parents=True)
    revision = run_git(checkout, "rev-parse", "HEAD").stdout.strip()
    hook = {"id": "dedupe-check", "args": ["articles", "--baseline", BASELINE]}
    settings = {"repos": [{"repo": str(checkout), "rev": revision, "hooks": [hook]}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(settings))
    environment = {"PRE_COMMIT_HOME": str(tmp_path / "home"), **QUICK_INSTALL}
    run_git(folder, "init", "--quiet", "--initial-branch=main")

    def commit(*names: str) -> subprocess.CompletedProcess[str]:
        for name in names:
            shutil.copy(ARTICLES / name, folder / "articles")
        run_git(folder, "add", "--all")
        return run_git(folder, "commit", "--message", "articles", **environment)

    installed = subprocess.run(
        [pre_commit, "install", "--install-hooks"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=git_environment(**environment),
        timeout=600,
    )
    if installed.returncode:
        skip_without_index(installed.stdout + installed.stderr)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    [command] = (tmp_path / "home").glob("repo*/py_env-*/bin/dedupe")
    (folder / "articles/first.txt").write_text("A first article, of which there is no copy.\n")
    subprocess.run(
        [command, "check", "articles", "--baseline", BASELINE, "--update-baseline", "--quiet"],
        cwd=folder,
        check=True,
        capture_output=True,
        env=git_environment(**environment),
    )
    first = commit(ORIGINAL)
    assert first.returncode == 0, first.stderr
    assert "dedupe check" in first.stdout + first.stderr
    stopped = commit(REPRINT)
    assert stopped.returncode == 1
    told = stopped.stdout + stopped.stderr
    assert ORIGINAL in told
    assert REPRINT in told
    assert "exit code: 1" in told
    assert run_git(folder, "log", "--oneline").stdout.count("\n") == 1


def test_the_hook_sees_the_whole_corpus():
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["pass_filenames"] is False
    assert hook["require_serial"] is True
    assert hook["entry"] == "dedupe check"


# --- the documentation ------------------------------------------------------------------------

CI_PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(each) for each in re.findall(r"```yaml\n(.*?)```", CI_PAGE, re.DOTALL)]


def test_the_examples_name_what_there_is():
    workflow, pipeline, hooks = EXAMPLES
    steps = workflow["jobs"]["duplicates"]["steps"]
    [inputs] = [step["with"] for step in steps if "dedupe@" in step.get("uses", "")]
    assert set(inputs) <= set(ACTION["inputs"])
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    [used] = hooks["repos"][0]["hooks"]
    assert used["id"] in {hook["id"] for hook in offered}
    reports = pipeline["duplicates"]["artifacts"]["reports"]
    assert {name: format_of_name(file) for name, file in reports.items()} == {
        "codequality": "gitlab",
        "junit": "junit",
    }
    told = set(re.findall(r"^\| (`.*?) \|", CI_PAGE, re.MULTILINE))
    named = {name for cell in told for name in re.findall(r"`([a-z-]+)`", cell)}
    assert {*ACTION["inputs"], *ACTION["outputs"]} <= named


def test_the_example_for_gitlab_runs(runner):
    runner.add(REPRINT)
    [job] = [each["duplicates"] for each in EXAMPLES if "duplicates" in each]
    [check] = [line for line in job["script"] if line.startswith("dedupe ")]
    scripts = runner.temporary / "dedupe-environment" / "bin"
    environment = clean_environment(PATH=f"{scripts}{os.pathsep}{os.environ['PATH']}")

    def run(line: str, code: int) -> None:
        result = subprocess.run(
            ["bash", "-c", line], cwd=runner.workspace, check=False, env=environment
        )
        assert result.returncode == code

    run(f"{check} --update-baseline", 0)
    runner.add("typos_retyped.txt")
    run(check, 1)
    reports = job["artifacts"]["reports"]
    [finding] = json.loads((runner.workspace / reports["codequality"]).read_text(encoding="utf-8"))
    assert finding["check_name"] == "dedupe-near"
    assert "<failure" in (runner.workspace / reports["junit"]).read_text(encoding="utf-8")
    assert finding["location"]["path"].startswith("articles/typos")
    assert finding["location"]["lines"] == {"begin": 1}
    assert {"description", "fingerprint", "severity"} <= set(finding)


def test_the_page_tells_the_whole_verdict():
    fields = {*Verdict.__struct_fields__, *NewDuplicate.__struct_fields__}
    fields |= {*GoneDocument.__struct_fields__, *GateLimits.__struct_fields__}
    fields |= {
        "verdict_version",
        "since",
        "baseline",
        "file",
        "is_updated",
        "added_count",
        "removed_count",
        "warnings",
    }
    for field in fields:
        assert f"`{field}`" in CI_PAGE or f"`{field}[]`" in CI_PAGE, field


def test_the_page_shows_a_real_baseline(runner):
    [shown] = re.findall(r"```text\n(dedupe-baseline.*?)```", CI_PAGE, re.DOTALL)
    runner.add(*(f"library-hours_{number}.txt" for number in (1, 2, 3)))
    arguments = "--update-baseline\n--quiet"
    result = runner.run(CHECK, paths="articles", baseline=BASELINE, arguments=arguments)
    assert result.returncode == 0, result.stderr
    written = (runner.workspace / BASELINE).read_text(encoding="utf-8").splitlines()
    lines = [line for line in shown.splitlines() if line != "…"]
    assert [line for line in written if line in lines] == lines
