"""A list of mistakes put into the checker's own code, one at a time: the attacks must notice every one of them."""

import hashlib
import json

import pytest
from flint import arb, ctx, fmpz
from forgery import ACCEPTED, sign, valid
from mutants import module_of
from test_forgeries import FORGERIES

from ntkproofs import checker

MISTAKES = {
    "division rounds one end only": ("max(-(-top // bottom)", "max(top // bottom"),
    "product rounds one end only": ("-(-max(products) >> FRACTION_BITS)", "max(products) >> FRACTION_BITS"),
    "root rounds down twice": ("high if high * high == top else high + 1", "high"),
    "division through zero": ("if other.low <= 0 <= other.high:", "if other.low == 0 == other.high:"),
    "root below zero": ("if self.low < 0:\n            raise Rejected(\"a square", "if self.high < 0:\n            raise Rejected(\"a square"),
    "logarithm at zero": ("if self.low <= 0:\n            raise Rejected(\"a log", "if self.high < 0:\n            raise Rejected(\"a log"),
    "even power of a sign change": ("0 if self.low <= 0 <= self.high else min(ends)", "min(ends)"),
    "exp of the sum only": ("low, high = total, total + 128", "low, high = total, total"),
    "atan: a wrong sign": ("if divisor % 4 == 1 else -(power // divisor)", "if divisor % 4 == 3 else -(power // divisor)"),
    "subtraction of the wrong ends": ("Interval(self.low - other.high, self.high - other.low)", "Interval(self.low - other.low, self.high - other.high)"),
    "digest not compared": ('if certificate["claim_sha256"] != digest:', "if False:"),
    "floats read": ("parse_float=_no_float", "parse_float=_short_integer"),
    "NaN read": ("parse_constant=_no_float, ", "parse_constant=str, "),
    "duplicate keys": ("if len(result) < len(pairs):", "if False:"),
    "long numbers": ("if len(digits) > MAX_DIGITS:", "if False:"),
    "deep nesting": ("            if depth > MAX_DEPTH:", "            if False:"),
    "unknown keys": ("        if key not in names:", "        if False:"),
    "missing keys": ("        if name not in value:", "        if False:"),
    "true is 1": ("if type(value) is not int:\n        raise Rejected(f\"{where} is not an int", "if not isinstance(value, int):\n        raise Rejected(f\"{where} is not an int"),
    "positions out of range": ("if value < low or (high is not None and value > high):", "if value < low:"),
    "positions twice": ("    if len(set(positions)) < len(positions):", "    if False:"),
    "writers counted once": ("Counter(position for _, write in templates for position in write)", "Counter({position for _, write in templates for position in write})"),
    "padding not counted": ("return len(self.templates) + self.padding", "return len(self.templates)"),
    "contradiction with itself": ("requiring.get((position, 1 - value), 0)", "requiring.get((position, value), 0)"),
    "contradiction with one is enough": ("if opposed | 1 << member != everyone:", "if not opposed | 1 << member:"),
    "groups not a partition": ("if sorted(members) != list(range(len(program.templates))):", "if False:"),
    "one group too few": ("return len(groups)", "return len(groups) - 1"),
    "zeros forgotten": ("ranges.append(Range(1, min(most, others), 0, others, t))", "pass"),
    "ones forgotten": ("ranges.append(Range(1, most, 1, others, t))", "pass"),
    "the largest p for the least": ("return max(self.least, n - self.others)", "return min(n, self.t) if self.least else 0"),
    "half of a range": ("        new = part.halves()", "        new = part.halves()[:1]"),
    "the first range popped": ("        if len(part) == 1:\n            return z\n        new", "        return z\n        new"),
    "a lower bound of the variance": ("Interval(max(0, bound.high), max(0, bound.high)).sqrt()", "Interval(max(0, bound.low), max(0, bound.low)).sqrt()"),
    "the mean at the first n": ("left, right = self.row(first), self.row(last)", "left, right = self.row(first), self.row(first)"),
    "t n of the first for all": ("        n = Interval(part.first * ONE, part.last * ONE)", "        n = Interval(part.first * ONE, part.first * ONE)"),
    "first state forgotten": ("    for number in range(1, steps + 1):", "    for number in range(1, steps):"),
    "requirement of 0 ignored": ("match &= state[position] if value else every ^ state[position]", "match &= state[position] if value else every"),
    "carry lost": ("digits[index], carry = digit ^ carry, digit & carry", "digits[index], carry = digit ^ carry, 0"),
    "kernels exchanged": ('{"ntk": 2, "nngp": 1}[kernel]', '{"ntk": 1, "nngp": 2}[kernel]'),
    "unmatched weight without sign": ("u, S1 = self.along + self.slope * sum_", "u, S1 = self.along - self.slope * sum_"),
    "training without effect": ("        if training is not None:\n            self.along", "        if False:\n            self.along"),
    "one eigenvalue for both": ("training.left(self.contrast / own)", "training.left(total / own)"),
    "the other eigenvalue": ("training.left(total / own)", "training.left(self.contrast / own)"),
    "the unit of the kernel": ("training.left(total / own)", "training.left(total / pi().times(2))"),
    "the unit of the kernel across": ("training.left(self.contrast / own)", "training.left(self.contrast)"),
    "samples without a variance": ("self.first = 2 if training is None else 1", "self.first = 2"),
    "one step more": ("self.steps is None:\n            return (-exponent).exp()", "self.steps is None:\n            return (-exponent - exponent).exp()"),
    "a power too few": ("squared_repeatedly(self.steps)", "squared_repeatedly(self.steps + 1)"),
    "steps too large": ("if exponent.low >= 2 * ONE:", "if False:"),
    "steps perhaps too large": ("if exponent.high >= 2 * ONE:", "if False:"),
    "steps backwards": ("        if size <= 0:\n            raise Rejected(f\"training", "        if False:\n            raise Rejected(f\"training"),
    "rounding without training": ("predictor = Predictor(kernel, program.samples, training)", "predictor = Predictor(kernel, program.samples)"),
    "an ensemble without training": ("Predictor(ensemble.kernel, program.samples, ensemble.training)", "Predictor(ensemble.kernel, program.samples)"),
    "the union without samples": ("if n >= predictor.first:", "if n > 1:"),
    "ranges without samples": ("if part.first == first == 1:", "if False:"),
    "mean without the others": ("return (self.across * excess).times(p) + u.times(t)", "return (self.across * excess).times(p)"),
    "variance of K networks": ("total / pi().times(2 * K)", "total / pi().times(2 * K * K)"),
    "unwritten bit at threshold 0": ("if t == 0 and threshold == 0:", "if False:"),
    "gap beyond the threshold": ("if distance.high <= 0:", "if False:"),
    "gap of ones for all": (" if p else (Interval.of(threshold) - mean)", ""),
    "rounding: no gap": ("            gap(predictor.mean(n, p, t), Fraction(0), n, p, t)", "            pass"),
    "the largest margin": ("heappush(queue, (z.low, part", "heappush(queue, (-z.low, part"),
    "even convergent": ("CONVERGENT = 41", "CONVERGENT = 4"),
    "tail without the density": ("(x * x + pi().times(2).log()) / Interval.of(2)", "(x * x) / Interval.of(1)"),
    "no root of the networks": ("tail(Interval(z.low, z.low) * Interval.of(networks).sqrt())", "tail(Interval(z.low, z.low) * Interval.of(networks))"),
    "failure of any size": ("if not (0 < failure < 1 and 0 <= threshold < 1):", "if False:"),
    "steps of the states": ("if states.steps is not None and states.steps != steps:", "if False:"),
    "inputs of other states": ("if states.starts is not None and starts != states.starts:", "if False:"),
    "inputs beyond all": ("    if count > 1 << free:", "    if False:"),
    "union over inputs only": ("inputs * steps * ensemble.bits", "inputs"),
    "union over one bit": ("inputs * steps * ensemble.bits", "inputs * steps"),
    "the withdrawn wording": ('    if "width" in claim or "outputs" in claim:', "    if False:"),
    "too few networks accepted": ("if needed.low > attained.high:", "if False:"),
    "zeros of written bits dropped": ("(part.t or not dropped)", "(part.least or not dropped)"),
    "unwritten bits in the union": ("if t or not self.dropped)", "if t and self.dropped)"),
    "names of any kind": ("[A-Za-z0-9_.-]{0,63}", ".*"),
    "names of fields of any kind": ("[!#-&(-_a-~]{1,200}", ".*"),
    "padding not in the digest": ('("fields", "padding", "templates")}', '("fields", "templates")}'),
    "a program without fields": ("    if not names:", "    if False:"),
    "root of less than 0": ("        if self.low < 0:\n            raise Rejected(\"a square", "        if self.low < -1:\n            raise Rejected(\"a square"),
    "logarithm of 0": ("        if self.low <= 0:\n            raise Rejected(\"a log", "        if self.low < 0:\n            raise Rejected(\"a log"),
    "exp far below 0": ("return Interval(0, 1) if -end", "return Interval(0, 0) if -end"),
    "nothing varies": ("    if z is not None:", "    if True:"),
    "a source that is no object": ("    if type(source) is not dict:", "    if False:"),
    "a source without a head": ('{"head": 0} if source.get("format") == "turing" else {}', "{}"),
    "a source without a period": ('"period" if "period" in source else "steps"', '"steps"'),
    "a source without a text": ('if type(source["text"]) is not str or not source["text"]:', "if False:"),
    "a source with other starts": ('    _starts({"free": source["inputs"]', '    ({"free": source["inputs"]'),
    "outputs of a source anywhere": ('        _integer(position, 0, bits - 1, "source: outputs")', "        pass"),
    "numbers of a source of any kind": ('        _integer(source[key], least, None, f"source: {key}")', "        pass"),
    "a source without a remark": ('f"\\nsource: {verified.source}" if verified.source else text', "text"),
    "nothing verified": ("    if facts < 1:", "    if False:"),
}  # fmt: skip


