"""What workers of a cluster run for ``ntkproofs exhaust --cluster``: some of the cases of a plan.

A worker gets the options of the command as text, and the contents of the files that they name: of ``FILE.py:NAME`` also
the files in its folder that it imports. It loads the program as this computer does, and compares the description of the
run with that of this computer, so that both run the same.
"""

from __future__ import annotations

import argparse
import base64
import json
import tempfile
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from ntkproofs.errors import InputError
from ntkproofs.files import read_file
from ntkproofs.objects import executed_files, names_object

if TYPE_CHECKING:
    from ntkproofs.execution.chunks import Plan
    from ntkproofs.execution.exhaust import Planned

__all__ = ["content_of", "planned_run", "run_cases"]

MAX_BYTES = 1 << 26  # of the files that are sent
FILES = ("program", "file", "regime")  # options whose value may name a file
NOT_SENT = ("cluster", "command", "json", "resume")

_LOCK = threading.Lock()  # oracles and the blocks that are kept need not be safe for threads


def planned_run(options: argparse.Namespace) -> Planned:
    """Return the plan of the run of a task, or of a program, that the options of ``exhaust`` describe."""
    from ntkproofs.commands.infinite import infinitely_wide
    from ntkproofs.commands.programs import given, load
    from ntkproofs.execution.exhaust import planned
    from ntkproofs.programs import Stream

    loaded = load(options, "exhaust")
    sample, seed = given(options, "sample", "--sample", low=1), given(options, "seed", "--seed", low=0)
    task = loaded.program if loaded.task is None else loaded.task
    if isinstance(task, Stream):
        raise InputError(f"{loaded.name} is a stream, of which all sequences are run on one computer")
    wide = infinitely_wide(options)
    return planned(
        task,
        sample=sample,
        seed=seed or 0,
        condition=options.condition,
        engine=options.engine,
        **wide.arguments,
    )


def content_of(options: argparse.Namespace) -> str:
    """Return what a worker needs for the run that the options describe, as JSON text.

    Raises InputError if a file cannot be read, or if the files have more than 64 MiB.
    """
    run = planned_run(options)
    texts: dict[str, Any] = {
        name: value
        for name, value in vars(options).items()
        if name not in NOT_SENT and (value is None or isinstance(value, str | bool))
    }
    texts["engine"] = run.begun.engine  # that of this computer, which the result names
    return json.dumps({"options": texts, "files": _files(texts), "job": run.job()}, sort_keys=True)


def _files(texts: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return for each option that names a file the contents of that file and of those that it imports."""
    result, size = dict[str, dict[str, str]](), 0
    for option in FILES:
        text = texts.get(option)
        if text is None:
            continue
        main = Path(text.rpartition(":")[0] if names_object(text) else text)
        if not main.is_file():
            continue
        paths = {main.name: main}
        for path in executed_files(text):
            paths[path.relative_to(main.resolve().parent).as_posix()] = path
        contents = {name: read_file(path, most=MAX_BYTES) for name, path in paths.items()}
        size += sum(map(len, contents.values()))
        if size > MAX_BYTES:
            raise InputError(f"{text}: files of more than {MAX_BYTES:,} bytes are not sent to a cluster")
        result[option] = {name: base64.b64encode(data).decode("ascii") for name, data in contents.items()}
    return result


# --- on a worker


def run_cases(content: str, argument: str) -> str:
    """Return the tally of the cases of an interval, ``[first, last + 1]`` in JSON, as JSON text."""
    from ntkproofs.execution.chunks import run_chunk
    from ntkproofs.execution.tally import tally_json

    chunk = range(*json.loads(argument))
    with _LOCK:
        plan = _prepared(content).plan
        return json.dumps(tally_json(plan.tally_of(chunk, run_chunk(plan, chunk)), plan.task.program))


@dataclass(frozen=True)
class _Prepared:
    """A plan, and the folder of the files from which it was made, which is removed with it."""

    plan: Plan
    folder: tempfile.TemporaryDirectory[str]


@lru_cache(maxsize=2)
def _prepared(content: str) -> _Prepared:
    """Return the plan that a content describes; raises InputError if it is not that of the computer that sent it."""
    data = json.loads(content)
    folder = tempfile.TemporaryDirectory(prefix="ntkproofs-", ignore_cleanup_errors=True)
    options = argparse.Namespace(**data["options"], refuse=_refuse)
    for option, files in data["files"].items():
        target = Path(folder.name) / option
        for name, text in files.items():
            write_inside(target, name, base64.b64decode(text))
        sent = data["options"][option]
        main, colon, key = sent.rpartition(":") if names_object(sent) else (sent, "", "")
        setattr(options, option, f"{target / Path(main).name}{colon}{key}")
    run = planned_run(options)
    job = json.loads(json.dumps(run.job()))
    different = [name for name in {**job, **data["job"]} if job.get(name) != data["job"].get(name)]
    if different:
        raise InputError(
            f"{options.program} is another run here: {', '.join(different)} differ from those where the run was begun "
            "(does the file read other files, or depend on the time?)"
        )
    return _Prepared(run.plan, folder)


def _refuse(message: str) -> NoReturn:
    raise InputError(message)


def write_inside(folder: Path, name: str, data: bytes) -> None:
    """Write a file with a relative name into a folder; raises InputError if the name leads out of it."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise InputError(f"{name!a} is no name of a file in a folder")
    target = folder.joinpath(*path.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
