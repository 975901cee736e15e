"""One compiled formula, and the kinds of number that it is evaluated on.

* :mod:`.expressions` compiles a SymPy expression once, :mod:`.notation` prints it and reads it back
* :mod:`.balls` real intervals, held by their end points and rounded outward (Arb), :mod:`.digits` their decimal digits
* :mod:`.taylor` truncated power series over intervals: derivatives, :mod:`.germs` the same with exact coefficients,
  :mod:`.exact` numbers of ``Q(pi)``, :mod:`.normal_form` rational functions of symbols, roots and function values
"""
