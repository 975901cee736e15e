"""Issue certificates about streams: an ensemble that is right in every run, whatever arrives at the ports.

The claim is about arbitrary states. A clock begins at a state that the inputs so far determine, so the clocks of all
sequences of T inputs of b bits begin at no more than ``2^b + ... + 2^(Tb)`` states, which the union bound counts. The
values at the ports may depend on earlier answers of the network, since all sequences are covered together.
"""

from __future__ import annotations

from typing import Any

from ntkproofs.certificates.format import Certificate
from ntkproofs.certificates.issue import Run, checked, program_json, requirement, source_entry, training_entry
from ntkproofs.certificates.source import SourceClaim
from ntkproofs.kernels import KernelLike, two_layer_name
from ntkproofs.programs import Stream
from ntkproofs.training_time import CONVERGED, TrainingTime
from ntkproofs.validation import integer

__all__ = ["beginnings", "issue_stream"]


def issue_stream(
    stream: Stream,
    *,
    failure: Any,
    clocks: int,
    threshold: str = "best",
    tail: str = "gaussian",
    drop_unwritten: bool = False,
    kernel: KernelLike = "ntk",
    networks: int | None = None,
    source: SourceClaim | None = None,
    by_class: bool = True,
    at: TrainingTime = CONVERGED,
) -> Certificate:
    """Certify the least number of networks whose average executes every sequence of `clocks` inputs correctly.

    With probability at least 1 - failure, for all sequences simultaneously. Other parameters and errors as for
    :func:`ntkproofs.certificates.issue_ensemble`.

    >>> from ntkproofs.programs import TemplateProgram
    >>> program = TemplateProgram("delay", fields={"now": 1, "before": 1})
    >>> program.template(when={("now", 0): 1}, write=[("before", 0)])
    >>> program.template(when={("before", 0): 1}, write=[])
    >>> delay = Stream(program, ("now",), 1, (("before", 0),), lambda state, now: (None, now))
    >>> certificate = issue_stream(delay, failure="1/1000", clocks=30, drop_unwritten=True)
    >>> certificate.claim["networks"], certificate.claim["inputs"]["clocks"]
    (2, 30)
    """
    program, kernel = stream.program, two_layer_name(kernel)
    run = Run(program, tuple(range(program.output_bits)), (), stream.period)
    length = integer(clocks, "clocks", low=1)
    claimed, required = requirement(
        run,
        failure=failure,
        inputs=beginnings(stream.input_bits, length, program.output_bits),
        threshold=threshold,
        states="arbitrary",
        tail=tail,
        drop_unwritten=drop_unwritten,
        kernel=kernel,
        by_class=by_class,
        at=at,
    )
    size = required.size(0) if networks is None else required.exactly(0, networks)
    start = program.row(stream.start())
    claim = {
        "kind": "ensemble",
        "kernel": kernel,
        "program": program_json(program),
        "states": claimed.value,
        "inputs": {
            "clocks": length,
            "ones": [position for position, bit in enumerate(start) if bit],
            "ports": list(stream.input_positions),
        },
        "steps": stream.period,
        "failure": str(required.failure),
        "threshold": str(size.threshold),
        "networks": size.networks,
        "drop_unwritten": drop_unwritten,
    }
    return checked(claim | training_entry(at) | source_entry(source), claimed.evidence)


def beginnings(ports: int, clocks: int, bits: int) -> int:
    """Return an upper bound of the number of states at which clocks of all sequences begin."""
    if ports * clocks >= bits:
        return 1 << bits
    return sum(1 << ports * clock for clock in range(1, clocks + 1))
