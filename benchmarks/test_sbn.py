"""Speed of the SBN machine: 1,000 instructions on 16 words of 8 bits, every bit by the rigorous sign of its mean."""

from ntkproofs.execution import run_sbn
from ntkproofs.programs.sbn import Assembly, Instruction

WORDS = tuple(f"w{place}" for place in range(16))


def test_a_thousand_instructions(benchmark):
    # every word but w0 is -1 and stays negative, so every instruction branches, and memory is as full as it can be
    code = tuple(Instruction(0, 15 - place % 15, (place * 7 + 15) % 16) for place in range(16))
    program = Assembly(8, WORDS, (0, *(-1 for _ in WORDS[1:])), code)
    run = benchmark.pedantic(lambda: run_sbn(program, max_instructions=1000), rounds=3, warmup_rounds=1)
    assert (run.executed, run.steps) == (1000, 20_000)
    benchmark.extra_info["steps_per_second"] = round(run.steps / benchmark.stats["median"])
