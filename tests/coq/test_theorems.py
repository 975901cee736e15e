"""Theories: what is compiled and when, what the findings say, and the programs in Coq held against those in Python."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_theories import FILES, coq_cache, write  # noqa: F401  (a fixture)

from ntkproofs.claims import collect, conclude
from ntkproofs.commands.theory import main
from ntkproofs.compilation import compile_netlist
from ntkproofs.coq import builds, installed, recheck
from ntkproofs.coq import theory as theorems
from ntkproofs.coq.agreement import CircuitPair, Pair, agree
from ntkproofs.coq.builds import Limits
from ntkproofs.coq.compiler import MISSING, Coqc, cache_folder, find_coqc, one_run, read_cache, write_cache
from ntkproofs.coq.programs import Terms
from ntkproofs.coq.theory import Theory
from ntkproofs.errors import InputError, ProofRefused
from ntkproofs.formats import Cover, Latch, Netlist
from ntkproofs.programs import TemplateProgram, addition, multiplication, permutation

COQ = Path(__file__).parents[2] / "paper_checks" / "coq"


def change(folder, file, old, new):
    source = (folder / file).read_text()
    assert old in source
    (folder / file).write_text(source.replace(old, new, 1))


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "theory", FILES)


@pytest.fixture
def compilations(coq_cache, tmp_path, monkeypatch):  # noqa: F811
    """A cache of its own, and the list of files that coqc was asked to compile."""
    log = tmp_path / "log"
    log.touch()
    wrapper = tmp_path / "coqc"
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *.v) for last; do :; done; basename "$last" >> {log};; esac\n'
        f'exec {find_coqc().path} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("NTKPROOFS_COQC", str(wrapper))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def since_last():
        names = sorted(log.read_text().split())
        log.write_text("")
        return names

    return since_last


# --- findings


@pytest.mark.usefixtures("coq_cache")
def test_a_theorem_is_proved_by_coq(folder):
    verdict = conclude(Theory(folder).proof("twice_grows"))
    assert (verdict.kind, verdict.engine, verdict.margin) == ("proved", find_coqc().engine, "assumes nothing")
    (finding,) = json.loads(json.dumps(verdict.evidence))["findings"]
    assert finding["statement"] == "Twice a number is no less than 0"
    assert finding["coq"]["statement"] == "forall n, 0 <= twice n"
    assert finding["coq"]["assumptions"] == []
    assert finding["coq"]["sources_sha256"] == Theory(folder).digest


def test_without_coqc_a_theorem_is_undecided(folder, monkeypatch):
    monkeypatch.setenv("NTKPROOFS_COQC", "no-such-coqc")
    verdict = conclude(Theory(folder).proof("twice_zero"))
    assert verdict.kind == "undecided"
    assert MISSING in verdict.reason


def test_without_coqc_a_forged_theory_is_refused_all_the_same(folder, monkeypatch):
    monkeypatch.setenv("NTKPROOFS_COQC", "no-such-coqc")
    change(folder, "Lemmas.v", "reflexivity. Qed", "Admitted")
    with pytest.raises(ProofRefused, match="Admitted"):
        Theory(folder).proof("twice_zero")


def test_a_limit_leaves_it_undecided(folder, compilations):
    verdict = conclude(Theory(folder, limits=Limits(seconds=0.001)).proof("twice_zero"))
    assert verdict.kind == "undecided"
    assert verdict.reason.endswith("Terms.v: stopped after 0.001 s")


@pytest.mark.usefixtures("coq_cache")
def test_interval_arithmetic_is_allowed_with_a_precision_and_refused_with_primitive_floats(tmp_path):
    lemmas = "From Coq Require Import Reals.\nFrom Interval Require Import Tactic.\nLocal Open Scope R_scope.\n"
    said = "From Coq Require Import Reals.\nFrom NtkProofs Require Lemmas.\nLocal Open Scope R_scope.\n"
    for name, how in (("integers", " with (i_prec 60)"), ("floats", "")):
        lemmas += f"Lemma {name} : 3 < PI.\nProof. interval{how}. Qed.\n"
        said += f"(** 3 is less than pi. *) Theorem {name} : 3 < PI.\nProof. exact Lemmas.{name}. Qed.\n"
    theory = Theory(write(tmp_path, {"Lemmas.v": lemmas, "Statements.v": said}))
    assert theory.proof("integers").groups == (
        "classical reals",
        "classical logic",
        "functional extensionality",
        "primitive integers",
    )
    with pytest.raises(ProofRefused, match=r"not on the allow-list: .*PrimFloat\.add"):
        theory.proof("floats")


CLASSICAL = {
    **FILES,
    "Lemmas.v": "From Coq Require Import Classical.\n"
    + FILES["Lemmas.v"].replace("reflexivity.", "destruct (classic (twice 0 = 0)); [assumption | now apply NNPP]."),
}


def recorded(folder, **assumptions):
    """Record what is said of the assumptions, true or not."""
    (folder / "statements.json").write_text(Theory(folder).current_record(assumptions).to_json())
    return Theory(folder)


def groups(theory):
    return {each.name: theory.proof(each.name).groups for each in theory.statements}


def test_what_is_recorded_of_assumptions_is_a_hint_and_no_more(coq_cache, tmp_path):  # noqa: F811
    """Whatever the record says, and whichever are asked about together, each is said to assume what it does."""
    folder, true = write(tmp_path / "theory", CLASSICAL), {"twice_zero": ("classical logic",), "twice_grows": ()}
    assert groups(recorded(folder)) == true
    assert groups(recorded(folder, twice_zero="nothing", twice_grows="nothing")) == true
    assert groups(recorded(folder, twice_zero="nothing", twice_grows="classical logic")) == true
    assert groups(recorded(folder, twice_zero="classical logic", twice_grows="nothing", gone="magic")) == true
    assert groups(recorded(folder, twice_zero="classical logic")) == true


def test_statements_that_assume_no_more_than_others_may_share_an_answer(coq_cache, tmp_path):  # noqa: F811
    """Together they assume classical logic and no more: that is what is said of both, and it is an upper bound."""
    folder = write(tmp_path / "theory", CLASSICAL)
    found = groups(recorded(folder, twice_zero="classical logic", twice_grows="classical logic"))
    assert found == {"twice_zero": ("classical logic",), "twice_grows": ("classical logic",)}


def test_a_theory_names_the_theorem_that_it_does_not_have(folder):
    with pytest.raises(InputError, match=r"Statements\.v has no theorem three"):
        Theory(folder).proof("three")


def test_a_folder_without_coq_files_is_refused(tmp_path):
    with pytest.raises(InputError, match="contains no Coq files"):
        Theory(tmp_path)


def test_files_that_need_each_other_are_refused(folder, monkeypatch):
    change(folder, "Terms.v", "Definition", "From NtkProofs Require Lemmas.\nDefinition")
    with pytest.raises(InputError, match=r"circular dependency of \w+\.v: \w+( -> \w+){2}"):
        Theory(folder).proof("twice_zero")


# --- compiling


def test_each_version_of_a_file_is_compiled_once(folder, compilations):
    Theory(folder).proof("twice_zero")
    assert compilations() == ["Lemmas.v", "Queries.v", "Statements.v", "Terms.v"]
    Theory(folder).proof("twice_zero")
    assert compilations() == []
    change(folder, "Lemmas.v", "Lemma twice_grows", "Lemma one : 1 = 1.\nProof. reflexivity. Qed.\nLemma twice_grows")
    assert Theory(folder).proof("twice_zero").outcome == "holds"
    assert compilations() == ["Lemmas.v", "Queries.v", "Statements.v"]
    write(folder, FILES)
    Theory(folder).proof("twice_zero")
    assert compilations() == []
    change(folder, "Lemmas.v", "intros n. apply", "intro n. apply")  # the same proof to the kernel
    assert Theory(folder).proof("twice_zero").outcome == "holds"
    assert compilations() == ["Lemmas.v"]


def test_a_failure_is_looked_at_once_in_a_run_and_again_in_the_next(folder, compilations):
    change(folder, "Lemmas.v", "apply le_0_n", "apply le_n")
    for expected in (["Lemmas.v", "Terms.v"], []):
        with pytest.raises(
            ProofRefused, match=r"Lemmas\.v, line 5 \(lemma twice_grows\): Coq rejects it: .*nable to unify"
        ):
            Theory(folder).proof("twice_zero")
        assert compilations() == expected
    with one_run():
        for expected in (["Lemmas.v"], []):  # a new run
            with pytest.raises(ProofRefused):
                Theory(folder).proof("twice_zero")
            assert compilations() == expected


def test_a_compiled_file_that_was_changed_is_not_believed(folder, compilations, tmp_path):
    Theory(folder).proof("twice_zero")
    compilations()
    (kept,) = (tmp_path / "cache").rglob("Terms.vo")
    kept.write_bytes(kept.read_bytes()[:-1])
    assert Theory(folder).proof("twice_zero").outcome == "holds"
    assert "Terms.v" in compilations()


def test_what_an_interrupted_run_left_is_in_nobodys_way_and_swept_in_the_end(folder, compilations, tmp_path):
    store = tmp_path / "cache" / "ntkproofs" / "coq"
    for name, age in (("new-old", 2 * 24 * 3600), ("new-young", 60)):
        (store / name).mkdir(parents=True)
        (store / name / "Terms.vo").write_bytes(b"half")
        then = builds.time.time() - age
        os.utime(store / name, (then, then))
    assert Theory(folder).proof("twice_zero").outcome == "holds"
    assert [entry.name for entry in store.glob("new-*")] == ["new-young"]


def test_two_processes_do_not_compile_twice(folder, compilations):
    code = (
        f"from pathlib import Path; from ntkproofs.coq.theory import Theory; "
        f"print(Theory(Path({str(folder)!r})).proof('twice_zero').outcome)"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=120)[0] for process in both] == ["holds\n", "holds\n"]
    assert compilations() == ["Lemmas.v", "Queries.v", "Statements.v", "Terms.v"]


@pytest.mark.usefixtures("coq_cache")
def test_a_cache_that_cannot_be_written_is_done_without(folder, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert Theory(folder).proof("twice_zero").outcome == "holds"


SLOW = """\
#!/bin/sh
case "$1" in
  --print-version) echo "8.16.1 4.13.1";;
  -where) echo /nowhere;;
  *) echo $$ > {pid}; exec sleep 60;;
