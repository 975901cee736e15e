"""CaseRun: what the results of running a program on many cases have in common."""

from __future__ import annotations

from ntkproofs.truth import NoTruthValue

__all__ = ["CaseRun"]


class CaseRun(NoTruthValue):
    """The result of running a program on `cases` of `total` cases (None: not known yet), in `seconds`.

    `seed`: that of a sample of the inputs; None if these are all inputs.
    """

    instead = ".holds"

    total: int | None
    cases: int
    seed: int | None
    seconds: float

    @property
    def sampled(self) -> bool:
        """Whether the cases are a sample of the inputs."""
        return self.seed is not None

    @property
    def complete(self) -> bool:
        """Whether all cases are done: all inputs, or the whole sample."""
        return self.cases == self.total

    @property
    def holds(self) -> bool:
        """Whether all cases are done and right."""
        raise NotImplementedError

    @property
    def steps(self) -> int:
        """The number of steps of each case."""
        raise NotImplementedError

    @property
    def states(self) -> int:
        """The number of states to which a step was applied."""
        return self.cases * self.steps

    @property
    def cases_per_second(self) -> float:
        """The number of cases per second."""
        return self.cases / self.seconds if self.seconds else 0.0
