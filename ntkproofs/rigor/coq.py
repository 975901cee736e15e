"""coq: what balls decided, proved again by Coq's kernel.

``prove(decisions, coqc=find_coqc())`` writes each decision that holds as a lemma (see ``lemmas``), closes it by the
tactic ``interval``, whose interval arithmetic is itself proved correct in Coq, and compiles. A lemma is ``proved`` if
coqc accepts its proof, the printed assumptions are all on the allow-list, and coqchk, which has no virtual machine,
accepts the compiled file; else it is ``open``, with the reason.

Many lemmas share a file, since printing assumptions takes seconds each time; what is printed for one holds for all in
its file. If one fails, all are tried without their proofs being kept, and those that fail are left out. What came of a
lemma is remembered in a cache, under the digest of its text, its proof and all that is installed of Coq. That it took
too long is remembered for this machine alone, and only if the machine had nothing else to do meanwhile: else the next
run tries again. So it does where the whole file met a limit.
"""

from __future__ import annotations

import json
import os
import platform
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ntkproofs.errors import InputError
from ntkproofs.rigor.audit import allowed, assumptions, locations
from ntkproofs.rigor.coqc import Coqc, compile_file, read_cache, run_began, stop_all, write_cache
from ntkproofs.rigor.coqc import Outcome as Compilation
from ntkproofs.rigor.decide import Decision
from ntkproofs.rigor.installed import fingerprint
from ntkproofs.rigor.lemmas import Lemma, export
from ntkproofs.rigor.recheck import recheck_files
from ntkproofs.truth import NoTruthValue

__all__ = ["Outcome", "Answer", "Settled", "emit", "prove", "settle", "tactic"]

Outcome: TypeAlias = Literal["proved", "open"]

EMITTER = 2  # changes when the text of a file does
BATCH = 48  # lemmas in one file
SECONDS = 20  # for one lemma
OVERHEAD = 120  # seconds for the rest of a file: loading, printing assumptions
MEMORY = 4096  # MiB
INSTALL = "Coq-Interval not found: apt-get install libcoq-interval libcoq-coquelicot"

PREAMBLE = """\
From Coq Require Import Reals Lra ZArith.
From Interval Require Import Tactic.
Open Scope R_scope.

Lemma less_by_difference : forall a b : R, 0 < b - a -> a < b.
Proof. intros a b H. lra. Qed.

Lemma at_most_by_difference : forall a b : R, 0 <= b - a -> a <= b.
Proof. intros a b H. lra. Qed.

Lemma reals_of_integers : forall a b n : Z, (a <= n <= b)%Z -> IZR a <= IZR n <= IZR b.
Proof. intros a b n [low high]. split; apply IZR_le; assumption. Qed.

(* The tactic knows atan, and neither acos nor asin. *)
Lemma acos_positive : forall e : R, 0 < e -> acos e = atan (sqrt (1 - e * e) / e).
Proof. intros e H. exact (acos_atan e H). Qed.

Lemma asin_inside : forall e : R, -1 < e < 1 -> asin e = atan (e / sqrt (1 - e * e)).
Proof. intros e H. exact (asin_atan e H). Qed.

Lemma acos_inside : forall e : R, -1 < e < 1 -> acos e = PI / 2 - atan (e / sqrt (1 - e * e)).
Proof. intros e H. rewrite acos_asin by lra. rewrite asin_inside by lra. reflexivity. Qed.

Ltac without_arcs close :=
  repeat match goal with
  | |- context [acos ?e] => rewrite (acos_positive e) by (without_arcs close; close)
  | |- context [acos ?e] => rewrite (acos_inside e) by (split; without_arcs close; close)
  | |- context [asin ?e] => rewrite (asin_inside e) by (split; without_arcs close; close)
  end.

Ltac defined close :=
  repeat match goal with |- _ /\\ _ => split end; without_arcs close; close.

Ltac differ close :=
  first [apply less_by_difference | apply at_most_by_difference]; without_arcs close; close.
"""


@dataclass(frozen=True)
class Settled(NoTruthValue):
    """What came of a lemma; `seconds` is its share of the time of its file, `assumptions` are full names.

    `kept`: it was settled by an earlier run, and read from the cache.
    """

    instead = '.outcome == "proved"'

    outcome: Outcome
    reason: str
    assumptions: tuple[str, ...]
    tactic: str
    seconds: float
    digest: str
    kept: bool = False


@dataclass(frozen=True)
class Answer(NoTruthValue):
    """What came of a decision: ``proved``, with what the proof assumes, or ``open``, with the reason."""

    instead = '.outcome == "proved"'

    decision: Decision
    outcome: Outcome
    reason: str
    assumptions: tuple[str, ...] = ()
    seconds: float = 0.0
    digest: str = ""


