"""Time and peak memory at 100,000 templates: building, running one input, certifying, checking; and grouping.

    pytest benchmarks/test_scale.py -s
    python benchmarks/test_scale.py netlist 100000

Each program is measured in a process of its own: seconds of the processor, and the peak resident memory. The limits
that the tests assert are for one core: 60 s and 2 GiB to build, run and certify 100,000 templates, 20 s to check.
"""

import json
import random
import resource
import subprocess
import sys
import time

import pytest

CASES = {
    "netlist": [10_000, 50_000, 100_000],  # AND gates, one writer for each bit
    "rows": [1_024, 4_096, 65_536],  # pairwise contradictory rows of a table, one output bit each
    "table": [1_024, 4_096],  # the same rows, half of which write one bit: many values of t and p
    "balanced": [20_000, 100_000],  # gates that read one bit with both polarities
}


def netlist(gates: int):
    """Return a task: a random netlist of AND gates, whose 64 inputs are held by identity templates."""
    from ntkproofs.programs import Task, TemplateProgram

    source, inputs = random.Random(gates), [f"i{index}" for index in range(64)]
    names, depth = list(inputs), dict.fromkeys(inputs, 0)
    program = TemplateProgram("netlist", fields=dict.fromkeys([*inputs, *(f"g{index}" for index in range(gates))], 1))
    for name in inputs:
        program.template(when={(name, 0): 1}, write=[(name, 0)])
    for index in range(gates):
        pair, name = source.sample(names, 2), f"g{index}"
        program.template(when={(other, 0): source.getrandbits(1) for other in pair}, write=[(name, 0)])
        depth[name] = 1 + max(depth[other] for other in pair)
        names.append(name)
    output = tuple((name, 0) for name in names[-8:])
    return Task(program, tuple(inputs), max(depth.values()), output, lambda *_: 0)


def balanced(gates: int):
    """Return a task: gates that all read one of 4 selecting bits, and one of 64 inputs."""
    from ntkproofs.programs import Task, TemplateProgram

    source, inputs = random.Random(gates), [f"i{index}" for index in range(64)]
    program = TemplateProgram("balanced", fields=dict.fromkeys([*inputs, *(f"g{index}" for index in range(gates))], 1))
    for name in inputs:
        program.template(when={(name, 0): 1}, write=[(name, 0)])
    for index in range(gates):
        pair = [source.choice(inputs[:4]), source.choice(inputs[4:])]
        earlier = f"g{source.randrange(index)}" if index else "i5"
        bits = {(other, 0): source.getrandbits(1) for other in [*pair, earlier]}
        program.template(when=bits, write=[(f"g{index}", 0)])
    return Task(program, tuple(inputs), 2, ((f"g{gates - 1}", 0),), lambda *_: 0)


def rows(count: int, *, table: bool = False):
    """Return a task: every row of a table of log2(count) bits writes a bit, or half of the rows write the same bit."""
    from ntkproofs.programs import Task, TemplateProgram

    source, bits = random.Random(count), (count - 1).bit_length()
    program = TemplateProgram("rows", fields={"a": bits, "q": 8 if table else count})
    for row in range(count):
        written = {("q", source.randrange(8)) for _ in range(4)} if table else {("q", row)}
        program.template(when={("a", index): row >> index & 1 for index in range(bits)}, write=sorted(written))
    if table:
        program.pad(16 * count)
    return Task(program, ("a",), 1, (("q", 0),), lambda a: 0)


def measure(name: str, size: int) -> dict[str, float]:
    """Return the seconds of the processor for every stage, and the peak memory in MiB."""
    make = {
        "netlist": netlist,
        "balanced": balanced,
        "rows": rows,
        "table": lambda count: rows(count, table=True),
    }[name]
    result, seconds = {}, time.process_time()

    def done(stage: str) -> None:
        nonlocal seconds
        now = time.process_time()
        result[stage], seconds = round(now - seconds, 2), now
        print(f"{stage}: {result[stage]}", file=sys.stderr, flush=True)

    task = make(size)
    done("build")
    import numpy as np

    from ntkproofs import checker
    from ntkproofs.certificates import issue_ensemble
    from ntkproofs.certificates.format import Certificate
    from ntkproofs.counts import bound_matches
    from ntkproofs.execution import Machine

    state = task.start(*(index % 2 for index in range(len(task.inputs))))
    row = task.program.row(state)[None, :]
    for _ in range(task.steps):
        row = task.program.step_rows(row)
    done("run by templates")
    trace = Machine(task.program).run(state, steps=task.steps)
    done("run by the predictor")
    assert np.array_equal(task.program.row(trace.final), row[0])
    result["bound"] = bound_matches(task.program).bound
    done("group")
    certificate: Certificate = issue_ensemble(task, failure="1/1000000", states="arbitrary")
    done("certify (with a check)")
    result["networks"] = certificate.networks
    result["megabytes"] = round(len(certificate.data) / 1e6, 2)
    code, text = checker.judge(certificate.data)
    done("check")
    assert code == checker.ACCEPTED, text
    result["MiB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return result


@pytest.mark.parametrize(("name", "size"), [(name, size) for name, sizes in CASES.items() for size in sizes])
def test_scale(name, size):
    output = subprocess.run([sys.executable, __file__, name, str(size)], capture_output=True, check=True).stdout
    result = json.loads(output)
    print(f"\n{name} {size:,}: {result}")
    if size <= 100_000:
        assert sum(value for key, value in result.items() if key in STAGES) < 60
        assert result["check"] < 20
        assert result["MiB"] < 2048


STAGES = ("build", "run by templates", "run by the predictor", "certify (with a check)")

if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