esac
"""

CLAIMS = """\
from functools import partial
from pathlib import Path
from ntkproofs.claims import Claim, ClaimFamily, conclude
from ntkproofs.coq.theory import Theory
theory = Theory(Path({folder!r}))
def proved(number):
    return conclude(theory.proof("twice_zero"))
family = ClaimFamily(tuple(Claim(f"c{{number}}", "s", "here", partial(proved, number)) for number in range({count})))
"""


@pytest.mark.parametrize("count", [1, 12])  # in the process itself, and in processes of their own
def test_an_interrupt_ends_the_compiler_too(folder, tmp_path, monkeypatch, count):
    pid, coqc, claims = tmp_path / "pid", tmp_path / "coqc", tmp_path / "claims.py"
    coqc.write_text(SLOW.format(pid=pid))
    coqc.chmod(0o755)
    claims.write_text(CLAIMS.format(folder=str(folder), count=count))
    monkeypatch.setenv("NTKPROOFS_COQC", str(coqc))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command = [sys.executable, "-m", "ntkproofs", "check", "--jobs", "2", str(claims)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as check:
        _until(lambda: pid.exists() and pid.read_text())
        os.kill(int(pid.read_text()), 0)  # it is running
        check.send_signal(signal.SIGINT)
        assert "interrupted after 0 of" in check.communicate(timeout=30)[1]
    _until(lambda: not _runs(int(pid.read_text())))


def _until(fact):
    for _ in range(300):
        if fact():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to be in 30 s")


def _runs(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


# --- the command


@pytest.mark.usefixtures("coq_cache")
def test_the_command_records_compiles_and_rechecks(folder, capsys):
    change(folder, "Statements.v", "forall n, 0 <=", "forall n, 0 + 0 <=")
    assert main([str(folder)]) == 1
    assert "statement twice_grows differs from the record" in capsys.readouterr().err
    assert main([str(folder), "--record"]) == 0
    assert "coqchk accepts Terms, Lemmas, Statements" in capsys.readouterr().out
    assert main([str(folder)]) == 0
    assert "twice_zero: proved, assumes nothing (from the cache)" in capsys.readouterr().out
    assert main([str(folder), "--no-cache"]) == 0
    assert "cache" not in capsys.readouterr().out
    assert main([str(folder / "nowhere")]) == 3
    (folder / "Statements.v").unlink()
    assert main([str(folder), "--record"]) == 3
    assert "has no Statements.v" in capsys.readouterr().err


# --- the theory of the paper


def test_every_statement_of_the_paper_is_a_claim():
    theory = Theory(COQ)
    names = [claim.name for claim in collect([COQ.parent / "check_14_proved.py"])]
    assert names[: len(theory.statements)] == [f"proved.{each.name}" for each in theory.statements]
    assert len(set(names)) == len(names) == len(theory.statements) + 5


# --- the programs


STATED = """\
From Coq Require Import List String.
From NtkProofs Require Import Templates Programs Netlists.
(** The addition of no bits has no templates. *)
Theorem nothing : templates (addition 0) = nil.
Proof. exact eq_refl. Qed.
"""


@pytest.fixture
def programs(tmp_path):
    """The theory's programs, with one statement, recorded."""
    names = ("Kernels.v", "Templates.v", "Programs.v", "Netlists.v")
    return write(tmp_path / "coq", {"Statements.v": STATED, **{name: (COQ / name).read_text() for name in names}})


