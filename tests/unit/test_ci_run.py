"""``.ci/run`` fails where any of its commands fails: a copy of it, run with commands that do nothing but fail once."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "run"
COMMANDS = (
    "pip",
    "python",
    "ntkproofs",
    "ruff",
    "mypy",
    "sphinx-build",
    "pytest",
    "apt-get",
    "sudo",
    "coqc",
    "chromium",
)
STUB = """\
#!/bin/bash
[ "${0##*/} $1 $2" = "pip cache dir" ] && exit
echo "${0##*/} $*" >> "$LOG"
[ "$(wc -l < "$LOG")" -ne "$FAIL_AT" ]
"""
MAKES_ENVIRONMENTS = '#!/bin/bash\nmkdir -p "$3/bin" && touch "$3/bin/activate"\n'


@pytest.fixture
def run(tmp_path):
    """Return a function that runs the copy, its n-th command failing, and returns exit code, output and commands."""
    if not SCRIPT.exists() or shutil.which("bash") is None:
        pytest.skip("not in a checkout")
    folder = tmp_path / "copy" / ".ci"
    folder.mkdir(parents=True)
    shutil.copy(SCRIPT, folder / "run")
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    for name in (*COMMANDS, "python3"):
        (stubs / name).write_text(MAKES_ENVIRONMENTS if name == "python3" else STUB)
        (stubs / name).chmod(0o755)

    def one(fail_at: int) -> tuple[int, str, list[str]]:
        log = tmp_path / "log"
        log.write_text("")
        variables = {
            "PATH": f"{stubs}:/usr/bin:/bin",
            "LOG": str(log),
            "FAIL_AT": str(fail_at),
            "TMPDIR": str(tmp_path),
        }
        done = subprocess.run(
            ["bash", str(folder / "run")], env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout, log.read_text().splitlines()

    return one


def test_it_succeeds_and_runs_the_commands_of_the_readme(run):
    code, out, commands = run(0)
    assert code == 0
    assert len(commands) >= 14
    for line in ("pip install . && ntkproofs check", "pip install '.[test]' && pytest"):
        assert line in (ROOT / "README.md").read_text(encoding="utf-8")
        assert f"== {line}\n" in out


def test_it_fails_where_any_command_fails_and_stops_there(run):
    _, _, commands = run(0)
    for index in range(1, len(commands) + 1):
        code, _, called = run(index)
        assert code != 0, commands[index - 1]
        assert [line.split()[0] for line in called] == [line.split()[0] for line in commands[:index]]


def test_commands_of_a_step_are_joined_by_and_alone():
    steps = re.findall(r'^ *step "(.*)"$', SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(steps) >= 7
    assert not [line for line in steps if re.search(r";|\|\||\n|(?<!&)&(?!&)|\|(?!\|)", line)]
