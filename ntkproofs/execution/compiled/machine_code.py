"""Machine code: compile LLVM assembly for the processor of this machine, with llvmlite."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

__all__ = ["MachineCode", "Target", "available", "target"]

OPTIMISATION = 1  # of the code generator; the assembly is written in its final form


def available() -> bool:
    """Return whether llvmlite is installed."""
    return find_spec("llvmlite") is not None


@dataclass(frozen=True)
class Target:
    """The processor: `words` of 64 bits in a vector register, and whether it has any function of three bits."""

    words: int
    ternary: bool


@cache
def target() -> Target:
    """Return the processor of this machine."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    wide = bool(features.get("avx512f"))
    return Target(8 if wide else 4 if features.get("avx2") else 2, wide)


def _code_generator() -> Any:
    """Return a code generator for this machine; each compiled module owns one."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=OPTIMISATION,
        jit=True,
    )


class MachineCode:
    """A compiled function of the module `assembly`; all arguments are 64 bits, and so is the result.

    `optimise`: whether the assembly is optimised first, by the standard passes of LLVM.
    """

    def __init__(self, assembly: str, name: str, arguments: int, *, optimise: bool = False) -> None:
        from llvmlite import binding

        module, generator = binding.parse_assembly(assembly), _code_generator()
        if optimise:
            passes = binding.create_pass_builder(generator, binding.create_pipeline_tuning_options(speed_level=3))
            passes.getModulePassManager().run(module, passes)
        self._engine = binding.create_mcjit_compiler(module, generator)  # owns the memory of the code
        self._engine.finalize_object()
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * arguments)
        self.call: Callable[..., int] = kind(self._engine.get_function_address(name))