def record(folder):
    (folder / "statements.json").write_text(Theory(folder).current_record().to_json())


SOME = (
    Pair("addition 1", addition(1)),
    Pair("addition 3", addition(3)),
    Pair("multiplication 2", multiplication(2)),
    Pair("permutation 3 [2; 0; 1]", permutation([2, 0, 1])),
)


@pytest.mark.usefixtures("coq_cache")
def test_the_programs_agree(programs):
    proof = agree(Theory(programs), "some", SOME)
    assert (conclude(proof).kind, proof.count) == ("proved", 4)
    with one_run():
        assert agree(Theory(programs), "some", SOME).cached


@pytest.mark.usefixtures("coq_cache")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "[ Template [off (p, i); on (q, i)] ",
            "[ Template [on (q, i); off (p, i)] ",
            "addition 1 is not the Python program: template 0 is not p_0=0, q_0=1 -> p_0",
        ),
        (
            '[ Template [on ("multiplier", i); on ("to_shift_right", i)]',
            '[ Template [on ("multiplier", i); off ("to_shift_right", i)]',
            "multiplication 2 is not the Python program: template 4 is not multiplier_1=1, to_shift_right_1=1 -> ",
        ),
        (
            "seq 0 (4 * l - 1)",
            "seq 0 (4 * l - 2)",
            "multiplication 2 is not the Python program: the number of templates is not 42; template ",
        ),
        (
            '[("bits", i)]) (seq 0 k)) 0',
            '[("bits", i)]) (seq 0 k)) 1',
            "permutation 3 [2; 0; 1] is not the Python program: padding is not 0",
        ),
    ],
)
def test_a_template_that_differs_is_named(programs, old, new, message):
    change(programs, "Programs.v", old, new)
    with pytest.raises(ProofRefused, match=r"definition file Programs\.v differs from the record"):
        agree(Theory(programs), "some", SOME)
    record(programs)
    verdict = conclude(agree(Theory(programs), "some", SOME))
    assert verdict.kind == "refuted"
    assert message in verdict.reason


