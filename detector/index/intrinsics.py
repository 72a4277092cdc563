"""What loops that Numba compiles are made of: two instructions that numpy has no word for, and a distance."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic


@intrinsic
def bits_set(_typing: Any, value: Any) -> Any:
    """How many bits of an integer are set (LLVM's ctpop)."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return value(value), generate


@intrinsic
def fetch(_typing: Any, array: Any, index: Any) -> Any:
    """Ask for array[index] to be brought into the cache (LLVM's prefetch); any index is harmless."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(builder.gep(held.data, [arguments[1]]), byte)
        shape = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], shape)
        builder.call(prefetch, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


@njit(nogil=True, cache=True)
def differing(codes: Any, row: int, query: Any) -> Any:
    """By how many bits codes[row] and `query` differ, both of uint64 parts."""
    distance = np.int64(0)
    for part in range(codes.shape[1]):
        distance += np.int64(bits_set(codes[row, part] ^ query[part]))
    return distance
