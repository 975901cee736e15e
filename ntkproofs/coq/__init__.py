"""Proofs in Coq: theories, their theorems as findings, decided inequalities as lemmas, and agreement of programs.

* :mod:`.compiler` runs ``coqc``, :mod:`.recheck` runs ``coqchk``, :mod:`.installed` computes a digest of the
  installation
* :mod:`.text`, :mod:`.permitted`, :mod:`.recursion`, :mod:`.audit` parse sources and check them against allow-lists
* :mod:`.statements` reads the statements of a theory, :mod:`.builds` compiles its files, :mod:`.theory` returns each
  theorem as a finding
* :mod:`.lemmas` exports decided inequalities as lemmas, :mod:`.inequalities` proves them with the tactic ``interval``
* :mod:`.programs`, :mod:`.agreement` prove that the programs of a theory equal those of this package
"""