@pytest.mark.usefixtures("coq_cache")
def test_a_python_program_that_differs_is_named(programs):
    program = TemplateProgram("permutation", fields={"bits": 2})
    program.template(when={("bits", 0): 1}, write=[("bits", 0)])
    program.template(when={("bits", 1): 1}, write=[("bits", 0)])
    verdict = conclude(agree(Theory(programs), "one", [Pair("permutation 2 [0; 1]", program)]))
    assert verdict.reason.endswith("template 1 is not bits_1=1 -> bits_0")


# --- netlists

NOR_OF_OR = Netlist(  # v is the OR of a and b, and y the NOR of v and c
    "nor", ("a", "b", "c"), ("y",), (("v", Cover(("a", "b"), ("00",), 0)), ("y", Cover(("c", "v"), ("00",), 1)))
)


def of(netlist):
    return CircuitPair(netlist, compile_netlist(netlist))


@pytest.mark.usefixtures("coq_cache")
def test_the_compilers_of_netlists_agree(programs):
    assert conclude(agree(Theory(programs), "one", [of(NOR_OF_OR)])).kind == "proved"


@pytest.mark.usefixtures("coq_cache")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Gate b [on b]", "Gate b [off b]", "template 0 is not a_0=1 -> a_0"),
        ("negb (snd literal)", "snd literal", "template 4 is not c_0=0, '~v'_0=1 -> y_0"),
        ("true true false) (fst b)", "true false false) (fst b)", "template 3 is not a_0=0, b_0=0 -> '~v'_0"),
        ("(nodes N)) 0", "(nodes N)) 1", "padding is not 0"),
        ("(fun _ => 0)", "(fun _ => 1)", "the number of steps is not 2"),
    ],
)
def test_a_compiler_of_netlists_that_differs_is_refuted_at_the_template(programs, old, new, message):
    change(programs, "Netlists.v", old, new)
    record(programs)
    verdict = conclude(agree(Theory(programs), "one", [of(NOR_OF_OR)]))
    assert verdict.kind == "refuted"
    assert f"compiled_circuit nor is not the Python program: {message}" in verdict.reason