@pytest.fixture(scope="module")
def files():
    """Every forgery with code and message, and every valid certificate."""
    forged = [(make(), code, message) for make, code, message in FORGERIES.values()]
    return [(data, code, message) for data, code, message in forged if len(data) < 600_000] + [
        (sign(document), ACCEPTED, message) for document in valid().values() for message in said(document)
    ]


def said(document):
    """Return what is said of an accepted certificate: the number of facts, the digest of the templates."""
    program = document["claim"].get("program")
    content = {key: value for key, value in (program or {}).items() if key != "name"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    templates = [f"templates with SHA-256 {hashlib.sha256(text).hexdigest()}"] if program else []
    templates += ["is not checked by this program"] * ("source" in document["claim"])
    return [f"facts: {checker.check(sign(document)).facts}", *templates]


def wrong_about_certificates(module, files):
    """Tell whether a certificate gets another outcome, or another reason, than it must."""
    for data, code, message in files:
        got, text = module.judge(data)
        if got != code or message not in text:
            return True
    return False


def encloses(module):
    """Tell whether the functions contain the true values at some points, also on wide intervals."""
    before, ctx.prec = ctx.prec, 600
    try:
        bound, true = module.tail(module.Interval.of(1)), (arb("0.5").sqrt().erfc() / 2).log()
        above = arb(fmpz(bound.low)) > true * arb(fmpz(1 << checker.FRACTION_BITS))
        return (
            above
            and _refuses(lambda: module.Interval(-1, 5).sqrt(), module.Rejected)
            and _refuses(lambda: module.Interval.of(1) / module.Interval(-1, 5), module.Rejected)
            and all(
                _encloses(module, numerator, denominator) for numerator in range(1, 40) for denominator in (1, 7, 64)
            )
        )
    except (module.Rejected, ValueError, TimeoutError):
        return False
    finally:
        ctx.prec = before


def _refuses(function, error):
    try:
        function()
    except error:
        return True
    return False


def _encloses(module, numerator, denominator):
    fraction = checker.Fraction(numerator, denominator)
    point, value = module.Interval.of(fraction), arb(numerator) / denominator
    two = module.Interval(-point.high, point.high)  # from -value to value
    found = [
        (point.sqrt(), value.sqrt()),
        (point.atan(), value.atan()),
        (point.log(), value.log()),
        (point.exp(), value.exp()),
        (point * point, value * value),
        (module.Interval.of(1) / point, 1 / value),
        (module.Interval.of(-1) / point, -1 / value),
        (two.power(2), arb(0)),
        (two - two, value),
        (two - two, -value),
        (module.Interval.of(-5000).exp(), arb(-5000).exp()),
        (module.Interval.of(-4096).exp(), arb(-4096).exp()),
    ]
    scale = arb(fmpz(1 << checker.FRACTION_BITS))
    return all(not (arb(fmpz(i.low)) > v * scale) and not (arb(fmpz(i.high)) < v * scale) for i, v in found)


def test_the_checker_itself_passes(files):
    assert not wrong_about_certificates(checker, files)
    assert encloses(checker)


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("name", MISTAKES)
def test_the_mistake_is_noticed(name, files):
    module = module_of(*MISTAKES[name])
    assert not encloses(module) or wrong_about_certificates(module, files)
