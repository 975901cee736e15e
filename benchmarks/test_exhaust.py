"""Cases per second of the bit-sliced engine, compared with the dense machine and with the word operations alone.

    pytest benchmarks --benchmark-columns=median,rounds

The ``extra_info`` of each benchmark (in ``--benchmark-json``, and printed) contains the ratios of that run.
"""

import os
import resource
import time

import numpy as np
import pytest
import straight_line_c

from ntkproofs.execution import Machine, exhaust
from ntkproofs.execution.bitsliced import SlicedProgram, StateBlock
from ntkproofs.programs import addition_task, multiplication_task, permutation_task

CASES = {
    "addition-10": (lambda: addition_task(10), False),
    "addition-10-counted": (lambda: addition_task(10), True),
    "addition-12": (lambda: addition_task(12), False),
    "multiplication-8-counted": (lambda: multiplication_task(8), True),
    "multiplication-10-counted": (lambda: multiplication_task(10), True),
    "permutation-20-counted": (lambda: permutation_task(range(19, -1, -1)), True),
}


@pytest.mark.parametrize("name", CASES)
def test_cases_per_second(benchmark, name):
    make, condition = CASES[name]
    task = make()
    result = benchmark.pedantic(lambda: exhaust(task, condition=condition), rounds=3, warmup_rounds=1)
    assert result.holds
    speed = result.cases / benchmark.stats.stats.median
    dense, words = dense_cases_per_second(task), word_operations_per_second(task)
    benchmark.extra_info |= {
        "cases per second": round(speed),
        "times the dense machine": round(speed / dense, 1),
        "fraction of the speed of the word operations alone": round(speed / words, 3),
    }
    print(f"\n{name}: {benchmark.extra_info}")


def dense_cases_per_second(task) -> float:
    """Return the speed of the dense machine, executed by the predictor, on a batch of random inputs."""
    source = np.random.default_rng(0)
    rows = np.stack(
        [
            task.program.row(task.start(*(int(source.integers(0, 1 << width)) for width in task.input_widths)))
            for _ in range(256)
        ]
    )
    machine = Machine(task.program)
    machine.step_rows(rows)
    start = time.perf_counter()
    for _ in range(task.steps):
        rows, _ = machine.step_rows(rows)
    return len(rows) / (time.perf_counter() - start)


def word_operations_per_second(task) -> float:
    """Return the speed of the ANDs and ORs of the template logic alone, on one core, with all data in the cache."""
    block = StateBlock(SlicedProgram(task.program), words=512)
    block.step()
    start = time.perf_counter()
    for _ in range(50 * task.steps):
        block.step()
    return 50 * 512 * 64 / (time.perf_counter() - start)


COMPARED = {
    "multiplication-10-counted": (lambda: multiplication_task(10), 1.0),
    "addition-16-counted": (lambda: addition_task(16), 2.0**-10),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPARED)
def test_engines_and_straight_line_c(name, tmp_path):
    """The time of all cases, counted, on all cores; times cores, divided by that of straight-line C on one."""
    make, sample = COMPARED[name]
    task, cores = make(), os.cpu_count() or 1
    bound = straight_line_c.seconds_for_all_cases(task, tmp_path, sample)
    start, used = time.perf_counter(), _processor_seconds()
    assert exhaust(task, engine="compiled").holds
    seconds, used = time.perf_counter() - start, _processor_seconds() - used
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ratio = "no gcc" if bound is None else f"{used / bound:.2f} x straight-line C on one core ({bound:.2f} s)"
    print(f"\n{name}: {seconds:.2f} s on {cores} cores, {used:.2f} s of processor time: {ratio}; {memory >> 10} MiB")
    assert memory < 1 << 20


def _processor_seconds():
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