@pytest.mark.parametrize(
    ("netlist", "message"),
    [
        (Netlist("xor", ("a", "b"), ("y",), (("y", Cover(("a", "b"), ("10", "01"), 1)),)), "one cube, got 2 for 'y'"),
        (Netlist("held", ("a",), ("q",), (), (Latch("q", "a", 0),)), "held: .* no latches"),
    ],
)
def test_a_netlist_that_is_not_a_circuit_of_the_theory_is_refused(netlist, message):
    with pytest.raises(InputError, match=message):
        Terms().circuit(netlist)


PROOFS = ("Balance", "Counting", "Gram", "Rounding", "Execution", "NetlistRun", "CircuitRun")
PROVED = """\
From Coq Require Import List Arith.
From NtkProofs Require Import Kernels Templates Programs Netlists.
From NtkProofs Require NetlistRun CircuitRun.
(** Every signal has its value. *)
"""


@pytest.fixture
def netlists(programs):
    """The part of the theory that is about netlists, with its first theorem, recorded."""
    for name in PROOFS:
        (programs / f"{name}.v").write_text((COQ / f"{name}.v").read_text())
    stated = re.search(r"^Theorem netlist :.*?Qed\.", (COQ / "Statements.v").read_text(), re.MULTILINE | re.DOTALL)
    (programs / "Statements.v").write_text(f"{PROVED}{stated.group()}\n")
    record(programs)
    return programs


@pytest.mark.usefixtures("coq_cache")
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("Netlists.v", "Gate b [on b]", "Gate b [off b]", r"NetlistRun\.v, line \d+ \(lemma step_holds_inputs\): "),
        (
            "Netlists.v",
            "[output g]) (nodes N)",
            "[]) (nodes N)",
            r"NetlistRun\.v, line \d+ \(theorem netlist_counts\): ",
        ),
        ("Netlists.v", "S (list_max", "(list_max", r"NetlistRun\.v, line \d+ \(theorem levels_are_ranks\): "),
        (
            "Statements.v",
            "(depth N <= steps)",
            "(depth N <= S steps)",
            r"Statements\.v, line \d+ \(theorem netlist\): ",
        ),
        ("Statements.v", "well_formed N -> ", "", r"Statements\.v, line \d+ \(theorem netlist\): "),
    ],
)
def test_a_false_compiler_and_a_stronger_statement_have_no_proof(netlists, file, old, new, message):
    change(netlists, file, old, new)
    with pytest.raises(ProofRefused, match=rf"{file[:-2]}.* differs from the record|statement netlist differs"):
        Theory(netlists).proof("netlist")
    record(netlists)
    with pytest.raises(ProofRefused, match=message):
        Theory(netlists).proof("netlist")


def test_a_weakened_statement_about_netlists_differs_from_the_record(netlists):
    change(netlists, "Statements.v", "(depth N <= steps)", "(S (depth N) <= steps)")
    with pytest.raises(ProofRefused, match="statement netlist differs from the record"):
        Theory(netlists).proof("netlist")


