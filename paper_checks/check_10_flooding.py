"""Message flooding on graphs (the simplest program of the sequel), compared with breadth-first search."""

from collections.abc import Iterator
from random import Random

import sympy
from _graphs import distances, random_edges

from ntkproofs.bounds import contrast_positive, excess_positive, gap_increases, matches_outweigh, rounding_condition
from ntkproofs.claims import Verdict, claim, conclude, confirm, decide, derive
from ntkproofs.counts import bound_matches
from ntkproofs.execution import Machine, RoundingFailure
from ntkproofs.kernels import REGIMES, Kernel, two_layer_relu
from ntkproofs.predictor import MATCHED_WRITERS, MATCHES, WRITERS
from ntkproofs.programs import Network, flooding
from ntkproofs.programs.flooding import path, star
from ntkproofs.rigor import Integers, less

SOURCE = "arXiv 2601.23207: message flooding; the templates of a node are this project's"
SEED = 20260130
DEGREE = 3
n, p, t = MATCHES, MATCHED_WRITERS, WRITERS


@claim(
    "messages of l = 1..8 bits, nodes with d = 1..6 slots: l (1 + 4 d) samples, l (1 + 3 d) output bits, at most "
    "max(4, 1 + d) writers of a bit, and l (1 + d) is the largest number of templates that match one state",
    source=SOURCE,
)
def counts() -> Verdict:
    def check(case: tuple[int, int]) -> bool:
        bits, slots = case
        program = flooding(bits, slots)
        full = program.state(**dict.fromkeys(program.fields, 2**bits - 1))
        return (
            program.samples == bits * (1 + 4 * slots)
            and program.output_bits == bits * (1 + 3 * slots)
            and int(program.writers.max()) == max(4, 1 + slots)
            and bound_matches(program).bound == bits * (1 + slots) == len(program.match(full))
        )

    cases = [(bits, slots) for bits in range(1, 9) for slots in range(1, 7)]
    return conclude(confirm("every l and d", cases, check, exhaustive=True))


# --- flooding against breadth-first search


@claim(
    "paths of 1 to 8 nodes, stars of 1 to 3 leaves, 30 random graphs of degree at most 3, random messages, all nodes "
    "executed by the predictor: a node at distance r from the nearest source of a bit knows it after s steps iff s >= "
    "2 r, and sends it once, at step 2 r + 1, to each neighbour at distance r or more ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def floods(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    return conclude(
        confirm(
            "paths of 1 to 8 nodes and stars of 1 to 3 leaves, and 30 random graphs of up to 16 nodes; random messages",
            _cases(),
            lambda case: _agrees_with_search(*case, kernel),
            exhaustive=False,
            seed=SEED,
        )
    )


def _cases() -> Iterator[tuple[Network, list[int]]]:
    """Yield networks with random messages, each bit 1 with probability 1/4, so that most bits have to be received."""
    source = Random(SEED)
    shapes = [(nodes, path(nodes)) for nodes in range(1, 9)] + [(leaves + 1, star(leaves)) for leaves in range(1, 4)]
    shapes += [(nodes, random_edges(nodes, DEGREE, source)) for nodes in (source.randint(2, 16) for _ in range(30))]
    for nodes, edges in shapes:
        bits = source.randint(1, 6)
        messages = [source.getrandbits(bits) & source.getrandbits(bits) for _ in range(nodes)]
        yield Network(flooding(bits, DEGREE), nodes, edges), messages


def _agrees_with_search(network: Network, messages: list[int], kernel: Kernel) -> bool:
    """Return whether every step of a run agrees with breadth-first search, and nothing is sent at the last step."""
    machine = Machine(network.program, kernel)
    bits = network.program.fields["message"]
    sources = [[u for u, message in enumerate(messages) if message >> i & 1] for i in range(bits)]
    away = [distances(network.nodes, network.edges, nodes) for nodes in sources]
    steps = 2 * network.nodes + 2
    run = network.run(messages, steps=steps, step=lambda rows: machine.step_rows(rows)[0])
    for step, rows in enumerate(run):
        known = [sum((2 * r[u] <= step) << i for i, r in enumerate(away)) for u in range(network.nodes)]
        sent = {
            (u, v): sum((step == 2 * r[u] + 1 and r[u] <= r[v]) << i for i, r in enumerate(away))
            for edge in network.edges
            for u, v in (edge, edge[::-1])
        }
        sent = {ends: number for ends, number in sent.items() if number}
        if network.known(rows) != known or network.sent(rows) != sent:
            return False
    return network.sent(rows) == {}


# --- padding


@claim(
    "for all l and d, with 3 l padding samples (K = 4 l (1 + d)): the sign of the mean is the next bit wherever t <= 4 "
    "and n <= l (1 + d), so at every bit of every state if d <= 3 ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def padding_enough(regime: str) -> Verdict:
    kernel = two_layer_relu(regime)
    l, d = sympy.symbols("l d", positive=True, integer=True)
    B, D, more, fewer, slack = sympy.symbols("B D more fewer slack")
    K = 4 * l * (1 + d)
    quantities = {more: p - 1, fewer: 4 - t, slack: l * (1 + d) - n} | {symbol: symbol for symbol in (n, t, l, d)}
    quantities |= {B: kernel.balance(n), D: kernel.contrast}
    balance_positive = decide(less(0, kernel.balance(n)), Integers(n, start=1))
    terms = more * (K + D) + 4 * slack + fewer * n + D + t * B
    return conclude(
        derive(rounding_condition(kernel, K=K), quantities, terms, positive=(D,), findings=[balance_positive]),
        balance_positive,
        decide(*contrast_positive(kernel)),
        decide(*excess_positive(kernel)),
        decide(*matches_outweigh(kernel)),  # 0-bits
    )


FIRST = {"ntk": 22, "nngp": 14}  # smallest l for which a node with three slots requires padding


@claim(
    "without padding, nodes with 3 slots, for all l: the rounding condition holds for all t <= 4 and n <= 4 l iff l <= "
    "21 (NTK), l <= 13 (NNGP); flooding a message of all ones from the centre of a star is executed for these l and "
    "refused for the next 20 ({regime})",
    source=SOURCE,
    each={"regime": REGIMES},
)
def padding_needed(regime: str) -> Verdict:
    kernel, first = two_layer_relu(regime), FIRST[regime]
    needs, provides = 4 * (n - kernel.balance(n)), 13 * n / 4 + kernel.contrast  # n = 4 l, K = 13 l, t = 4, p = 1
    return conclude(
        decide(less(needs, provides), Integers(n, start=1, stop=4 * (first - 1))),
        decide(*gap_increases(kernel)),
        decide(*matches_outweigh(kernel)),
        decide(less(provides, needs), Integers(n, start=4 * first)),
        confirm(
            "the star is refused, 20 values of l",
            range(first, first + 20),
            lambda l: _fails(l, kernel),
            exhaustive=True,
        ),
        confirm(
            "the star is executed, all smaller l", range(1, first), lambda l: not _fails(l, kernel), exhaustive=True
        ),
    )


def _fails(bits: int, kernel: Kernel) -> bool:
    """Return whether the machine refuses a step when a message of all ones floods from the centre of a star."""
    network = Network(flooding(bits, DEGREE), DEGREE + 1, star(DEGREE))
    machine = Machine(network.program, kernel)
    try:
        for _ in network.run([2**bits - 1, 0, 0, 0], steps=5, step=lambda rows: machine.step_rows(rows)[0]):
            pass
    except RoundingFailure:
        return True
    return False
