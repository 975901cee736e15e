"""Kernel-checked proofs, in Coq, of inequalities that interval arithmetic decided.

:func:`prove_lemmas` proves decisions, exported as lemmas (see ``lemmas``), by the tactic ``interval``, whose interval
arithmetic is proved correct in Coq. The result of a lemma is ``proved`` if coqc accepts the proof, all printed
assumptions are on the allow-list, and coqchk, which has no virtual machine, accepts the compiled file. Otherwise it is
``open``, with the reason.

Many lemmas share a file, since printing assumptions takes seconds; the assumptions printed for a file are those of all
its lemmas. If a lemma fails, all lemmas of the file are tried without recording proofs, and those that fail are
removed. Results are cached; the key is a digest of the lemma, its proof and the Coq installation. A timeout is cached
for this machine only, and only if the machine was not busy. A limit that a whole file met is not cached.
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

from ntkproofs.coq import contacts
from ntkproofs.coq.audit import allowed, parse_assumptions, parse_locations
from ntkproofs.coq.compiler import (
    Coqc,
    RunResult,
    compile_file,
    limit_message,
    read_cache,
    run_start,
    stop_all,
    write_cache,
)
from ntkproofs.coq.installed import fingerprint
from ntkproofs.coq.lemmas import Lemma
from ntkproofs.coq.recheck import recheck_files
from ntkproofs.errors import InputError
from ntkproofs.truth import NoTruthValue

__all__ = ["LemmaResult", "ProofStatus", "prove_lemmas", "tactic"]

ProofStatus: TypeAlias = Literal["proved", "open"]

EMITTER = 4  # to be increased when the text of the generated files or of results changes
BATCH = 48  # lemmas in one file
SECONDS = 20  # time limit for one lemma
OVERHEAD = 120  # seconds for the rest of a file: loading libraries, printing assumptions
MEMORY = 4096  # memory limit, MiB
INSTALL = "Coq-Interval not found: apt-get install libcoq-interval libcoq-coquelicot"

PREAMBLE = """\
From Coq Require Import Reals Lra ZArith.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
Open Scope R_scope.

Lemma less_by_difference : forall a b : R, 0 < b - a -> a < b.
Proof. intros a b H. lra. Qed.

Lemma at_most_by_difference : forall a b : R, 0 <= b - a -> a <= b.
Proof. intros a b H. lra. Qed.

Lemma reals_of_integers : forall a b n : Z, (a <= n <= b)%Z -> IZR a <= IZR n <= IZR b.
Proof. intros a b n [low high]. split; apply IZR_le; assumption. Qed.

(* The tactic supports atan, but neither acos nor asin. *)
Lemma acos_positive : forall e : R, 0 < e -> acos e = atan (sqrt (1 - e * e) / e).
Proof. intros e H. exact (acos_atan e H). Qed.

Lemma asin_inside : forall e : R, -1 < e < 1 -> asin e = atan (e / sqrt (1 - e * e)).
Proof. intros e H. exact (asin_atan e H). Qed.

Lemma acos_inside : forall e : R, -1 < e < 1 -> acos e = PI / 2 - atan (e / sqrt (1 - e * e)).
Proof. intros e H. rewrite acos_asin by lra. rewrite asin_inside by lra. reflexivity. Qed.

Lemma Rmax_by_Rabs : forall a b : R, Rmax a b = (a + b + Rabs (a - b)) / 2.
Proof. intros a b. unfold Rmax, Rabs. destruct (Rle_dec a b), (Rcase_abs (a - b)); lra. Qed.

Lemma Rmin_by_Rabs : forall a b : R, Rmin a b = (a + b - Rabs (a - b)) / 2.
Proof. intros a b. unfold Rmin, Rabs. destruct (Rle_dec a b), (Rcase_abs (a - b)); lra. Qed.

(* Functions that the tactic does not support, by their definitions. *)
Ltac with_supported_functions :=
  repeat (rewrite Rmax_by_Rabs || rewrite Rmin_by_Rabs);
  unfold tanh, sinh, cosh, arcsinh, Rpower.