REDEFINED = 'Notation "x = y" := (@eq _ x x) : type_scope.\n'
FOUR = (
    "Template [on (p, i); on (q, i)] [(c, i)];\n      Template [on (c, i)]",
    "Template [on (c, i)]",
)  # addition without its third rule


@pytest.mark.usefixtures("coq_cache")
def test_a_theory_cannot_redefine_the_words_of_a_question(programs, monkeypatch):
    """Addition loses a rule, and equality its right side: refused by the record, by the audit, and by the question."""
    change(programs, "Programs.v", *FOUR)
    (programs / "Programs.v").write_text((programs / "Programs.v").read_text() + REDEFINED)
    monkeypatch.setattr(theorems, "forbidden", lambda source, file: [])
    with pytest.raises(ProofRefused, match=r"definition file Programs\.v differs from the record"):
        agree(Theory(programs), "some", SOME)
    record(programs)
    verdict = conclude(agree(Theory(programs), "some", SOME))
    assert verdict.kind == "refuted"
    assert "addition 1 is not the Python program: the number of templates is not 4" in verdict.reason
    monkeypatch.undo()
    with pytest.raises(ProofRefused, match=r"Programs\.v, line \d+: `Notation` changes the syntax of Coq"):
        agree(Theory(programs), "some", SOME)


@pytest.mark.parametrize("name", ["Kernels.v", "Templates.v", "Programs.v", "Netlists.v"])
def test_every_file_that_a_question_needs_must_be_as_recorded(programs, name):
    (programs / name).write_text((programs / name).read_text() + "(* changed *)\n")
    with pytest.raises(ProofRefused, match=rf"definition file {name} differs from the record"):
        agree(Theory(programs), "some", SOME)
    (programs / "statements.json").unlink()
    with pytest.raises(ProofRefused, match=r"has no statements\.json"):
        agree(Theory(programs), "some", SOME)


@pytest.mark.parametrize(
    "term",
    [
        "",
        "addition",
        "addition  1",
        "addition 1\n",
        "addition (1)",
        "addition \u0661",
        "addition 1 = addition",
        "permutation 2 (fun i => i)",
        "permutation 2 [1, 0]",
        "permutation 2 []",
        "Programs.addition 1",
        "addition 1). Axiom a : False. Check (addition 1",
    ],
)
def test_a_term_is_a_name_with_numbers_and_lists(term):
    if term == "addition":
        assert Pair(term, addition(1)).term == term
        return
    with pytest.raises(InputError, match="is not a name followed by numbers and lists of numbers"):
        Pair(term, addition(1))


def test_what_is_written_for_coq_uses_full_names_and_constructors_alone():
    terms = Terms()
    program = TemplateProgram("mine", fields={"a_b": 2})
    program.template(when={("a_b", 1): 1}, write=[("a_b", 0)])
    written = "\n".join([terms.program(program), *terms.definitions()])
    assert not set(written) & set('"[]<>+*/%=') - {"="}
    words = set(re.findall(r"(?<![\w.])[A-Za-z][\w.]*", written.replace("Definition", "")))
    words = {word.removesuffix(".") for word in words}
    ours = {word for word in words if re.fullmatch(r"number_\d+|text_\d+", word)}
    assert {word.split(".")[0] for word in words - ours} == {"Coq", "NtkProofs"}
    for wrong in (-1, 1 << 20):
        with pytest.raises(InputError, match="a number exported to Coq"):
            terms.number(wrong)
    with pytest.raises(InputError, match="a name exported to Coq"):
        terms.text("\u03b1")


@pytest.mark.usefixtures("coq_cache")
def test_programs_made_equal_by_an_axiom_are_refused(programs):
    change(
        programs,
        "Programs.v",
        "Definition addition (l : nat) : program :=",
        "Axiom addition : nat -> program.\nDefinition addition_before (l : nat) : program :=",
    )
    with pytest.raises(ProofRefused, match=r"Programs\.v, line \d+: `Axiom` introduces an assumption"):
        agree(Theory(programs), "some", SOME)


def test_nothing_agrees_with_nothing(programs):
    with pytest.raises(InputError, match="no programs to compare"):
        agree(Theory(programs), "none", [])


# --- caches and compilers

