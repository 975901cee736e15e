"""Compiled formulas and the number types on which they are evaluated.

* :mod:`.expressions` compiles a SymPy expression to a straight-line program; :mod:`.notation` prints an expression and
  parses the text again
* :mod:`.balls` real intervals, computed with Arb and rounded outward; :mod:`.digits` their certain decimal digits
* :mod:`.taylor` truncated power series, over intervals or exact numbers; :mod:`.germs` expansions at a contact point,
  over both at once
* :mod:`.scales` and :mod:`.growth` functions that grow like logarithms, powers and exponentials at a contact point
* :mod:`.exact` the field ``Q(pi)``; :mod:`.constants` exact constants beyond it
* :mod:`.normal_form` rational functions of symbols, roots and function values
"""
