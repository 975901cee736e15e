"""Time to issue certificates and to check them in a separate process; each case has a limit in seconds for the sum.

pytest benchmarks/test_certificates.py --benchmark-columns=median,rounds
"""

import subprocess
import sys
import time

import pytest

from ntkproofs import checker
from ntkproofs.certificates import ample_padding, issue_ensemble, issue_network, write
from ntkproofs.programs import addition_task, multiplication_task, permutation_task

CASES = {
    "addition-64": (lambda: addition_task(64), "", 2),
    "addition-1024": (lambda: addition_task(1024), "", 30),
    "multiplication-64-padded": (lambda: padded(multiplication_task(64)), "arbitrary", 10),
    "multiplication-8-reachable": (lambda: multiplication_task(8), "reachable", 10),
}


def padded(task):
    task.program.pad(ample_padding(task.program))
    return task


@pytest.mark.parametrize("name", CASES)
def test_certify_and_verify(benchmark, tmp_path, name):
    make, states, limit = CASES[name]
    path = tmp_path / "certificate.json"

    def issue():
        checker._atan.cache_clear()
        certificate = issue_ensemble(make(), failure="1/1000000", states=states)
        write(certificate, path)
        return certificate

    certificate = benchmark.pedantic(issue, rounds=2)
    issuing = benchmark.stats.stats.median
    start = time.perf_counter()
    result = subprocess.run([sys.executable, "-I", "-S", checker.__file__, path], capture_output=True, check=False)
    checking = time.perf_counter() - start
    assert result.returncode == 0
    assert issuing + checking < limit
    assert checking < 10 * issuing + 0.2
    assert len(certificate.data) < 10**6
    benchmark.extra_info |= {
        "networks": str(certificate.networks),
        "bytes": len(certificate.data),
        "seconds to issue": round(issuing, 3),
        "seconds to check": round(checking, 3),
    }
    print(f"\n{name}: {benchmark.extra_info}")


@pytest.mark.parametrize("trained", ["output", "all"])
@pytest.mark.parametrize(("task", "bits"), [(permutation_task, 10), (permutation_task, 64), (addition_task, 3)])
def test_certify_and_verify_one_finite_network(benchmark, tmp_path, task, bits, trained):
    path, run = tmp_path / "certificate.json", task(range(bits)) if task is permutation_task else task(bits)
    certificate = benchmark.pedantic(lambda: issue_network(run, failure="1/100", trained=trained), rounds=2)
    write(certificate, path)
    start = time.perf_counter()
    result = subprocess.run([sys.executable, "-I", "-S", checker.__file__, path], capture_output=True, check=False)
    checking = time.perf_counter() - start
    assert result.returncode == 0
    assert benchmark.stats.stats.median < 10
    assert checking < 5
    benchmark.extra_info |= {"width": certificate.claim["width"], "seconds to check": round(checking, 3)}
    print(f"\n{run.program.name}-{bits}-{trained}: {benchmark.extra_info}")