FAKE = """\
#!/bin/sh
case "$1" in
  --print-version) echo "8.16.1 4.13.1";;
  -where) {coqc} -where;;
  *) for last; do :; done
     sed -n 's/.*idtac "\\(.*:.*\\)". Abort.*/\\1\\nClosed under the global context/p' "$last"
     echo > "${{last%.v}}.vo";;
esac
"""


def test_what_a_stranger_compiled_is_not_believed_by_another(folder, coq_cache, tmp_path, monkeypatch):  # noqa: F811
    """A compiler that accepts everything is believed by itself alone; the cache does not hand its results on."""
    change(folder, "Lemmas.v", "0 <= twice n", "1 <= twice n")
    change(folder, "Statements.v", "0 <= twice n", "1 <= twice n")
    record(folder)
    coqc = find_coqc().path
    for name, text in (("coqc", FAKE.format(coqc=coqc)), ("coqchk", f"#!/bin/sh\ncat <<'E'\n{ACCEPTS}\nE\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert Theory(folder).proof("twice_grows").outcome == "holds"
    monkeypatch.undo()
    with pytest.raises(ProofRefused, match=r"Lemmas\.v, line 5 \(lemma twice_grows\): Coq rejects it"):
        Theory(folder).proof("twice_grows")


ACCEPTS = "\n".join(f"* {title}: <none>" for title in recheck._SECTIONS)


@pytest.mark.usefixtures("coq_cache")
def test_what_coqchk_accepted_is_kept_and_what_it_refused_is_not(folder, tmp_path, monkeypatch):
    log = tmp_path / "log"
    log.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    real = recheck.find_coqchk(find_coqc())
    script = tmp_path / "coqchk"
    script.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {real} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setattr(recheck, "find_coqchk", lambda coqc: str(script))
    for expected in (["Terms", "Lemmas", "Statements"], []):
        assert Theory(folder).proof("twice_zero").outcome == "holds"
        assert re.findall(r"-norec NtkProofs\.(\w+)", log.read_text()) == expected
        log.write_text("")
    change(folder, "Lemmas.v", "Lemma twice_grows", "Lemma one : 1 = 1.\nProof. reflexivity. Qed.\nLemma twice_grows")
    Theory(folder).proof("twice_zero")
    assert re.findall(r"-norec NtkProofs\.(\w+)", log.read_text()) == ["Lemmas", "Statements"]
    script.write_text("#!/bin/sh\necho no; exit 1\n")
    change(folder, "Lemmas.v", "1 = 1", "2 = 2")
    for _ in range(2):
        with pytest.raises(ProofRefused, match="coqchk rejects the file: no"):
            Theory(folder).proof("twice_zero")


@pytest.mark.usefixtures("coq_cache")
def test_without_coqchk_nothing_is_proved(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(recheck, "find_coqchk", lambda coqc: "")
    verdict = conclude(Theory(folder).proof("twice_zero"))
    assert (verdict.kind, "coqchk not found: apt-get install coq" in verdict.reason) == ("undecided", True)


def test_the_fingerprint_follows_contents(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    library = tmp_path / "coq" / "theories"
    library.mkdir(parents=True)
    compiler, vo = tmp_path / "coqc", library / "Init.vo"
    compiler.write_text(f"#!/bin/sh\necho {library.parent}\n")
    compiler.chmod(0o755)
    vo.write_bytes(b"one")
    seen = []
    for content in (b"one", b"two", b"one"):
        vo.write_bytes(content)
        os.utime(vo, (1, 1))
        installed._fingerprint.cache_clear()
        seen.append(installed.fingerprint(Coqc(str(compiler), "8.16.1")))
    assert seen[0] == seen[2] != seen[1]
    compiler.write_text(compiler.read_text() + "# another\n")
    installed._fingerprint.cache_clear()
    assert installed.fingerprint(Coqc(str(compiler), "8.16.1")) != seen[0]


def test_a_run_without_cache_begins_with_an_empty_one(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    write_cache("a", b"before")
    with one_run(cache=False):
        inside = cache_folder()
        assert read_cache("a") is None
        assert write_cache("b/c", b"new")
        assert read_cache("b/c") == b"new"
    assert not inside.exists()
    assert (read_cache("a"), read_cache("b/c")) == (b"before", None)
    assert not {"NTKPROOFS_CACHE", "NTKPROOFS_BEGAN"} & os.environ.keys()
