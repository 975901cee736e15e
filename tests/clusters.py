"""Small Dask clusters for tests: a scheduler and workers, each a process of its own on 127.0.0.1."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
QUIET = {"DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False", "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "10"}


def python(*arguments, output, **environment):
    """Start Python with the package on its path; its output goes to a file."""
    path = os.pathsep.join([f"{ROOT}", os.environ.get("PYTHONPATH", "")])
    with Path(output).open("wb") as stream:
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdout=stream,
            stderr=stream,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, **QUIET, **environment},
        )


class SmallCluster:
    """A scheduler, whose `address` it wrote to a file, and `workers` of one thread each."""

    def __init__(self, folder):
        self.folder, self.workers = folder, []
        file = folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file)
        self.scheduler = python("-m", "distributed.cli.dask_scheduler", *options, output=folder / "scheduler.log")
        deadline = time.monotonic() + 30
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        import json

        self.address = json.loads(file.read_text())["address"]

    def add_worker(self, **environment):
        """Start another worker, and return its process."""
        options = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", self.folder)
        log = self.folder / f"worker{len(self.workers)}.log"
        self.workers.append(
            python("-m", "distributed.cli.dask_worker", self.address, *options, output=log, **environment)
        )
        return self.workers[-1]

    def close(self):
        """Kill all processes."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextlib.contextmanager
def small_cluster(folder, workers):
    """A cluster with so many workers, within the context."""
    cluster = SmallCluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.close()