Ltac without_arcs close :=
  with_supported_functions;
  repeat match goal with
  | |- context [acos ?e] => rewrite (acos_positive e) by (without_arcs close; close)
  | |- context [acos ?e] => rewrite (acos_inside e) by (split; without_arcs close; close)
  | |- context [asin ?e] => rewrite (asin_inside e) by (split; without_arcs close; close)
  end.

Ltac defined close :=
  repeat match goal with |- _ /\\ _ => split end; without_arcs close; close.

Ltac differ close :=
  first [apply less_by_difference | apply at_most_by_difference]; without_arcs close; close.

Ltac divide_contact close :=
  first [apply less_by_difference | apply at_most_by_difference]; with_supported_functions; close.
"""
PREAMBLE += contacts.PREAMBLE


@dataclass(frozen=True)
class LemmaResult(NoTruthValue):
    """The result of a lemma.

    `outcome`: ``proved`` or ``open``, with the `reason`; `assumptions`: the full names of the axioms used; `tactic`:
    the tactic that was tried; `seconds`: its share of the time of its file; `digest`: its cache key; `cached`: whether
    it was read from the cache of an earlier run.
    """

    instead = '.outcome == "proved"'

    outcome: ProofStatus
    reason: str
    assumptions: tuple[str, ...]
    tactic: str
    seconds: float
    digest: str
    cached: bool = False


def prove_lemmas(
    lemmas: Iterable[Lemma],
    *,
    coqc: Coqc,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Lemma, LemmaResult]:
    """Try to prove lemmas in Coq, with `jobs` parallel processes; return the result of each.

    `progress` is called with the number of lemmas that are finished and the number of all lemmas that are not cached.
    """
    digests = _digests(lemmas, coqc)
    results = {
        lemma: cached for lemma, digest in digests.items() if (cached := _read_result(lemma, digest)) is not None
    }
    remaining = [lemma for lemma in digests if lemma not in results]
    if not remaining:
        return results
    jobs = max(1, min(jobs, len(remaining)))
    files = min(len(remaining), jobs * -(-len(remaining) // (jobs * BATCH)))
    batches = [remaining[index::files] for index in range(files)]
    halt = threading.Event()
    finished = 0
    with ThreadPoolExecutor(jobs) as pool:
        try:
            running = [pool.submit(_Batch(coqc, digests, halt).prove, batch) for batch in batches]
            for future in as_completed(running):
                batch_results = future.result()
                results.update((lemma, result) for lemma, result, _ in batch_results)
                _write_results(batch_results)
                finished += len(batch_results)
                if progress is not None:
                    progress(finished, len(remaining))
        except BaseException:  # interrupted: end all running processes
            halt.set()
            stop_all()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


# --- generated files


def tactic(lemma: Lemma) -> str:
    """Return the tactic that proves the inequality of a lemma: calls of ``interval``, the fastest first.

    A precision is always specified, since otherwise ``interval`` uses machine floats.
    """
    return f"first [{' | '.join(_interval_calls(lemma))}]"


def _interval_calls(lemma: Lemma) -> list[str]:
    calls = ["interval with (i_prec 60)"]
    if lemma.unbounded:
        return calls  # bisection of an unbounded domain does not help
    if not lemma.variables:
        return [*calls, f"interval with (i_prec {4 * max(60, lemma.precision)})"]
    split = ", ".join(f"i_bisect {name}" for name in lemma.variables)
    calls.append(f"interval with (i_prec 60, {split}, i_depth 14)")
    if len(lemma.variables) == 1:
        calls.append(f"interval with (i_prec 60, {split}, i_autodiff {lemma.variables[0]}, i_depth 18)")
    calls.append(f"interval with (i_prec 120, {split}, i_depth 20)")
    return calls


@dataclass(frozen=True)
class _CoqFile:
    """A Coq file that proves lemmas and prints their assumptions; `starts`: the first line of each lemma."""

    source: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, lemmas: Sequence[Lemma]) -> _CoqFile:
        """Return the file that proves `lemmas`."""
        parts, starts, line = [PREAMBLE], [], PREAMBLE.count("\n") + 1
        for number, lemma in enumerate(lemmas, 1):
            starts.append(line + 1)
            part = f"\n{_lemma_text(lemma, f'inequality_{number}')}"
            line += part.count("\n")
            parts.append(part)
        everything = " (".join(f"inequality_{number}," for number in range(1, len(lemmas) + 1))
        parts.append(f"\nDefinition everything := ({everything} I{')' * len(lemmas)}.\n")
        parts.append('Goal True. idtac "assumptions begin". Abort.\n')
        parts.append("Print Assumptions everything.\n")
        parts.append('Goal True. idtac "assumptions end". Abort.\n')
        parts += [f"Locate {name}.\n" for name in sorted(allowed())]
        return cls("".join(parts), tuple(starts))

    def lemma_at(self, line: int) -> int | None:
        """Return the index of the lemma that contains a line, or None if the line precedes all lemmas."""
        preceding = [index for index, start in enumerate(self.starts) if start <= line]
        return preceding[-1] if preceding else None


def _lemma_text(lemma: Lemma, name: str) -> str:
    return (
        f"Lemma {name} :\n  {lemma.statement}.\n"
        f"Proof.\n  {lemma.introduction}.\n  timeout {SECONDS} ({_goals(lemma)}).\nQed.\n"
    )


def _goals(lemma: Lemma) -> str:
    """Return the tactic that proves a lemma after its variables are introduced: the inequality, then the conditions."""
    differ = f"differ ltac:({tactic(lemma)})"
    if lemma.contact:
        differ = f"first [{differ} | divide_contact ltac:({lemma.contact})]"
    if not lemma.conditions:
        return differ
    first, *more = _interval_calls(lemma)
    return f"split; [ | {differ}]; defined ltac:(first [{' | '.join([first, 'lra', *more])}])"


def _trial_source(lemmas: Sequence[Lemma]) -> str:
    """Return a Coq file that records no proofs and prints the lemmas whose proofs fail."""
    return PREAMBLE + "".join(
        f"\nGoal {lemma.statement}.\n{lemma.introduction}.\n"
        f'first [timeout {SECONDS} (first [{_goals(lemma)} | idtac "trial {index} fails"]) '
        f'| idtac "trial {index} late"].\nAbort.\n'
        for index, lemma in enumerate(lemmas)
    )


# --- compiling

_Validity: TypeAlias = Literal["everywhere", "this machine", "once"]  # where a result may be used again
_BatchResult: TypeAlias = tuple[Lemma, LemmaResult, _Validity]


@dataclass(frozen=True)
class _Batch:
    """Proves lemmas that share a file; `halt`: set when the run is interrupted."""

    coqc: Coqc
    digests: dict[Lemma, str]
    halt: threading.Event

    def prove(self, lemmas: Sequence[Lemma]) -> list[_BatchResult]:
        """Return the results of all lemmas; those with an unbounded domain, most of which fail, are tried first."""
        unbounded = [lemma for lemma in lemmas if lemma.unbounded]
        accepted, failed = self._try(unbounded) if unbounded else ([], [])
        remaining = [lemma for lemma in lemmas if not lemma.unbounded or lemma in accepted]
        return failed + self._prove(remaining)

    def _prove(self, lemmas: Sequence[Lemma], *, tried: bool = False) -> list[_BatchResult]:
        """Prove lemmas in one file.

        If one fails, all are tried, and the file is compiled again without those that fail; after that (`tried`),
        lemmas that fail are removed one by one.
        """
        if self.halt.is_set() or not lemmas:
            return [self._result(lemma, "interrupted", (), 0.0, "once") for lemma in lemmas]
        file = _CoqFile.of(lemmas)
        run = self._compile(file.source, len(lemmas), recheck=True)
        if run.ok:
            return self._accepted(lemmas, run)
        index = _failed_lemma(run.output, file)
        if index is None:
            return self._without_error_line(lemmas, run)
        if not tried and len(lemmas) > 1:
            accepted, failed = self._try(lemmas)
            return failed + self._prove(accepted, tried=True)
        timed_out = "timeout" in run.output.casefold()
        remaining = [*lemmas[:index], *lemmas[index + 1 :]]
        return [
            self._failed(lemmas[index], run, run.seconds, timed_out=timed_out),
            *self._prove(remaining, tried=tried),
        ]

    def _accepted(self, lemmas: Sequence[Lemma], run: RunResult) -> list[_BatchResult]:
        reason, names = _parse_assumptions(run.output)
        validity: _Validity = "once" if reason else "everywhere"
        return [self._result(lemma, reason, names, run.seconds / len(lemmas), validity) for lemma in lemmas]

    def _without_error_line(self, lemmas: Sequence[Lemma], run: RunResult) -> list[_BatchResult]:
        """Return the results of a file that failed as a whole; if it met a limit, each half is proved separately."""
        if limit_message(run.output) and len(lemmas) > 1:
            half = len(lemmas) // 2
            return self._prove(lemmas[:half]) + self._prove(lemmas[half:])
        reason = INSTALL if _LACKS_INTERVAL.search(run.output) else _short(run.output)
        return [self._result(lemma, reason, (), run.seconds, "once") for lemma in lemmas]

    def _try(self, lemmas: Sequence[Lemma]) -> tuple[list[Lemma], list[_BatchResult]]:
        """Return the lemmas whose proofs succeed in a trial, and the results of the others."""
        run = self._compile(_trial_source(lemmas), len(lemmas))
        failures = dict(re.findall(r"^trial (\d+) (fails|late)$", run.output, re.MULTILINE))
        share = run.seconds / len(lemmas)
        accepted = [lemma for index, lemma in enumerate(lemmas) if f"{index}" not in failures]
        failed = [
            self._failed(lemmas[int(index)], run, share, timed_out=kind == "late") for index, kind in failures.items()
        ]
        return accepted, failed

    def _failed(self, lemma: Lemma, run: RunResult, seconds: float, *, timed_out: bool) -> _BatchResult:
        reason = f"interval exceeded {SECONDS} s" if timed_out else "interval failed"
        if lemma.unbounded:
            reason += " (unbounded domain)"
        if timed_out and run.busy:
            reason += " (the machine was busy: the next run tries again)"
        validity: _Validity = "everywhere" if not timed_out else "once" if run.busy else "this machine"
        return self._result(lemma, reason, (), seconds, validity)

    def _compile(self, source: str, lemmas: int, *, recheck: bool = False) -> RunResult:
        limit = OVERHEAD + SECONDS * lemmas
        with tempfile.TemporaryDirectory(prefix="ntkproofs-") as folder:
            file = Path(folder) / "Inequalities.v"
            file.write_text(source, encoding="utf-8")
            run = compile_file(self.coqc, file, root=file.parent, seconds=limit, memory_mib=MEMORY)
            if not recheck or not run.ok:
                return run
            checked = recheck_files(self.coqc, file.parent, [file.stem], seconds=limit, memory_mib=MEMORY)
        reason = checked.refusal or checked.open.removeprefix("coqchk: ")
        return replace(run, ok=False, output=reason) if reason else run

    def _result(
        self, lemma: Lemma, reason: str, names: tuple[str, ...], seconds: float, validity: _Validity
    ) -> _BatchResult:
        outcome: ProofStatus = "open" if reason else "proved"
        result = LemmaResult(outcome, reason, names, tactic(lemma), round(seconds, 3), self.digests[lemma])
        return lemma, result, validity


_LACKS_INTERVAL = re.compile(r"Cannot find a physical path[^.]*Interval", re.DOTALL)


def _failed_lemma(output: str, file: _CoqFile) -> int | None:
    """Return the index of the lemma in which coqc reports an error, or None if it reports no line."""
    lines = re.findall(r'^File "[^"\n]*", line (\d+), characters \d+-\d+:\s*\nError', output, re.MULTILINE)
    return file.lemma_at(int(lines[-1])) if lines else None


def _parse_assumptions(output: str) -> tuple[str, tuple[str, ...]]:
    """Return the full names of the assumptions; or, first, the reason why the file is refused."""
    between = re.search(r"^assumptions begin\n(.*)^assumptions end$", output, re.MULTILINE | re.DOTALL)
    if between is None:
        return "coqc printed no assumptions", ()
    try:
        printed = parse_assumptions(between.group(1))
    except InputError as problem:
        return f"{problem}", ()
    full_names = parse_locations(output[between.end() :])
    foreign = sorted(name for name in printed if full_names.get(name) not in allowed())
    if foreign:
        return f"the proof has assumptions that are not on the allow-list: {', '.join(foreign)}", ()
    return "", tuple(sorted(full_names[name] for name in printed))


def _short(output: str) -> str:
    return " ".join(output.split())[:200]


# --- the cache of results


def _digests(lemmas: Iterable[Lemma], coqc: Coqc) -> dict[Lemma, str]:
    """Return the cache keys of lemmas: digests of the text, of the proof and of the Coq installation."""
    tools = f"emitter {EMITTER}, {coqc.engine}, {fingerprint(coqc)}"
    return {
        lemma: sha256("\n".join([tools, PREAMBLE, _lemma_text(lemma, "inequality")]).encode()).hexdigest()
        for lemma in dict.fromkeys(lemmas)
    }


def _cache_name(digest: str, validity: _Validity) -> str:
    return f"inequality-{digest}.json" if validity == "everywhere" else f"late-{digest}-{_machine()}.json"


@lru_cache
def _machine() -> str:
    """Return an identifier of this machine, for results that depend on its speed."""
    return sha256(json.dumps([*platform.uname(), os.cpu_count()]).encode()).hexdigest()[:16]


def _document(result: LemmaResult) -> bytes:
    document = {
        "format": 2,
        "digest": result.digest,
        "outcome": result.outcome,
        "reason": result.reason,
        "assumptions": list(result.assumptions),
        "seconds": result.seconds,
        "began": run_start(),
    }
    return json.dumps(document, sort_keys=True).encode()


def _write_results(results: Iterable[_BatchResult]) -> None:
    for _, result, validity in results:
        if validity != "once":
            write_cache(_cache_name(result.digest, validity), _document(result))


def _read_result(lemma: Lemma, digest: str) -> LemmaResult | None:
    """Return the cached result of a lemma, or None if there is none or the document is malformed."""
    validities: tuple[_Validity, ...] = ("everywhere", "this machine")
    for validity in validities:
        try:
            document = json.loads(read_cache(_cache_name(digest, validity), max_bytes=1 << 16) or b"null")
        except (ValueError, RecursionError):
            continue
        result = _parse_result(document, tactic(lemma), digest)
        if result is not None and (validity == "everywhere" or result.outcome == "open"):
            return result
    return None


def _parse_result(document: Any, closing_tactic: str, digest: str) -> LemmaResult | None:
    keys = {"format", "digest", "outcome", "reason", "assumptions", "seconds", "began"}
    if not isinstance(document, dict) or set(document) != keys:
        return None
    names, reason, outcome = document["assumptions"], document["reason"], document["outcome"]
    seconds, began = document["seconds"], document["began"]
    is_valid = (
        document["format"] == 2
        and document["digest"] == digest
        and isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and isinstance(reason, str)
        and _is_time(seconds)
        and _is_time(began)
    )
    if not is_valid:
        return None
    cached = began < run_start()
    if outcome == "proved" and not reason and names and set(names) <= allowed():
        return LemmaResult("proved", "", tuple(names), closing_tactic, float(seconds), digest, cached)
    if outcome == "open" and reason and not names:
        return LemmaResult("open", reason, (), closing_tactic, float(seconds), digest, cached)
    return None


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")
