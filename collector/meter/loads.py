"""The readers of `octets` as single loads, a block copy, and the prefetch instruction, for Numba.

Python cannot say "load eight octets at once": Numba compiles a reader written octet by octet into
eight loads, each with a test for a negative index. These intrinsics write the one instruction that
is meant. They look at no bound, as compiled Python does not either.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from collector.jit import inlined

_INTO_ALL_CACHES = 3
"""llvm.prefetch's locality: keep it close, it is read within microseconds."""


def _address(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Return the machine's address of element `args[1]` of the array `args[0]`."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.gep(array.data, [args[1]])


def _reader(bits: int, *, network_order: bool) -> Any:
    """Make a reader of `bits` bits at any offset of an octet array; the answer is an int64."""

    @intrinsic
    def read(_typing: Any, buf: Any, o: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            octets = _address(context, builder, signature, args)
            word = ir.IntType(bits)
            value = builder.load(builder.bitcast(octets, word.as_pointer()), align=1)
            if network_order:
                value = builder.bswap(value)
            return value if bits == 64 else builder.zext(value, ir.IntType(64))

        return types.int64(buf, types.int64), generate

    return read


be16, be32, be64 = (_reader(bits, network_order=True) for bits in (16, 32, 64))
le16, le32 = (_reader(bits, network_order=False) for bits in (16, 32))


@intrinsic
def _copy_octets(_typing: Any, target: Any, at: Any, buf: Any, o: Any, n: Any) -> Any:
    """Copy `n` octets, not negative, between arrays that are not the same."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        into = context.make_array(signature.args[0])(context, builder, args[0])
        from_ = context.make_array(signature.args[2])(context, builder, args[2])
        cgutils.raw_memcpy(
            builder,
            builder.gep(into.data, [args[1]]),
            builder.gep(from_.data, [args[3]]),
            args[4],
            1,
        )
        return context.get_dummy_value()

    number = types.int64
    return types.void(target, number, buf, number, number), generate


@inlined
def copy(target, at, buf, o, n):
    """Copy `n` octets between two arrays (slice assignment would allocate)."""
    if n > 0:
        _copy_octets(target, at, buf, o, n)


@intrinsic
def prefetch(_typing: Any, array: Any, i: Any, skip: Any) -> Any:
    """Ask for the cache line `skip` octets behind the start of `array[i]`.

    An address that does not exist does no harm.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        octets = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [octets, number, number, number])
        instruction = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        element = builder.bitcast(_address(context, builder, signature, args), octets)
        element = builder.gep(element, [args[2]])
        to_read, data = number(0), number(1)
        builder.call(instruction, [element, to_read, number(_INTO_ALL_CACHES), data])
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64), generate
