"""Brute force with fractions: outputs of given networks, neuron by neuron. It shares no code with the package."""

from fractions import Fraction
from math import isqrt

import mpmath

from ntkproofs.weights.networks import Networks


def sign_of_root_sum(a, b, n):
    """The sign of ``a + b sqrt(n)``: of a rational number if n is a square, else by 600 digits."""
    if isqrt(n) ** 2 == n:
        value = a + b * isqrt(n)
        return (value > 0) - (value < 0)
    if a == b == 0:
        return 0
    with mpmath.workdps(1500):
        value = mpmath.mpf(a.numerator) / a.denominator + mpmath.mpf(b.numerator) / b.denominator * mpmath.sqrt(n)
        assert abs(value) > mpmath.mpf(10) ** -1200
        return int(mpmath.sign(value))


def brute_force(networks: Networks, matches) -> tuple[list[list[tuple[Fraction, Fraction]]], list[int]]:
    """Return a and b of every output ``a + b sqrt(n)``, ``[state][bit]``, and n (1 if no input matches)."""
    count, blocks, width, _ = networks.hidden.shape
    outputs, results, numbers = networks.output.shape[2], [], []
    for row in matches.tolist():
        inputs = [index for index, match in enumerate(row) if match]
        n = len(inputs) or 1
        values = []
        for block in range(blocks):
            for output in range(outputs):
                a = b = Fraction(0)
                for network in range(count):
                    for neuron in range(width):
                        weights = networks.hidden[network, block, neuron]
                        g = sum((Fraction(float(weights[index])) for index in inputs), Fraction(0)) / n
                        c = Fraction(0)
                        if networks.hidden_bias is not None:
                            c = Fraction(float(networks.hidden_bias[network, block, neuron]))
                        if sign_of_root_sum(c, g, n) > 0:
                            factor = Fraction(float(networks.output[network, block, output, neuron]))
                            a, b = a + factor * c, b + factor * g
                    if networks.output_bias is not None:
                        a += Fraction(float(networks.output_bias[network, block, output]))
                values.append((a / count, b / count))
        results.append(values)
        numbers.append(n)
    return results, numbers