def prove(decisions: Iterable[Decision], *, coqc: Coqc, jobs: int = 1) -> list[Answer]:
    """Try to prove decisions in Coq, `jobs` files at a time, and return what came of each, in order.

    >>> import sympy
    >>> from ntkproofs.rigor import decide, less
    >>> prove([decide(less(sympy.pi, 3))], coqc=Coqc("/usr/bin/coqc", "8.16.1"))[0].reason
    'it was not decided that it holds'
    """
    decisions = list(decisions)
    written = [export(decision) for decision in decisions]
    found = settle([lemma for lemma in written if isinstance(lemma, Lemma)], coqc=coqc, jobs=jobs)
    proofs = []
    for decision, lemma in zip(decisions, written, strict=True):
        if isinstance(lemma, Lemma):
            it = found[lemma]
            proofs.append(Answer(decision, it.outcome, it.reason, it.assumptions, it.seconds, it.digest))
        else:
            proofs.append(Answer(decision, "open", lemma.reason))
    return proofs


def settle(
    lemmas: Iterable[Lemma],
    *,
    coqc: Coqc,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Lemma, Settled]:
    """Return what came of each lemma; `progress` is told how many are settled, of how many that no cache knew."""
    found: dict[Lemma, Settled] = {}
    tools = _tools(coqc)
    digests = {lemma: _digest(lemma, tools) for lemma in dict.fromkeys(lemmas)}
    for lemma, digest in digests.items():
        known = _remembered(lemma, digest)
        if known is not None:
            found[lemma] = known
    wanted = [lemma for lemma in digests if lemma not in found]
    if not wanted:
        return found
    jobs = max(1, min(jobs, len(wanted)))
    files = min(len(wanted), jobs * -(-len(wanted) // (jobs * BATCH)))
    batches = [wanted[place::files] for place in range(files)]
    halt = threading.Event()
    count = 0
    with ThreadPoolExecutor(jobs) as pool:
        try:
            running = [pool.submit(_Batch(coqc, digests, halt).settle, batch) for batch in batches]
            for future in as_completed(running):
                for lemma, settled, lasts in future.result():
                    found[lemma] = settled
                    count += 1
                    if lasts != "no":
                        write_cache(_cache_name(settled.digest, lasts), _document(settled))
                if progress is not None:
                    progress(count, len(wanted))
        except BaseException:  # interrupted: nothing is left running
            halt.set()
            stop_all()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return found


# --- text


def tactic(lemma: Lemma) -> str:
    """Return the tactic that closes the inequality of a lemma: settings of ``interval``, the cheap ones first.

    Precisions are always given, so that no machine floats are used.
    """
    return f"first [{' | '.join(_ways(lemma))}]"


def _ways(lemma: Lemma) -> list[str]:
    ways = ["interval with (i_prec 60)"]
    if lemma.unbounded:
        return ways  # no half of such a domain is smaller
    if not lemma.variables:
        return [*ways, f"interval with (i_prec {4 * max(60, lemma.precision)})"]
    split = ", ".join(f"i_bisect {name}" for name in lemma.variables)
    ways.append(f"interval with (i_prec 60, {split}, i_depth 14)")
    if len(lemma.variables) == 1:
        ways.append(f"interval with (i_prec 60, {split}, i_autodiff {lemma.variables[0]}, i_depth 18)")
    ways.append(f"interval with (i_prec 120, {split}, i_depth 20)")
    return ways


def emit(lemmas: Sequence[Lemma]) -> str:
    """Return a Coq file that proves the lemmas and prints what they assume together."""
    return _Text.of(lemmas).source


@dataclass(frozen=True)
class _Text:
    """A file, and the line on which each lemma begins."""

    source: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, lemmas: Sequence[Lemma]) -> _Text:
        parts, starts, line = [PREAMBLE], [], PREAMBLE.count("\n") + 1
        for place, lemma in enumerate(lemmas, 1):
            starts.append(line + 1)
            part = f"\n{_lemma_text(lemma, f'inequality_{place}')}"
            line += part.count("\n")
            parts.append(part)
        everything = " (".join(f"inequality_{place}," for place in range(1, len(lemmas) + 1))
        parts.append(f"\nDefinition everything := ({everything} I{')' * len(lemmas)}.\n")
        parts.append('Goal True. idtac "assumptions begin". Abort.\n')
        parts.append("Print Assumptions everything.\n")
        parts.append('Goal True. idtac "assumptions end". Abort.\n')
        parts += [f"Locate {name}.\n" for name in sorted(allowed())]
        return cls("".join(parts), tuple(starts))

    def place(self, line: int) -> int | None:
        """Return which lemma holds the given line."""
        before = [place for place, start in enumerate(self.starts) if start <= line]
        return before[-1] if before else None


def _lemma_text(lemma: Lemma, name: str) -> str:
    return (
        f"Lemma {name} :\n  {lemma.statement}.\n"
        f"Proof.\n  {lemma.introduction}.\n  timeout {SECONDS} ({_goals(lemma)}).\nQed.\n"
    )


def _goals(lemma: Lemma) -> str:
    """Return the tactic that proves a lemma once its variables are introduced; what may well fail comes first."""
    differ = f"differ ltac:({tactic(lemma)})"
    if not lemma.conditions:
        return differ
    first, *more = _ways(lemma)
    return f"split; [ | {differ}]; defined ltac:(first [{' | '.join([first, 'lra', *more])}])"


def _trial(lemmas: Sequence[Lemma]) -> str:
    """Return a file that keeps nothing and prints, for each lemma, whether its proof goes through."""
    return PREAMBLE + "".join(
        f"\nGoal {lemma.statement}.\n{lemma.introduction}.\n"
        f'first [timeout {SECONDS} (first [{_goals(lemma)} | idtac "trial {place} fails"]) '
        f'| idtac "trial {place} late"].\nAbort.\n'
        for place, lemma in enumerate(lemmas)
    )


# --- compiling

_Lasts: TypeAlias = Literal["yes", "here", "no"]  # whether it would come out the same again, or so on this machine
_Finding: TypeAlias = tuple[Lemma, Settled, _Lasts]


@dataclass(frozen=True)
class _Batch:
    """Settles lemmas that share a file."""

    coqc: Coqc
    digests: dict[Lemma, str]
    halt: threading.Event

    def settle(self, lemmas: Sequence[Lemma]) -> list[_Finding]:
        """Prove what can be proved; a lemma that meets a limit of the whole file is tried in smaller company."""
        doubtful = [lemma for lemma in lemmas if lemma.unbounded]  # most of these fail
        kept, found = self._tried(doubtful) if doubtful else ([], [])
        rest = [lemma for lemma in lemmas if not lemma.unbounded or lemma in kept]
        tried = False
        while rest and not self.halt.is_set():
            text = _Text.of(rest)
            outcome = self._compile(text.source, len(rest), recheck=True)
            if outcome.ok:
                reason, names = _assumed(outcome.output)
                share, lasts = outcome.seconds / len(rest), _lasts(not reason)
                return found + [self._finding(lemma, reason, names, share, lasts) for lemma in rest]
            place = _stopped_at(outcome.output, text)
            if place is not None and not tried and len(rest) > 1:
                rest, dropped = self._tried(rest)
                found, tried = found + dropped, True
            elif place is not None:
                fate = "late" if "timeout" in outcome.output.casefold() else "fails"
                found.append(self._failed(rest.pop(place), fate, outcome, outcome.seconds))
            elif _met_limit(outcome.output) and len(rest) > 1:
                half = len(rest) // 2
                return found + self.settle(rest[:half]) + self.settle(rest[half:])
            else:
                reason = INSTALL if _LACKS_INTERVAL.search(outcome.output) else _short(outcome.output)
                return found + [self._finding(lemma, reason, (), outcome.seconds, "no") for lemma in rest]
        return found + [self._finding(lemma, "interrupted", (), 0.0, "no") for lemma in rest]

    def _tried(self, lemmas: Sequence[Lemma]) -> tuple[list[Lemma], list[_Finding]]:
        """Return the lemmas whose proofs went through when they were tried, and the others as findings."""
        outcome = self._compile(_trial(lemmas), len(lemmas))
        fates = dict(re.findall(r"^trial (\d+) (fails|late)$", outcome.output, re.MULTILINE))
        share = outcome.seconds / len(lemmas)
        kept = [lemma for place, lemma in enumerate(lemmas) if f"{place}" not in fates]
        return kept, [self._failed(lemmas[int(place)], fate, outcome, share) for place, fate in fates.items()]

    def _failed(self, lemma: Lemma, fate: str, outcome: Compilation, seconds: float) -> _Finding:
        late = fate == "late"
        reason = f"interval could not within {SECONDS} s" if late else "interval could not"
        if lemma.unbounded:
            reason += " (unbounded domain)"
        if late and outcome.busy:
            reason += " (the machine was busy: the next run tries again)"
        lasts: _Lasts = "yes" if not late else "no" if outcome.busy else "here"
        return self._finding(lemma, reason, (), seconds, lasts)

    def _compile(self, source: str, lemmas: int, *, recheck: bool = False) -> Compilation:
        limit = OVERHEAD + SECONDS * lemmas
        with tempfile.TemporaryDirectory(prefix="ntkproofs-") as folder:
            file = Path(folder) / "Inequalities.v"
            file.write_text(source, encoding="utf-8")
            outcome = compile_file(self.coqc, file, root=file.parent, seconds=limit, memory_mib=MEMORY)
            if not recheck or not outcome.ok:
                return outcome
            checked = recheck_files(self.coqc, file.parent, [file.stem], seconds=limit, memory_mib=MEMORY)
        problem = checked.refusal or checked.open.removeprefix("coqchk: ")
        return replace(outcome, ok=False, output=problem) if problem else outcome

    def _finding(self, lemma: Lemma, reason: str, names: tuple[str, ...], seconds: float, lasts: _Lasts) -> _Finding:
        outcome: Outcome = "open" if reason else "proved"
        settled = Settled(outcome, reason, names, tactic(lemma), round(seconds, 3), self.digests[lemma])
        return lemma, settled, lasts


def _lasts(certain: bool) -> _Lasts:
    return "yes" if certain else "no"


_LACKS_INTERVAL = re.compile(r"Cannot find a physical path[^.]*Interval", re.DOTALL)


def _met_limit(output: str) -> bool:
    """Tell whether coqc was ended by a limit of time or memory."""
    return re.match(r"stopped after|more than .* of memory|coqc died of signal", output) is not None


def _stopped_at(output: str, text: _Text) -> int | None:
    """Return the lemma in which coqc reports an error."""
    lines = re.findall(r'^File "[^"\n]*", line (\d+), characters \d+-\d+:\s*\nError', output, re.MULTILINE)
    return text.place(int(lines[-1])) if lines else None


def _assumed(output: str) -> tuple[str, tuple[str, ...]]:
    """Return the full names of what is assumed, and a reason for not believing the file if one is not allowed."""
    between = re.search(r"^assumptions begin\n(.*)^assumptions end$", output, re.MULTILINE | re.DOTALL)
    if between is None:
        return "coqc printed no assumptions", ()
    try:
        printed = assumptions(between.group(1))
    except InputError as problem:
        return f"{problem}", ()
    full = locations(output[between.end() :])
    foreign = sorted(name for name in printed if full.get(name) not in allowed())
    if foreign:
        return f"the proof assumes {', '.join(foreign)}, which is not on the allow-list", ()
    return "", tuple(sorted(full[name] for name in printed))


def _short(output: str) -> str:
    return " ".join(output.split())[:200]


# --- what was found before


def _tools(coqc: Coqc) -> str:
    """Return what a result depends on besides the text: all that is installed of Coq, and how texts are written."""
    return f"emitter {EMITTER}, {coqc.engine}, {fingerprint(coqc)}"


def _digest(lemma: Lemma, tools: str) -> str:
    return sha256("\n".join([tools, PREAMBLE, _lemma_text(lemma, "inequality")]).encode()).hexdigest()


def _cache_name(digest: str, lasts: _Lasts) -> str:
    return f"inequality-{digest}.json" if lasts == "yes" else f"late-{digest}-{_machine()}.json"


@lru_cache
def _machine() -> str:
    """Return a name of this machine, for what depends on how fast it is."""
    return sha256(json.dumps([*platform.uname(), os.cpu_count()]).encode()).hexdigest()[:16]


def _document(settled: Settled) -> bytes:
    document = {
        "format": 2,
        "digest": settled.digest,
        "outcome": settled.outcome,
        "reason": settled.reason,
        "assumptions": list(settled.assumptions),
        "seconds": settled.seconds,
        "began": run_began(),
    }
    return json.dumps(document, sort_keys=True).encode()


def _remembered(lemma: Lemma, digest: str) -> Settled | None:
    """Return what the cache holds under a digest, if it has the right form; anything else counts as nothing."""
    kinds: tuple[_Lasts, ...] = ("yes", "here")
    for lasts in kinds:
        try:
            document = json.loads(read_cache(_cache_name(digest, lasts), most=1 << 16) or b"null")
        except (ValueError, RecursionError):
            continue
        known = _well_formed(document, tactic(lemma), digest)
        if known is not None and (lasts == "yes" or known.outcome == "open"):
            return known
    return None


def _well_formed(document: Any, closed_by: str, digest: str) -> Settled | None:
    keys = {"format", "digest", "outcome", "reason", "assumptions", "seconds", "began"}
    if not isinstance(document, dict) or set(document) != keys:
        return None
    names, reason, outcome = document["assumptions"], document["reason"], document["outcome"]
    seconds, began = document["seconds"], document["began"]
    sound = (
        document["format"] == 2
        and document["digest"] == digest
        and isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and isinstance(reason, str)
        and _is_time(seconds)
        and _is_time(began)
    )
    if not sound:
        return None
    kept = began < run_began()
    if outcome == "proved" and not reason and names and set(names) <= allowed():
        return Settled("proved", "", tuple(names), closed_by, float(seconds), digest, kept)
    if outcome == "open" and reason and not names:
        return Settled("open", reason, (), closed_by, float(seconds), digest, kept)
    return None


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")
