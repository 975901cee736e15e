"""Graph algorithms (of the sequel, and of our own): searches and floods on graphs, rounding, sizes of data sets.

Breadth-first search has rules of this project's own (:mod:`ntkproofs.programs.breadth_first`). Flooding through a pipe
is as published (:mod:`ntkproofs.programs.piped_flooding`). The sizes of the published data sets cannot be decided here,
since the data sets are not part of this repository: claims about them compare formulas with the counts in
``data/graph_data_sets.csv``, whose origin is stated in ``data/README.md``.
"""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import TypeAlias

import sympy
from _graphs import distances, random_edges

from ntkproofs.bounds import contrast_positive, excess_positive, matches_outweigh, rounding_condition
from ntkproofs.claims import Verdict, claim, conclude, confirm, decide, derive
from ntkproofs.counts import bound_matches
from ntkproofs.execution import Machine
from ntkproofs.facts import Fact
from ntkproofs.kernels import REGIMES, Kernel, two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, WRITERS
from ntkproofs.programs import Graph, PipedNetwork, Rows, Search, breadth_first, piped_flooding
from ntkproofs.programs.graphs import path, star
from ntkproofs.rigor import Integers, less

OWN = "rules of this project, on graphs as in arXiv 2601.23207"
PUBLISHED = "arXiv 2601.23207: message flooding"
COMMENTS = "comments in the code published with arXiv 2601.23207"
DATA = Path(__file__).parent / "data" / "graph_data_sets.csv"
SEED = 20260131
DEGREE = 3
SIZES = [(bits, number) for bits in range(1, 9) for number in range(1, 7)]
n, p, t = MATCHES, MATCHED_WRITERS, WRITERS
l, d = sympy.symbols("l d", positive=True, integer=True)
B, D, more, fewer, slack, spare, rest = sympy.symbols("B D more fewer slack spare rest")

Step: TypeAlias = Callable[[Rows], Rows]
Formula: TypeAlias = Callable[[int, int], int]  # of the largest degree D and the number of bits l


# --- breadth-first search


@claim(
    "breadth-first search with distances of l = 1..8 bits and d = 1..6 slots: 2 d + 3 l + 1 samples, 2 d + 2 l + 1 "
    "output bits, at most 2 writers of a bit, and l + d + 2 is the largest number of templates that match one state",
    source=OWN,
)
def search_counts() -> Verdict:
    def check(case: tuple[int, int]) -> bool:
        bits, slots = case
        program = breadth_first(bits, slots).program
        ones = dict.fromkeys(("neighbours", "parent"), 2**slots - 1)
        full = program.state(waiting=1, distance=2**bits - 1, **ones)
        return (
            program.samples == 2 * slots + 3 * bits + 1
            and program.output_bits == 2 * slots + 2 * bits + 1
            and int(program.writers.max()) == 2
            and bound_matches(program).bound == bits + slots + 2 == len(program.match(full))
        )

    return conclude(confirm("every l and d", SIZES, check, exhaustive=True))


