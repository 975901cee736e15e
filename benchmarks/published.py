"""The published way: the infinitely wide network by neural-tangents, one input and one step at a time.

``python benchmarks/published.py BITS STEPS`` prints the seconds of processor time of a step of multiplication, after
the first steps, which compile. Only this file requires neural-tangents. Version 0.6.5 cannot be imported with the
newest releases of JAX; a set that works, in an environment of its own, is ``pip install neural-tangents==0.6.5
jax==0.4.30 jaxlib==0.4.30 tf2jax==0.3.6 "scipy<1.15"``.
"""

import sys
import time

import jax
import neural_tangents as nt
import numpy as np
from neural_tangents import stax

from ntkproofs.programs import multiplication_task

WARM = 3


def main(bits: int, steps: int) -> None:
    jax.config.update("jax_enable_x64", True)
    task = multiplication_task(bits)
    program = task.program
    _, _, kernel = stax.serial(stax.Dense(1), stax.Relu(), stax.Dense(program.output_bits))
    predict = nt.predict.gradient_descent_mse_ensemble(
        kernel, np.eye(program.samples), program.labels.astype(float), diag_reg=0.0
    )
    state, begun = task.start((1 << bits) - 1, (1 << bits) - 1), 0.0
    for step in range(steps + WARM):
        if step == WARM:
            begun = time.process_time()
        mean = np.asarray(predict(x_test=program.encode(state)[None, :], get="ntk"))[0]
        following = program.unrow((mean > 1e-9).astype(np.uint8))
        assert following == program.step(state)
        state = following
    print((time.process_time() - begun) / steps)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
