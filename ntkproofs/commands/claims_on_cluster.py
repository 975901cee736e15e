"""Claims on the workers of a cluster, for ``ntkproofs check --cluster``: each in a fresh process there.

A worker gets all files of the folders of the claim files, because claims read theories and data beside them. A claim
runs there as it does here, in a child process of its own with a time limit, and what comes back is the data that the
parent accepts from its own child processes. An engine that a worker lacks leaves its findings undecided.
"""

from __future__ import annotations

import base64
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from ntkproofs.claims.claim import ListedClaim
from ntkproofs.commands.on_cluster import write_inside
from ntkproofs.errors import InputError
from ntkproofs.execution.cluster import Cluster, ClusterLost
from ntkproofs.files import read_file
from ntkproofs.processes import ChildResult, end_with_parent, run_children

__all__ = ["cluster_children", "run_claim", "serve"]

MAX_BYTES = 1 << 26  # of the files of all folders
MAX_FILES = 10_000
GRACE = 60.0  # seconds for the start and the end of a process, beside the time limit of its claim

_LOCK = threading.Lock()


def cluster_children(
    address: str, claims: Sequence[ListedClaim], listed: Mapping[Path, tuple[str, dict[str, str]]], seconds: float
) -> Generator[ChildResult, None, None]:
    """Yield the results of claims, in order, as :func:`~ntkproofs.processes.run_children` does for child processes.

    `listed`: the digests of the claim files and their helpers.
    """
    folders = list(dict.fromkeys(claim.file.parent for claim in claims))
    content = json.dumps({"folders": _contents(folders)}, sort_keys=True)
    arguments = {_argument(claim, folders, listed, seconds): None for claim in claims}
    waiting, results = list(arguments)[::-1], dict[str, ChildResult]()
    with Cluster(address) as cluster:
        for argument, text in cluster.calls(run_claim, content, iter(arguments)):
            results[argument] = _child(text, folders)
            while waiting and waiting[-1] in results:
                yield results.pop(waiting.pop())


def _contents(folders: Sequence[Path]) -> list[dict[str, str]]:
    """Return the files of folders by their names within them, in Base64."""
    result, size, number = [], 0, 0
    for folder in folders:
        contents: dict[str, str] = {}
        for path in _files(folder):
            data = read_file(path, most=MAX_BYTES)
            size, number = size + len(data), number + 1
            if size > MAX_BYTES or number > MAX_FILES:
                raise InputError(
                    f"{folder}: claims on a cluster get all files of their folder, at most {MAX_FILES:,} of together "
                    f"{MAX_BYTES:,} bytes: put the claim files into a folder of their own"
                )
            contents[path.relative_to(folder).as_posix()] = base64.b64encode(data).decode("ascii")
        result.append(contents)
    return result


def _files(folder: Path) -> Iterator[Path]:
    """Yield the regular files in a folder and its folders; hidden ones and byte code are left out."""
    for root, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "__pycache__")
        for name in sorted(files):
            path = Path(root) / name
            if not name.startswith(".") and path.is_file():
                yield path


def _argument(
    claim: ListedClaim, folders: Sequence[Path], listed: Mapping[Path, tuple[str, dict[str, str]]], seconds: float
) -> str:
    texts = [claim.name, claim.statement, claim.source, claim.key]
    folder = folders.index(claim.file.parent)
    limit = None if math.isinf(seconds) else seconds
    return json.dumps([texts, folder, claim.file.name, listed.get(claim.file), limit])


def _child(text: str | None, folders: Sequence[Path]) -> ChildResult:
    """Return the result of a claim in the text that a worker returned."""
    if text is None:
        return ChildResult(None, "the workers that ran it ended again and again", "", 0.0)
    try:
        folder, answer, failure, output, milliseconds = json.loads(text)
        texts = [answer or "", failure, output]
        for index, own in enumerate(folders):  # the names of the files there
            there = f"{Path(folder) / str(index)}"
            texts = [item.replace(json.dumps(there)[1:-1], json.dumps(f"{own.resolve()}")[1:-1]) for item in texts]
        data = None if answer is None else texts[0].encode()
        return ChildResult(data, texts[1], texts[2], int(milliseconds) / 1000)
    except (TypeError, ValueError, AttributeError) as problem:
        raise ClusterLost("a worker returned no result of a claim") from problem


# --- on a worker


@lru_cache(maxsize=2)
def _unpacked(content: str) -> tempfile.TemporaryDirectory[str]:
    """Return a folder with the folders of a content, which are numbered."""
    result = tempfile.TemporaryDirectory(prefix="ntkproofs-", ignore_cleanup_errors=True)
    for index, files in enumerate(json.loads(content)["folders"]):
        for name, text in files.items():
            write_inside(Path(result.name).resolve() / str(index), name, base64.b64decode(text))
    return result


def run_claim(content: str, argument: str) -> str:
    """Run a claim in a new process; return its folder, answer, failure, output and milliseconds as JSON."""
    with _LOCK:
        folder = f"{Path(_unpacked(content).name).resolve()}"
    limit = json.loads(argument)[-1]
    start = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve()"
    done = subprocess.run(
        [sys.executable, "-c", start],
        input=json.dumps([folder, argument]).encode(),
        stdout=subprocess.PIPE,
        timeout=None if limit is None else limit + GRACE,
        check=False,
    )
    if done.returncode:
        return json.dumps([folder, None, f"its process ended with exit code {done.returncode}", "", 0])
    return done.stdout.decode()


def serve() -> None:
    """Read a folder and a claim from ``stdin``, run it in a child process, and write the result to ``stdout``."""
    end_with_parent()
    from ntkproofs.commands.check import use_one_thread

    use_one_thread()
    from ntkproofs.commands.workers import prepare, run_listed

    folder, argument = json.loads(sys.stdin.buffer.read())
    (name, statement, source, key), index, file, listed, limit = json.loads(argument)
    claim = ListedClaim(name, statement, source, Path(folder) / str(index) / file, key)
    prepare()
    work: Any = partial(run_listed, claim, None if listed is None else tuple(listed))
    (child,) = run_children([work], jobs=1, seconds=math.inf if limit is None else limit)
    answer = None if child.answer is None else child.answer.decode("utf-8", "backslashreplace")
    print(json.dumps([folder, answer, child.failure, child.output, round(child.seconds * 1000)]))
