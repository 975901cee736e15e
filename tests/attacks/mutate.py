"""Mutation testing of the checker: every mutant must be noticed by the battery, or be explained.

    python tests/attacks/mutate.py [--number N | --all] [--seed S] [--jobs J] [--part NAME]

prints how many mutants of each kind the battery notices, and every one that it does not: the explained ones stand in
`explained_mutants.toml`, each with the reason why it makes no false statement come out as true. The exit code is 1 if a
mutant survives without an explanation, or if an explanation is stale (no such mutant, or one that is noticed).
Mutants run in forked children with a limit of processor time and memory; no child outlives the parent's call.

The checker has parts whose mutants are asked other facts: those of the rules for one finite network
(``battery_network``), those for networks all of whose layers are trained (``battery_all_layers``), and all the rest.
"""

from __future__ import annotations

import argparse
import ast
import gc
import os
import resource
import selectors
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import battery
import battery_bounds
import battery_certificates
import battery_counts
import battery_inequalities
import battery_intervals
import battery_limits
import battery_series
from battery import Fact
from battery_all_layers import ALL_LAYERS_FACTS
from battery_averages import AVERAGE_FACTS
from battery_network import NETWORK_FACTS
from mutants import TEXT, Mutant, module_from, mutants_of, sample

from ntkproofs import checker

