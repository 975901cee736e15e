"""exhaust and check on the workers of a Dask cluster: a real scheduler and workers, one of which is killed."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from ntkproofs.cli import main
from tests.clusters import small_cluster

pytest.importorskip("distributed")

SLOW = """\
import os, time
from ntkproofs.programs import addition_task, Task
from helper import LOG, plane_sum

class Slow:
    def __call__(self, p, q):
        return p + q

    def planes(self, inputs):
        with open(LOG, "a") as log:
            log.write(f"{os.getpid()} {''.join('1' if plane[0] & 1 else '0' for plane in inputs[::-1])}\\n")
        time.sleep(0.05)
        return plane_sum(inputs)

def task():
    adding = addition_task(bits=10)
    return Task(adding.program, adding.inputs, adding.steps, adding.output, Slow())
"""

HELPER = """\
import numpy as np
LOG = {log!r}

def plane_sum(inputs):
    bits = len(inputs) // 2
    carry = np.zeros_like(inputs[0])
    result = []
    for p, q in zip(inputs[:bits], inputs[bits:]):
        result.append(p ^ q ^ carry)
        carry = p & q | carry & (p ^ q)
    return np.stack(result)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with small_cluster(tmp_path_factory.mktemp("cluster"), workers=2) as running:
        yield running


def run(*words):
    """Run the command line; return its exit code, its document (None if there is none) and its standard error."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main([*map(str, words), "--json"])
    return code, json.loads(out.getvalue() or "null"), err.getvalue()


def timeless(document):
    return {name: value for name, value in document.items() if name not in ("seconds", "cases_per_second")}


def test_the_result_is_that_of_one_computer(cluster):
    words = ("exhaust", "multiplication", "--bits", "6")
    code, there, _ = run(*words, "--cluster", cluster.address)
    assert (code, there["complete"], there["cases"]) == (0, True, 4096)
    assert timeless(there) == timeless(run(*words)[1])
