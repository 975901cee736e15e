"""Which of the collected claims are evaluated: those of ``FILE::CLAIM``, those that match a text, and no slow ones.

A claim that is marked slow is evaluated only when it is asked for: by ``FILE::CLAIM``, or by the text ``slow``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ntkproofs.claims.claim import ListedClaim
from ntkproofs.claims.collect import matching_claims
from ntkproofs.claims.matching import Matching
from ntkproofs.errors import InputError

__all__ = ["Selection"]

MAX_NAMES = 20  # claims that a message lists


@dataclass(frozen=True)
class Selection:
    """The claims to evaluate.

    `paths`: files and folders; `names`: for each file (resolved) that was given as ``FILE::CLAIM`` only, the names of
    its claims, or of families of claims; `text`: that of ``-k``.
    """

    paths: tuple[Path, ...]
    names: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    text: str = ""

    @classmethod
    def of(cls, arguments: Iterable[str | Path], text: str = "") -> Selection:
        """Return the selection of paths and of ``FILE::CLAIM``.

        >>> selection = Selection.of(["checks", "mine.py::sum", "mine.py::product"])
        >>> [path.name for path in selection.paths], [sorted(names) for names in selection.names.values()]
        (['checks', 'mine.py'], [['product', 'sum']])
        """
        paths: dict[Path, None] = {}
        names: dict[Path, frozenset[str]] = {}
        whole: set[Path] = set()
        for argument in arguments:
            file, colons, name = f"{argument}".rpartition("::")
            if not colons or Path(argument).exists():
                paths[Path(argument)] = None
                whole.add(Path(argument).resolve())
                continue
            if not file or not name:
                raise InputError(f"{argument}: a claim of a file is named as FILE::CLAIM")
            paths[Path(file)] = None
            names[Path(file).resolve()] = names.get(Path(file).resolve(), frozenset()) | {name}
        return cls(tuple(paths), {file: chosen for file, chosen in names.items() if file not in whole}, text)

    def of_claims(self, claims: Sequence[ListedClaim]) -> tuple[list[ListedClaim], list[ListedClaim]]:
        """Return the claims to evaluate, and the slow ones that are not evaluated, as nobody asked for them.

        Raises InputError if a named claim does not exist, and if no claim is to be evaluated.
        """
        matching = [claim for claim in matching_claims(claims, self.text, self.paths) if self._is_named(claim)]
        self._demand_names(claims)
        asked = Matching.of(self.text).asks_for_slow
        left = [claim for claim in matching if claim.slow and not asked and not self._names(claim)]
        chosen = [claim for claim in matching if claim not in left]
        if not chosen:
            names = ", ".join(claim.name for claim in left[:MAX_NAMES])
            reason = f"all that match are slow, which run with -k slow or as FILE::CLAIM: {names}" if left else "none"
            raise InputError(f"no claim is to be evaluated: {reason}")
        return chosen, left

    def _names(self, claim: ListedClaim) -> frozenset[str]:
        """Return the names given for the file of a claim; empty if the whole file is selected."""
        return self.names.get(claim.file.resolve(), frozenset())

    def _is_named(self, claim: ListedClaim) -> bool:
        names = self._names(claim)
        return not names or claim.problem is not None or not names.isdisjoint(_own_names(claim))

    def _demand_names(self, claims: Sequence[ListedClaim]) -> None:
        """Raise InputError if a file has no claim of a name that was given for it."""
        for file, names in self.names.items():
            of_file = [claim for claim in claims if claim.file.resolve() == file]
            if any(claim.problem is not None for claim in of_file):
                continue  # the claim may be hidden by the problem, which is reported
            for name in sorted(names):
                if not any(name in _own_names(claim) for claim in of_file):
                    known = ", ".join(claim.key for claim in of_file[:MAX_NAMES])
                    raise InputError(f"{file.name} has no claim {name!r}; it has {known}")


def _own_names(claim: ListedClaim) -> set[str]:
    """Return the name of a claim in its file, and that of its family."""
    return {claim.key, claim.key.partition("[")[0]}