EXPLAINED = Path(__file__).with_name("explained_mutants.toml")
BATTERIES = (
    battery_intervals,
    battery_bounds,
    battery_counts,
    battery_limits,
    battery_inequalities,
    battery_series,
    battery_certificates,
)
SLOWER, LEAST = 3, 2.0  # times the processor time of the checker itself; seconds
MEMORY = 1 << 30  # bytes that a mutant may take beyond what the process has


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: the fact that it breaks, or None if it survives."""

    mutant: Mutant
    broken: str | None


# --- parts of the checker


def _lines(first: str, last: str) -> range:
    """Return the numbers of the lines from one heading, or line that begins so, to another."""
    lines = TEXT.splitlines()

    def place(words: str) -> int:
        found = [n for n, line in enumerate(lines, 1) if line.startswith(words) or line.endswith(f"-- {words}")]
        (number,) = found
        return number

    return range(place(first), place(last))


CLAIMS = _lines("class Network:", "inequalities")
PATHS = (_lines("def all_layers_words(", "def output_layer("), _lines("def all_layers(", "def descent_of("))
PARTS: dict[str, tuple[list[Fact], tuple[range, ...]]] = {
    "all layers": (ALL_LAYERS_FACTS, (_lines("finite networks, all layers", "counting states"), *PATHS)),
    "networks": (
        [*NETWORK_FACTS, *AVERAGE_FACTS[1:]],
        (_lines("finite networks", "finite networks, all layers"), _lines("counting states", "claims"), CLAIMS),
    ),
}
REST = "rest"


def part_of(mutant: Mutant) -> str:
    """Return the name of the part that a mutant lies in."""
    return next((name for name, (_, lines) in PARTS.items() if any(mutant.line in range_ for range_ in lines)), REST)


def facts_of(part: str) -> list[Fact]:
    """Return the facts that the mutants of a part are asked."""
    return battery.FACTS if part == REST else PARTS[part][0]


# --- explanations


@dataclass(frozen=True)
class Explanation:
    """Why some mutants may survive."""

    reason: str
    names: tuple[str, ...]


def explanations(path: Path = EXPLAINED) -> list[Explanation]:
    """Read the file of explained mutants; raises ValueError if one is named twice or a reason is empty."""
    groups = tomllib.loads(path.read_text("utf-8"))["group"]
    result = [Explanation(group["reason"], tuple(group["mutants"])) for group in groups]
    names = Counter(name for each in result for name in each.names)
    twice = [name for name, times in names.items() if times > 1]
    if twice or any(len(each.reason.split()) < 4 for each in result):
        raise ValueError(f"a mutant explained twice, or a reason of no words: {twice}")
    return result


def problems(outcomes: Iterable[Outcome], names: Iterable[str], mutants: Iterable[Mutant]) -> list[str]:
    """Return what is wrong: survivors that are not explained, explanations of what is noticed or is no mutant."""
    explained, known = set(names), {mutant.name for mutant in mutants}
    result = [f"stale, no such mutant: {name}" for name in sorted(explained - known)]
    for outcome in outcomes:
        name, line = outcome.mutant.name, outcome.mutant.line
        if outcome.broken is None and name not in explained:
            result.append(f"survives without an explanation, line {line}: {name}")
        if outcome.broken is not None and name in explained:
            result.append(f"stale, it is noticed ({outcome.broken}): {name}")
    return result


# --- running


def survey(
    mutants: Sequence[Mutant], tree: ast.Module, *, jobs: int = 1, report: Callable[[Outcome], None] | None = None
) -> list[Outcome]:
    """Ask the facts of its part about every mutant, each in a forked child; `report` is called with each outcome.

    Raises AssertionError if the checker itself fails.
    """
    limits = {part: max(LEAST, SLOWER * _usual(part)) for part in {part_of(mutant) for mutant in mutants}}
    waiting, result = list(reversed(mutants)), []
    lately: dict[str, str] = {}
    selector = selectors.DefaultSelector()
    children: dict[int, tuple[Mutant, bytes]] = {}
    gc.collect()
    gc.freeze()  # so that children share the memory
    try:
        while waiting or children:
            while waiting and len(children) < jobs:
                mutant = waiting.pop()
                facts = _ordered(facts_of(part_of(mutant)), lately.get(mutant.function, ""))
                child, pipe = _fork(mutant, tree, facts, limits[part_of(mutant)])
                children[child] = (mutant, b"")
                selector.register(pipe, selectors.EVENT_READ, child)
            for key, _ in selector.select():
                mutant, text = children[key.data]
                received = os.read(key.fd, 4096)
                children[key.data] = (mutant, text + received)
                if not received:
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    result.append(_outcome(key.data, *children.pop(key.data)))
                    lately[mutant.function] = result[-1].broken or lately.get(mutant.function, "")
                    if report is not None:
                        report(result[-1])
    finally:
        for child in children:  # none, unless this call was interrupted
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        selector.close()
        gc.unfreeze()
    return result


def _ordered(facts: Sequence[Fact], broken: str) -> list[Fact]:
    """Return the facts, first the one that a mutant of the same function broke lately."""
    return sorted(facts, key=lambda fact: not broken.startswith(f"{fact.__name__}:"))


def _usual(part: str) -> float:
    """Return the processor time that the facts of a part take of the checker itself, which must pass them."""
    for _ in range(2):  # the first time prepares the expectations
        start = time.process_time()
        wrong = battery.first_wrong(module_from(TEXT), facts_of(part))
        if wrong is not None:
            raise AssertionError(f"the checker itself does not pass the battery: {wrong}")
    return time.process_time() - start


def _fork(mutant: Mutant, tree: ast.Module, facts: Sequence[Fact], limit: float) -> tuple[int, int]:
    """Start a child that writes which fact the mutant breaks, or nothing; return its id and the pipe to read from."""
    pipe, end = os.pipe()
    child = os.fork()
    if child:
        os.close(end)
        return child, pipe
    try:
        _bound(limit)
        try:
            broken = battery.first_wrong(module_from(mutant.applied(tree)), facts)
        except BaseException as problem:  # also what ends a process
            broken = f"the module is not made: {type(problem).__name__}"
        os.write(end, b"survives" if broken is None else broken.encode("ascii", "replace")[:4000])
    finally:
        os._exit(0)


def _bound(limit: float) -> None:
    """Bound the processor time and the memory of this process; beyond the time the system ends it."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, limit)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    statm = Path("/proc/self/statm")
    if statm.exists():
        used = int(statm.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def _outcome(child: int, mutant: Mutant, text: bytes) -> Outcome:
    _, status = os.waitpid(child, 0)
    if not text:
        return Outcome(mutant, f"no answer: signal {os.WTERMSIG(status)}")  # mostly SIGPROF: it takes too long
    return Outcome(mutant, None if text == b"survives" else text.decode("ascii"))


# --- the command


def table(outcomes: Sequence[Outcome]) -> str:
    """Return how many mutants of each kind are noticed and survive."""
    noticed = Counter(outcome.mutant.kind for outcome in outcomes if outcome.broken is not None)
    survive = Counter(outcome.mutant.kind for outcome in outcomes if outcome.broken is None)
    rows = [f"{'kind':12}{'noticed':>10}{'survive':>10}"]
    rows += [f"{kind:12}{noticed[kind]:10,}{survive[kind]:10,}" for kind in sorted({*noticed, *survive})]
    return "\n".join([*rows, f"{'all':12}{noticed.total():10,}{survive.total():10,}"])


def _progress(outcome: Outcome) -> None:
    """Show survivors as they come."""
    if outcome.broken is None:
        print(f"survives: {outcome.mutant.name}", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run mutants, print the table, the survivors and the problems; 1 if there are any."""
    parser = argparse.ArgumentParser(description=f"Mutants of {checker.__name__}, each against the battery.")
    parser.add_argument("--number", type=int, default=200, help="how many are sampled")
    parser.add_argument("--all", action="store_true", help="all mutants instead of a sample")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--part", choices=[*PARTS, REST], help="the mutants of one part of the checker only")
    parser.add_argument("--facts", action="store_true", help="show which fact each mutant breaks")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    tree, mutants = mutants_of(TEXT)
    mine = [mutant for mutant in mutants if options.part in (None, part_of(mutant))]
    chosen = mine if options.all else sample(mine, options.number, options.seed)
    outcomes = survey(chosen, tree, jobs=options.jobs, report=_progress)
    reasons = {name: each.reason for each in explanations() for name in each.names}
    print(table(outcomes))
    for outcome in outcomes:
        if outcome.broken is None:
            reason = reasons.get(outcome.mutant.name, "NOT EXPLAINED")
            print(f"survives, line {outcome.mutant.line}: {outcome.mutant.name}\n    {reason}")
        elif options.facts:
            print(f"noticed, line {outcome.mutant.line}: {outcome.mutant.name}\n    {outcome.broken}")
    wrong = problems(outcomes, reasons, mutants)
    print("\n".join(wrong) or f"every survivor is explained ({len(reasons)} explained mutants)")
    print(f"{len(outcomes):,} of {len(mutants):,} mutants in {time.perf_counter() - start:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
