"""Random programs, states and counts, and reference implementations that share no code with the package."""

import warnings
from fractions import Fraction
from itertools import product

import mpmath
from hypothesis import strategies as st

from ntkproofs.counts import Counts
from ntkproofs.programs import DuplicateTemplate, TemplateProgram

NAMES = ("a", "b", "out")


@st.composite
def programs(draw, *, most_templates=8, most_padding=4, least_templates=1):
    """Draw a program over one to three small fields, with constants, templates that write nothing, and duplicates."""
    widths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    fields = dict(zip(NAMES, widths, strict=False))
    bits = [(field, index) for field, width in fields.items() for index in range(width)]
    rule = st.tuples(
        st.dictionaries(st.sampled_from(bits), st.integers(0, 1), max_size=2),
        st.lists(st.sampled_from(bits), max_size=2, unique=True),
    )
    rules = draw(st.lists(rule, min_size=least_templates, max_size=most_templates))
    program = TemplateProgram("random", fields=fields)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DuplicateTemplate)
        for when, write in rules:
            program.template(when=when, write=write)
    program.pad(draw(st.integers(0, most_padding)))
    return program


@st.composite
def programs_and_states(draw, **options):
    """Draw a program and one of its states."""
    program = draw(programs(**options))
    state = {
        field: draw(st.lists(st.integers(0, 1), min_size=width, max_size=width))
        for field, width in program.fields.items()
    }
    return program, state


@st.composite
def possible_counts(draw, *, most_samples=12):
    """Draw possible counts (n, p, t, K): p of the n matching samples and t - p of the others are writers; n >= 1."""
    samples = draw(st.integers(1, most_samples))
    matches = draw(st.integers(1, samples))
    matched_writers = draw(st.integers(0, matches))
    others = draw(st.integers(0, samples - matches))
    return Counts(matches, matched_writers, matched_writers + others, samples)


def all_counts(most_samples):
    """Yield all possible counts with n >= 1 and at most `most_samples` samples."""
    for samples in range(1, most_samples + 1):
        for matches in range(1, samples + 1):
            for matched_writers, others in product(range(matches + 1), range(samples - matches + 1)):
                yield Counts(matches, matched_writers, matched_writers + others, samples)


def all_states(program):
    """Yield all states of a small program."""
    for values in product((0, 1), repeat=program.output_bits):
        rest = iter(values)
        yield {field: [next(rest) for _ in range(width)] for field, width in program.fields.items()}


def naive_match(program, state):
    """Return the indices of the matching templates, one bit at a time."""
    return [
        index
        for index, template in enumerate(program.templates)
        if all(state[field][position] == value for (field, position), value in template.when)
    ]


def naive_step(program, state):
    """Return the OR of what the matching templates write."""
    after = {field: [0] * width for field, width in program.fields.items()}
    for index in naive_match(program, state):
        for field, position in program.templates[index].write:
            after[field][position] = 1
    return after


def naive_counts(program, state):
    """Return the counts of every bit, one bit at a time."""
    matching = naive_match(program, state)
    counts = {}
    for field, width in program.fields.items():
        for position in range(width):
            writers = [i for i, template in enumerate(program.templates) if (field, position) in template.write]
            matched = [i for i in writers if i in matching]
            counts[field, position] = Counts(len(matching), len(matched), len(writers), program.samples)
    return counts


# --- the trained network from explicit vectors, in mpmath, by the formulas of the literature


def _inner(x, y):
    return mpmath.fsum(a * b for a, b in zip(x, y, strict=True))


def nngp(x, y):
    """K(x, x') = |x||x'| / (2 pi n0) (sin theta + (pi - theta) cos theta)."""
    size = mpmath.sqrt(_inner(x, x) * _inner(y, y))
    cosine = max(mpmath.mpf(-1), min(mpmath.mpf(1), _inner(x, y) / size))
    theta = mpmath.acos(cosine)
    return size / (2 * mpmath.pi * len(x)) * (mpmath.sin(theta) + (mpmath.pi - theta) * cosine)


def ntk(x, y):
    """Theta(x, x') = K(x, x') + x.x' / n0 (pi - theta) / (2 pi)."""
    size = mpmath.sqrt(_inner(x, x) * _inner(y, y))
    cosine = max(mpmath.mpf(-1), min(mpmath.mpf(1), _inner(x, y) / size))
    return nngp(x, y) + _inner(x, y) / len(x) * (mpmath.pi - mpmath.acos(cosine)) / (2 * mpmath.pi)


TRAINED = {"ntk": ntk, "nngp": nngp}


def encoded(matches, samples):
    """Return the encoded state that the first `matches` samples match, a unit vector."""
    return [1 / mpmath.sqrt(matches) if index < matches else mpmath.mpf(0) for index in range(samples)]


def dense_weights(regime, matches, samples, left=None):
    """Return a = (I - E) Theta(X, X)^-1 Theta(X, x) by a dense linear solve over the basis vectors.

    `left`: the matrix E, what remains of the initial errors, as a function of the Gram matrix with own entry 1.
    """
    theta = TRAINED[regime]
    basis = [[mpmath.mpf(i == j) for j in range(samples)] for i in range(samples)]
    gram = mpmath.matrix([[theta(u, v) for v in basis] for u in basis])
    state = encoded(matches, samples)
    right = mpmath.matrix([theta(u, state) for u in basis])
    solution = mpmath.lu_solve(gram, right)
    return solution if left is None else solution - left(gram / gram[0, 0]) * solution


def flow(time):
    """Return ``exp(-time G)`` as a function of G, by mpmath's matrix exponential."""
    return lambda gram: mpmath.expm(-gram * mpmath.mpf(time.numerator) / time.denominator)


def descent(steps, step):
    """Return ``(I - step G)^steps`` as a function of G, by repeated multiplication."""

    def left(gram):
        once = mpmath.eye(gram.rows) - gram * mpmath.mpf(step.numerator) / step.denominator
        result = mpmath.eye(gram.rows)
        for _ in range(steps):
            result = once * result
        return result

    return left


def dense_mean(weights, counts):
    """Return a^T y for targets with p ones among the matching samples and t - p among the others."""
    n, p, t = counts.matches, counts.matched_writers, counts.writers
    writers = [*range(p), *range(n, n + t - p)]
    return mpmath.fsum(weights[index] for index in writers)


def dense_variance(regime, matches, samples, left=None):
    """Return K(x, x) + a^T K(X, X) a - 2 a^T K(X, x)."""
    weights = dense_weights(regime, matches, samples, left)
    basis = [[mpmath.mpf(i == j) for j in range(samples)] for i in range(samples)]
    state = encoded(matches, samples)
    quadratic = mpmath.fsum(
        weights[i] * weights[j] * nngp(basis[i], basis[j]) for i in range(samples) for j in range(samples)
    )
    cross = mpmath.fsum(weights[i] * nngp(basis[i], state) for i in range(samples))
    return nngp(state, state) + quadratic - 2 * cross


def as_exact(number):
    """Return the exact value of an mpmath number as a fraction."""
    sign, mantissa, exponent, _ = number._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
