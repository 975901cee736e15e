"""Steps per second of the SBN machine: 1,000 instructions on 16 words of 8 bits, executed by the predictor."""

from ntkproofs.execution import run_sbn
from ntkproofs.programs.sbn import Assembly, Instruction

WORDS = tuple(f"w{index}" for index in range(16))


def test_a_thousand_instructions(benchmark):
    # every word except w0 remains negative, so that every instruction branches and many templates match
    code = tuple(Instruction(0, 15 - index % 15, (index * 7 + 15) % 16) for index in range(16))
    program = Assembly(8, WORDS, (0, *(-1 for _ in WORDS[1:])), code)
    run = benchmark.pedantic(lambda: run_sbn(program, max_instructions=1000), rounds=3, warmup_rounds=1)
    assert (run.executed, run.steps) == (1000, 20_000)
    benchmark.extra_info["steps_per_second"] = round(run.steps / benchmark.stats["median"])