@claim(
    "breadth-first search, for all l and d, with K = 2 d + 3 l + 1 samples and no padding: the sign of the mean is the "
    "next bit wherever t <= 2 and n <= l + d + 2, so at every bit of every state ({regime})",
    source=OWN,
    each={"regime": REGIMES},
)
def search_rounds(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    K = 2 * d + 3 * l + 1
    quantities = {more: p - 1, fewer: 2 - t, slack: l + d + 2 - n, rest: l - 1, l: l, d: d, n: n, t: t}
    quantities |= {B: kernel.balance(n), D: kernel.contrast, spare: kernel.contrast - 2}
    # p (K + D) - t (n - B) = (p - 1) (K + D) + 2 (l + d + 2 - n) + (2 - t) n + (l - 1) + (D - 2) + t B
    terms = more * (K + D) + 2 * slack + fewer * n + rest + spare + t * B
    return conclude(*_positive_means(kernel, K, quantities, terms))


def _positive_means(kernel: Kernel, K: sympy.Expr, quantities: dict, terms: sympy.Expr) -> Iterator[Fact]:
    """Yield what proves that a mean is positive wherever p >= 1, and not positive where p = 0."""
    balance_positive = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    yield derive(
        rounding_condition(kernel, K=K),
        quantities,
        terms,
        positive=(spare,) if spare in quantities else (D,),
        findings=[balance_positive],
    )
    yield balance_positive
    yield decide(*contrast_positive(kernel))
    yield decide(*excess_positive(kernel))
    yield decide(*matches_outweigh(kernel))  # 0-bits


@claim(
    "paths of 1 to 8 nodes, stars of 1 to 3 leaves, 30 random graphs of degree at most 3, all nodes executed by the "
    "predictor: a node at distance r of the source is reached in round r, from the first of its slots that leads to "
    "distance r - 1, and l rounds later its distance field is r, to the end ({regime})",
    source=OWN,
    each={"regime": REGIMES},
)
def searches(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    return conclude(
        confirm(
            "paths of 1 to 8 nodes and stars of 1 to 3 leaves, and 30 random graphs of up to 16 nodes; random sources",
            _graphs(Random(SEED)),
            lambda case: _searches(*case, kernel),
            exhaustive=False,
            seed=SEED,
        )
    )


def _graphs(source: Random) -> Iterator[tuple[Graph, Random]]:
    shapes = [(nodes, path(nodes)) for nodes in range(1, 9)] + [(leaves + 1, star(leaves)) for leaves in range(1, 4)]
    shapes += [(nodes, random_edges(nodes, DEGREE, source)) for nodes in (source.randint(2, 16) for _ in range(30))]
    for nodes, edges in shapes:
        yield Graph(nodes, edges), source


def _searches(graph: Graph, source: Random, kernel: Kernel) -> bool:
    bits, root = graph.nodes.bit_length(), source.randrange(graph.nodes)
    search = Search(breadth_first(bits, DEGREE), graph, root)
    away = distances(graph.nodes, graph.edges, [root])
    parents = [next((v for v in near if away[v] < away[u]), None) for u, near in enumerate(graph.neighbours)]
    step = _predictor(Machine(search.stream.program, kernel))
    for number, known in enumerate(search.run(graph.nodes + bits, step=step), 1):
        for u, reached in enumerate(known):
            if (reached is not None) != (away[u] <= number):
                return False
            if reached is not None and reached.parent != parents[u]:
                return False
            if number >= away[u] + bits and reached != (away[u], parents[u]):
                return False
    return True


def _predictor(machine: Machine) -> Step:
    return lambda rows: machine.step_rows(rows)[0]


# --- flooding as published


@claim(
    "flooding through a pipe, messages of l = 1..8 bits, degree at most D = 1..6, S = D^2 + 1: l (1 + 4 S) samples, "
    "as many output bits, at most 2 writers of a bit, and l (1 + 3 S) is the largest number of templates that match "
    "one state",
    source=PUBLISHED,
)
def pipe_counts() -> Verdict:
    def check(case: tuple[int, int]) -> bool:
        bits, degree = case
        program, slots = piped_flooding(bits, degree).program, degree**2 + 1
        full = program.state(**{field: 2**width - 1 for field, width in program.fields.items()})
        return (
            program.samples == program.output_bits == bits * (1 + 4 * slots)
            and int(program.writers.max()) == 2
            and bound_matches(program).bound == bits * (1 + 3 * slots) == len(program.match(full))
        )

    return conclude(confirm("every l and D", SIZES, check, exhaustive=True))


@claim(
    "flooding through a pipe, for all l and all D >= 2, with K = l (1 + 4 S) samples, S = D^2 + 1, and no padding: the "
    "sign of the mean is the next bit wherever t <= 2 and n <= l (S + D + 3) ({regime})",
    source=PUBLISHED,
    each={"regime": REGIMES},
)
def pipe_rounds(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    slots = (2 + d) ** 2 + 1  # d = D - 2
    K = l * (1 + 4 * slots)
    beyond = sympy.Symbol("beyond", nonnegative=True, integer=True)
    K, slots = K.subs(d, beyond), slots.subs(d, beyond)
    quantities = {more: p - 1, fewer: 2 - t, slack: l * (slots + 5 + beyond) - n, l: l, beyond: beyond, n: n, t: t}
    quantities |= {B: kernel.balance(n), D: kernel.contrast}
    # K - 2 l (S + D + 3) = l (2 D^2 - 2 D - 3) = l (1 + 6 (D - 2) + 2 (D - 2)^2)
    terms = more * (sympy.expand(K) + D) + 2 * slack + l * (1 + 6 * beyond + 2 * beyond**2) + fewer * n + D + t * B
    return conclude(*_positive_means(kernel, K, quantities, terms))


@claim(
    "paths of 1 to 8 nodes, stars of 1 to 3 leaves, 30 random graphs of degree at most 3, random messages, all nodes "
    "executed by the predictor, D = 3, S = 10: a node knows a bit after s steps iff s is at least the length of a path "
    "from a node that had it, where to leave a node in slot c takes S + 3 - c steps; n <= l (S + D + 3) ({regime})",
    source=PUBLISHED,
    each={"regime": REGIMES},
)
def pipe_floods(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    return conclude(
        confirm(
            "paths of 1 to 8 nodes and stars of 1 to 3 leaves, and 30 random graphs of up to 16 nodes; random messages",
            _graphs(Random(SEED)),
            lambda case: _floods(*case, kernel),
            exhaustive=False,
            seed=SEED,
        )
    )


def _floods(graph: Graph, source: Random, kernel: Kernel) -> bool:
    bits = source.randint(1, 3)
    network = PipedNetwork(bits, DEGREE, graph)
    messages = [source.getrandbits(bits) & source.getrandbits(bits) for _ in range(graph.nodes)]
    costs = [network.slots + 3 - colour for colour in graph.colours]
    sources = [[u for u, message in enumerate(messages) if message >> i & 1] for i in range(bits)]
    away = [distances(graph.nodes, graph.edges, nodes, costs) for nodes in sources]
    program, most = network.stream.program, 0
    machine = Machine(program, kernel)

    def step(rows: Rows) -> Rows:
        nonlocal most
        most = max(most, int(program.match_rows(rows).sum(axis=1).max()))
        return machine.step_rows(rows)[0]

    last = max((int(r) for each in away for r in each if r < float("inf")), default=0)
    for number, known in enumerate(network.run(messages, steps=last + network.slots, step=step)):
        if any((message >> i & 1) != (away[i][u] <= number) for u, message in enumerate(known) for i in range(bits)):
            return False
    return most <= bits * (network.slots + DEGREE + 3)


# --- sizes of the published data sets, as counted


INSTRUCTIONS: dict[str, Formula] = {
    "flooding": lambda D, l: l * (1 + 4 * (D**2 + 1)),
    "breadth-first": lambda D, l: (
        24 * D**3 * l + 6 * D**3 + 33 * D**2 * l + 9 * D**2 + 65 * D * l + 17 * D + 57 * l + 15
    ),
    "depth-first": lambda D, l: 18 * D**3 * l + 6 * D**3 + 31 * D**2 * l + 9 * D**2 + 49 * D * l + 20 * D + 51 * l + 14,
    "bellman-ford": lambda D, l: 30 * D**3 * l + 31 * D**2 * l + 9 * D**2 + 59 * D * l + 16 * D + 55 * l + 14,
}
STATE_BITS: dict[str, Formula] = {
    "breadth-first": lambda D, l: (
        32 * D**3 * l + 8 * D**3 + 38 * D**2 * l + 11 * D**2 + 84 * D * l + 22 * D + 58 * l + 18
    ),
    "depth-first": lambda D, l: (
        24 * D**3 * l + 8 * D**3 + 35 * D**2 * l + 11 * D**2 + 63 * D * l + 25 * D + 52 * l + 19
    ),
    "bellman-ford": lambda D, l: 52 * D**2 * l + 7 * D**2 + 38 * D * l + 2 * D + 113 * l + 21,
}


def _rows(algorithm: str) -> list[dict[str, int]]:
    """Return the counts of an algorithm's data sets, from the table."""
    with DATA.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row.pop("algorithm") == algorithm]
    return [{name: int(value) for name, value in row.items()} for row in rows]


def _counted(algorithm: str, column: str, formula: Formula) -> Fact:
    """Confirm that a column of the table has the value of a formula in every row of the algorithm."""
    return confirm(
        f"{algorithm}, the sizes (D, l) in the table",
        _rows(algorithm),
        lambda row: row[column] == formula(row["degree"], row["bits"]),
        exhaustive=True,
    )


@claim(
    "the comment's number of instructions is the counted one for breadth-first search, at all sizes in the table "
    "(D = 1..4, l = 1..4), and so is the published l (1 + 4 S) for flooding, S = D^2 + 1",
    source=COMMENTS,
)
def instructions_as_stated() -> Verdict:
    names = ("breadth-first", "flooding")
    return conclude(*(_counted(name, "instructions", INSTRUCTIONS[name]) for name in names))


@claim(
    "the comment's number of instructions for depth-first search is 2 less than the counted one, at all sizes in the "
    "table (D = 1..4, l = 1..3)",
    source=COMMENTS,
)
def depth_first_instructions() -> Verdict:
    return conclude(_counted("depth-first", "instructions", lambda D, l: INSTRUCTIONS["depth-first"](D, l) + 2))


@claim(
    "the comment's number of instructions for Bellman-Ford is above the counted one at all sizes in the table "
    "(D = 1..4, l = 1..3), which is 44 D^2 l + 5 D^2 + 33 D l + 2 D + 100 l + 18",
    source=COMMENTS,
)
def bellman_ford_instructions() -> Verdict:
    return conclude(
        confirm(
            "bellman-ford, the sizes (D, l) in the table",
            _rows("bellman-ford"),
            lambda row: row["instructions"] < INSTRUCTIONS["bellman-ford"](row["degree"], row["bits"]),
            exhaustive=True,
        ),
        _counted(
            "bellman-ford",
            "instructions",
            lambda D, l: 44 * D**2 * l + 5 * D**2 + 33 * D * l + 2 * D + 100 * l + 18,
        ),
    )


@claim(
    "the comments' numbers of bits of a state are the counted ones for breadth-first search, depth-first search and "
    "Bellman-Ford, at all sizes in the table",
    source=COMMENTS,
)
def bits_as_stated() -> Verdict:
    return conclude(*(_counted(name, "state_bits", formula) for name, formula in STATE_BITS.items()))


@claim(
    "at all sizes in the table, the Bellman-Ford data set has (D^2 + 1) (l - 1) instructions that repeat an earlier "
    "one and 2 that write nothing; those of the other algorithms have none of either kind",
    source="the published data sets, as counted",
)
def repeated_instructions() -> Verdict:
    facts = [
        _counted("bellman-ford", "duplicates", lambda D, l: (D**2 + 1) * (l - 1)),
        _counted("bellman-ford", "writing_nothing", lambda D, l: 2),
    ]
    for name in ("flooding", "breadth-first", "depth-first"):
        facts += [_counted(name, column, lambda D, l: 0) for column in ("duplicates", "writing_nothing")]
    return conclude(*facts)
