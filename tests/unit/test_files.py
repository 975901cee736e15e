"""``-o`` replaces a regular file in one step, writes through links, pipes and devices, and refuses the rest."""

import contextlib
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ntkproofs.cli import main
from ntkproofs.errors import InputError
from ntkproofs.files import check_writable, write_atomically

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = ROOT / "tests" / "claims" / "true_claims.py"
AS_ROOT = os.geteuid() == 0
CERTIFY = ("certify", "addition", "--bits", "2", "--failure", "0.1", "-o")
WRITERS = {"certify": CERTIFY, "report": ("report", str(CLAIMS), "-o")}


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_new_file_has_the_permissions_of_new_files(tmp_path):
    mask = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", b"new")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
def test_a_replaced_file_keeps_its_permissions(tmp_path, mode):
    goal = tmp_path / "a"
    goal.write_bytes(b"old and longer")
    goal.chmod(mode)
    before = goal.stat().st_ino
    write_atomically(goal, b"new")
    assert (goal.read_bytes(), stat.S_IMODE(goal.stat().st_mode)) == (b"new", mode)
    assert goal.stat().st_ino != before  # replaced in one step
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_a_link_and_its_target_is_written(tmp_path, there):
    (tmp_path / "real").mkdir()
    target, first, second = tmp_path / "real" / "file", tmp_path / "link", tmp_path / "link to link"
    if there:
        target.write_bytes(b"old")
        target.chmod(0o600)
    first.symlink_to(Path("real") / "file")
    second.symlink_to(first)
    write_atomically(second, b"new")
    assert first.is_symlink()
    assert second.is_symlink()
    assert target.read_bytes() == b"new"
    assert not there or stat.S_IMODE(target.stat().st_mode) == 0o600
    assert names(tmp_path / "real") == ["file"]


def test_a_file_with_two_names_keeps_both(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"old and longer")
    os.link(one, other)
    write_atomically(one, b"new")
    assert one.read_bytes() == other.read_bytes() == b"new"
    assert one.samefile(other)


def test_a_pipe_is_written_through(tmp_path):
    pipe, read = tmp_path / "pipe.svg", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, b"through")
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == ["pipe.svg"]


def test_devices_are_written_to():
    write_atomically("/dev/null", b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(InputError, match="/dev/full cannot be written: No space left on device"):
        write_atomically("/dev/full", b"too much")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_a_terminal_is_written_to():
    import pty

    master, slave = pty.openpty()
    write_atomically(os.ttyname(slave), b"shown")
    assert os.read(master, 100) == b"shown"
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("through", [">out", "| cat >out", ">>out"])
def test_standard_output_is_written_in_place(tmp_path, name, through):
    (tmp_path / "out").write_text("first\n" if through == ">>out" else "")
    code = f"import ntkproofs.files as f; print('a'); f.write_atomically({name!r}, b'whole\\n'); print('z')"
    line = f'"{sys.executable}" -c "{code}" {through}; echo last >>out'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, check=True, timeout=60)
    first = "first\n" if through == ">>out" else ""
    assert (tmp_path / "out").read_text() == f"{first}a\nwhole\nz\nlast\n"
    assert names(tmp_path) == ["out"]


def refused_goals(folder: Path) -> dict[str, str]:
    """Return goals that are refused, with the reason."""
    (folder / "folder").mkdir()
    (folder / "file").write_bytes(b"old")
    (folder / "read-only").write_bytes(b"old")
    (folder / "read-only").chmod(0o444)
    (folder / "loop").symlink_to("loop")
    (folder / "to folder").symlink_to("folder")
    (folder / "nowhere").symlink_to("missing/file")
    goals = {
        "": "it does not name a file",
        f"{folder}/folder": "it is a folder",
        f"{folder}/new/": "it does not name a file",
        f"{folder}/to folder": "it is a folder",
        f"{folder}/missing/file": f"there is no folder {folder}/missing",
        f"{folder}/nowhere": f"there is no folder {folder}/missing",
        f"{folder}/file/below": "Not a directory",
        f"{folder}/loop": "Too many levels of symbolic links",
        f"{folder}/read-only": "it is read-only",
        f"{folder}/{'x' * 300}": "File name too long",
        f"{folder}/nul\0": "embedded null byte",
    }
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"{folder}/s")
        goals[f"{folder}/s"] = "it is neither a file, a pipe nor a character device"
    return goals


def test_unwritable_targets_are_refused_and_unchanged(tmp_path):
    goals = refused_goals(tmp_path)
    before = names(tmp_path)
    for goal, reason in goals.items():
        for function in (lambda: write_atomically(goal, b"new"), lambda: check_writable(goal)):  # noqa: B023
            with pytest.raises(InputError) as caught:
                function()
            assert str(caught.value) == f"{goal} cannot be written: {reason}"
    assert names(tmp_path) == before
    assert (tmp_path / "read-only").read_bytes() == b"old"


@pytest.mark.skipif(AS_ROOT, reason="root may write anywhere")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="is read-only"):
        check_writable(tmp_path / "a")


@pytest.mark.parametrize("command", WRITERS)
def test_commands_refuse_before_the_work(capsys, tmp_path, monkeypatch, command):
    goals = {goal: reason for goal, reason in refused_goals(tmp_path).items() if "\0" not in goal and goal}
    monkeypatch.setattr("ntkproofs.commands.check.run_check", lambda *_: pytest.fail("worked first"))
    monkeypatch.setattr("ntkproofs.certificates.issue_ensemble", lambda *_, **__: pytest.fail("worked first"))
    for goal, reason in goals.items():
        assert main([*WRITERS[command], goal]) == 3
        captured = capsys.readouterr()
        assert captured.out == ""
        assert f"cannot be written: {reason}" in captured.err


def test_a_figure_is_refused_before_it_is_drawn(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("ntkproofs.report.plots.svg._rendered", lambda *_: pytest.fail("drawn first"))
    (tmp_path / "folder.svg").mkdir()
    for goal, reason in (("folder.svg", "it is a folder"), ("no/a.svg", f"there is no folder {tmp_path}/no")):
        assert main(["plot", "balance", "-o", str(tmp_path / goal)]) == 3
        assert capsys.readouterr().err == f"ntkproofs: {tmp_path / goal} cannot be written: {reason}\n"


def test_a_certificate_goes_through_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    line = f'"{sys.executable}" -m ntkproofs {" ".join(CERTIFY)} {pipe} >out & cat {pipe} >copy; wait $!'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, check=False, timeout=120)
    assert done.returncode == 0
    assert main(["verify", str(tmp_path / "copy")]) == 0
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_accepted_certificate_with_a_misleading_name(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "a: rejected\nb.json"
    assert main([*CERTIFY, name]) == 0
    capsys.readouterr()
    assert main(["verify", name]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "'a: rejected\\nb.json': accepted"
