"""Machine code for functions of integers that are written in a small subset of Python (extra ``fast``: llvmlite).

One source has two meanings that agree: called as it is, a function works on lists; :func:`compiled` translates it to
LLVM, for arrays of 32-bit integers. Without llvmlite it is called as it is.

The subset: parameters annotated ``int`` or ``Array``; assignments to names and to entries of arrays, also augmented;
``if``, ``while``, ``for ... in range(...)``, ``break``, ``continue`` and ``return``; integers, names, integers of the
module, entries, the operators ``+ - * & | ^``, single comparisons, ``and`` of them as a condition, and calls of
functions of the module that are in the subset. Anything else is an InputError. Names are 64-bit integers: the caller
ensures that no number exceeds 63 bits, and no entry 31. Indices are not checked, and different arguments must be
different arrays.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from functools import cache
from textwrap import dedent
from types import FunctionType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ntkproofs.errors import InputError
from ntkproofs.execution.compiled.machine_code import MachineCode

__all__ = ["Array", "Function", "compiled"]

Array: TypeAlias = list[int]  # of a compiled function: NDArray[np.int32]
Function: TypeAlias = Callable[..., int]

_COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_OPERATED = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
}


@cache
def compiled(function: Function) -> Function:
    """Return a function compiled to machine code, with those that it calls.

    Its arguments are integers, and contiguous arrays of ``int32`` in place of lists. Requires llvmlite
    (:func:`ntkproofs.execution.compiled.available`). Raises InputError for a source that is not in the subset.
    """
    from llvmlite import ir

    module = ir.Module(function.__name__)
    arrays = _Functions(ir, module).add(function).arrays
    code = MachineCode(f"{module}", function.__name__, len(arrays), optimise=True)

    def call(*arguments: int | NDArray[np.int32]) -> int:
        pairs = zip(arguments, arrays, strict=True)
        return code.call(*(_address(argument) if array else argument for argument, array in pairs))

    return call


def _address(argument: object) -> int:
    if not isinstance(argument, np.ndarray) or argument.dtype != np.int32 or not argument.flags.c_contiguous:
        raise InputError(f"a contiguous array of int32 is required, got {type(argument).__name__}")
    return int(argument.ctypes.data)


class _Functions:
    """The functions of a module of LLVM, each translated when it is first called."""

    def __init__(self, ir: Any, module: Any) -> None:
        self.ir, self.module = ir, module
        self._translated: dict[FunctionType, _Translation | None] = {}

    def add(self, function: object) -> _Translation:
        """Return the translation of a function."""
        if not isinstance(function, FunctionType):
            raise InputError(f"a function is compiled, got {function!r}")
        if function not in self._translated:
            self._translated[function] = None
            self._translated[function] = _Translation(self, function)
        translation = self._translated[function]
        if translation is None:
            raise InputError(f"{function.__name__}: a compiled function must not call itself")
        return translation


class _Translation:
    """The translation of a function to LLVM; `arrays`: whether each parameter is an array."""

    def __init__(self, functions: _Functions, function: FunctionType) -> None:
        (definition,) = ast.parse(dedent(inspect.getsource(function))).body
        if not isinstance(definition, ast.FunctionDef):
            raise _unknown(definition)
        ir = functions.ir
        self.functions, self.globals = functions, function.__globals__
        self.integer, self.item = ir.IntType(64), ir.IntType(32)
        parameters = definition.args.args
        self.arrays = [_is_array(parameter) for parameter in parameters]
        types = [self.item.as_pointer() if array else self.integer for array in self.arrays]
        self.function = ir.Function(functions.module, ir.FunctionType(self.integer, types), function.__name__)
        entry, begin = (self.function.append_basic_block() for _ in range(2))
        self.build = ir.IRBuilder(entry)
        self.build.branch(begin)
        self.build.position_at_end(begin)
        self.loops: list[tuple[Any, Any]] = []  # where `continue` and `break` go
        named = list(zip(parameters, self.function.args, self.arrays, strict=True))
        self.array_of = {parameter.arg: value for parameter, value, array in named if array}
        self.memory_of = {name: self._memory() for name in self._integers(definition)}
        for parameter, value, array in named:
            if array:
                value.add_attribute("noalias")
            else:
                self.build.store(value, self.memory_of[parameter.arg])
        self._body(definition.body)
        if not self.build.block.is_terminated:
            raise InputError(f"{function.__name__}: the end of a compiled function must be a return")

    def _integers(self, definition: ast.FunctionDef) -> list[str]:
        """Return the names of all integers: parameters, and names that are assigned to."""
        assigned = {
            node.id for node in ast.walk(definition) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        if clash := assigned & set(self.array_of):
            raise InputError(f"an array cannot be assigned to: {', '.join(sorted(clash))}")
        return sorted(assigned | {parameter.arg for parameter in definition.args.args} - set(self.array_of))

    def _memory(self) -> Any:
        """Return the memory of an integer, which is 0 until it is assigned to."""
        with self.build.goto_entry_block():
            memory = self.build.alloca(self.integer)
            self.build.store(self.integer(0), memory)
        return memory

    # --- statements

    def _body(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            method = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if method is None or self.build.block.is_terminated:  # after a return or a break
                raise _unknown(statement)
            method(statement)

    def _expr(self, statement: ast.Expr) -> None:
        """Translate a call, or a docstring."""
        if isinstance(statement.value, ast.Call):
            self._call(statement.value)
        elif not isinstance(statement.value, ast.Constant) or not isinstance(statement.value.value, str):
            raise _unknown(statement)

    def _assign(self, statement: ast.Assign) -> None:
        if len(statement.targets) != 1:
            raise _unknown(statement)
        self._store(statement.targets[0], self._value(statement.value))

    def _augassign(self, statement: ast.AugAssign) -> None:
        self._store(statement.target, self._operate(statement, self._load(statement.target), statement.value))

    def _return(self, statement: ast.Return) -> None:
        if statement.value is None:
            raise _unknown(statement)
        self.build.ret(self._value(statement.value))

    def _if(self, statement: ast.If) -> None:
        inside, after = self._block(), self._block()
        otherwise = self._block() if statement.orelse else after
        self._branch(statement.test, inside, otherwise)
        self._fill(inside, statement.body, after)
        if statement.orelse:
            self._fill(otherwise, statement.orelse, after)
        self.build.position_at_end(after)

    def _while(self, statement: ast.While) -> None:
        self._loop(statement, lambda inside, after: self._branch(statement.test, inside, after), _nothing, _nothing)

    def _for(self, statement: ast.For) -> None:
        """Translate a loop over a range, whose number may be assigned to in the body, as in Python."""
        call, number = statement.iter, statement.target
        if not isinstance(call, ast.Call) or ast.unparse(call.func) != "range" or not isinstance(number, ast.Name):
            raise _unknown(statement)
        if not 1 <= len(call.args) <= 2 or call.keywords:
            raise _unknown(statement)
        first = self._value(call.args[0]) if len(call.args) == 2 else self.integer(0)
        end, counter = self._value(call.args[-1]), self._memory()
        self.build.store(first, counter)

        def test(inside: Any, after: Any) -> None:
            self.build.cbranch(self.build.icmp_signed("<", self.build.load(counter), end), inside, after)

        def enter() -> None:
            self._store(number, self.build.load(counter))

        def advance() -> None:
            self.build.store(self.build.add(self.build.load(counter), self.integer(1)), counter)

        self._loop(statement, test, enter, advance)

    def _loop(
        self,
        statement: ast.While | ast.For,
        test: Callable[[Any, Any], None],
        enter: Callable[[], None],
        advance: Callable[[], None],
    ) -> None:
        if statement.orelse:
            raise _unknown(statement)
        head, inside, following, after = (self._block() for _ in range(4))
        self.build.branch(head)
        self.build.position_at_end(head)
        test(inside, after)
        self.build.position_at_end(inside)
        enter()
        self.loops.append((following, after))
        self._fill(self.build.block, statement.body, following)
        self.loops.pop()
        self.build.position_at_end(following)
        advance()
        self.build.branch(head)
        self.build.position_at_end(after)

    def _branch(self, test: ast.expr, inside: Any, otherwise: Any) -> None:
        """Go on with one block if a condition holds, else with the other; ``and`` stops at what does not hold."""
        parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
        for part in parts[:-1]:
            following = self._block()
            self.build.cbranch(self._condition(part), following, otherwise)
            self.build.position_at_end(following)
        self.build.cbranch(self._condition(parts[-1]), inside, otherwise)

    def _break(self, _: ast.Break) -> None:
        self.build.branch(self.loops[-1][1])

    def _continue(self, _: ast.Continue) -> None:
        self.build.branch(self.loops[-1][0])

    def _block(self) -> Any:
        return self.build.append_basic_block()

    def _fill(self, block: Any, statements: Sequence[ast.stmt], after: Any) -> None:
        """Translate statements into a block, which continues with the block `after`."""
        self.build.position_at_end(block)
        self._body(statements)
        if not self.build.block.is_terminated:
            self.build.branch(after)

    # --- expressions

    def _value(self, node: ast.expr) -> Any:
        """Return an expression as a 64-bit integer."""
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return self.integer(node.value)
        if isinstance(node, ast.Name | ast.Subscript):
            return self._load(node)
        if isinstance(node, ast.BinOp):
            return self._operate(node, self._value(node.left), node.right)
        if isinstance(node, ast.Compare):
            return self.build.zext(self._condition(node), self.integer)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise _unknown(node)

    def _operate(self, node: ast.BinOp | ast.AugAssign, left: Any, right: ast.expr) -> Any:
        name = _OPERATED.get(type(node.op))
        if name is None:
            raise _unknown(node)
        return getattr(self.build, name)(left, self._value(right))

    def _condition(self, node: ast.expr) -> Any:
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            raise _unknown(node)
        sign = _COMPARED.get(type(node.ops[0]))
        if sign is None:
            raise _unknown(node)
        return self.build.icmp_signed(sign, self._value(node.left), self._value(node.comparators[0]))

    def _call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise _unknown(node)
        called = self.functions.add(self.globals.get(node.func.id))
        if len(called.arrays) != len(node.args):
            raise _unknown(node)
        called.function.linkage = "internal"  # it is inlined
        pairs = zip(node.args, called.arrays, strict=True)
        return self.build.call(
            called.function, [self._array(item) if array else self._value(item) for item, array in pairs]
        )

    def _load(self, node: ast.expr) -> Any:
        if not isinstance(node, ast.Name):
            return self.build.sext(self.build.load(self._item(node)), self.integer)
        if node.id in self.memory_of:
            return self.build.load(self.memory_of[node.id])
        constant = self.globals.get(node.id)
        if type(constant) is not int or node.id in self.array_of:
            raise _unknown(node)
        return self.integer(constant)

    def _store(self, node: ast.expr, value: Any) -> None:
        if isinstance(node, ast.Name):
            self.build.store(value, self.memory_of[node.id])
        else:
            self.build.store(self.build.trunc(value, self.item), self._item(node))

    def _item(self, node: ast.expr) -> Any:
        """Return the address of an entry of an array."""
        if not isinstance(node, ast.Subscript):
            raise _unknown(node)
        return self.build.gep(self._array(node.value), [self._value(node.slice)])

    def _array(self, node: ast.expr) -> Any:
        if not isinstance(node, ast.Name) or node.id not in self.array_of:
            raise _unknown(node)
        return self.array_of[node.id]


def _is_array(parameter: ast.arg) -> bool:
    name = "" if parameter.annotation is None else ast.unparse(parameter.annotation)
    if name not in ("int", "Array"):
        raise _unknown(parameter)
    return name == "Array"


def _nothing() -> None:
    pass


def _unknown(node: ast.AST) -> InputError:
    return InputError(f"line {getattr(node, 'lineno', '?')}: {ast.unparse(node)!r} is not in the subset of Python")
