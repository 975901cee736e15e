"""The Coq side: compiler and checker, audit of sources, theories with their theorems, inequalities as lemmas.

* :mod:`.compiler` runs ``coqc``; :mod:`.installed` says which Coq is there; :mod:`.recheck` runs ``coqchk``
* :mod:`.text`, :mod:`.permitted`, :mod:`.recursion`, :mod:`.audit` hold sources against lists of what they may contain
* :mod:`.statements`, :mod:`.builds`, :mod:`.theory` make a theorem of a theory a finding
* :mod:`.lemmas`, :mod:`.inequalities` put decided inequalities to the tactic ``interval``
* :mod:`.programs`, :mod:`.agreement` compare the programs of a theory with those of this package
"""
