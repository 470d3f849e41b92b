"""Pickles of plain values and NumPy arrays, read without running anything that they name.

Some data sets are published as pickles alone, and a pickle may name any function for the reader to call. This reader
looks up none: the few names that NumPy writes to rebuild an array stand here for builders of our own, which take bytes
and a type of numbers or text. Every other name is refused. NumPy's own builders are not called either, as they trust
what a pickle says of a type. A pickle may also say less than it asks for: that gigabytes follow, or that a text be
copied a million times. What it builds is bounded by the size of its file.
"""

import os
import pickle
import re
import struct
import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal

import numpy as np

from interplay.datasets.formats.files import in_one_line
from interplay.errors import DamagedFile, InvalidInput

PLAIN_TYPE = re.compile(r"b1|[iu][1248]|f[248]|[SU]\d+|O[48]?")
BYTE_ORDERS = ("<", ">", "=", "|")
KEYS = (str, bytes, int, float, type(None))
LEAST_BYTES, COPIES = 1 << 20, 16
"""What a pickle may build: arrays are copied from texts once or twice, and a pointer takes eight bytes of memory, one
or two in a file."""
# what damaged bytes raise in the machine that follows the instructions of a pickle, and in the header of an array
DAMAGE = (
    struct.error, AssertionError, EOFError, ValueError, TypeError, IndexError, KeyError,
    AttributeError, MemoryError, OverflowError, RecursionError, SyntaxError, tokenize.TokenError,
)  # fmt: skip


class _Refused(pickle.UnpicklingError):
    """The pickle asks for something that is neither a plain value nor an array."""


def read_plain_pickle(path: str | Path) -> Any:
    """What a pickle holds: numbers, text, bytes, lists, tuples, dicts and NumPy arrays of numbers or text.

    Text and raw arrays of Python 2 are read too. Byte strings of Python 2 become text (Latin 1).

    Raises
    ------
    InvalidInput
        If there is no such file, or it asks for anything else; the message names what was refused. Nothing was run.
    DamagedFile
        If it cannot be read to its end.
    """
    return _plain(Path(path), lambda file: None)


def read_plain_npy(path: str | Path) -> Any:
    """What an NPY file of one Python object holds, which NumPy writes as a pickle; see `read_plain_pickle`."""
    array = _plain(Path(path), _pass_npy_header)
    if not isinstance(array, np.ndarray) or array.shape != ():
        raise DamagedFile(f"{path} must hold one object; it holds something else. Copy or download it again.")
    return array.item()


def _pass_npy_header(file: BinaryIO) -> None:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    read(file)


def _plain(path: Path, pass_header: Callable[[BinaryIO], None]) -> Any:
    if not path.is_file():
        raise InvalidInput(
            f"{path.name} must lie in {path.parent}; it does not. Pass the folder that holds it."
        )
    try:
        with path.open("rb") as file:
            pass_header(file)
            return _whole(_Reader(_Bounded(file)).load())
    except _Refused as error:
        raise InvalidInput(
            f"{path} must hold plain values and NumPy arrays alone; it asks for {error}, which was refused and not run."
        ) from error
    except (pickle.UnpicklingError, *DAMAGE) as error:
        raise DamagedFile(
            f"{path} cannot be read to its end as a pickle ({in_one_line(error)}). Copy or download it again."
        ) from error


class _Bounded:
    """A file that is never asked for more bytes than it holds."""

    def __init__(self, file: BinaryIO) -> None:
        self.size = os.fstat(file.fileno()).st_size
        self.file, self.readline = file, file.readline

    def read(self, n: int) -> bytes:
        if n > self.size:
            raise EOFError(f"it says that {n} bytes follow, and has {self.size} in all")
        return self.file.read(n)


_Machine: Any = pickle._Unpickler


class _Reader(_Machine):
    """The reader written in Python: the one in C takes gigabytes of memory when a damaged file says so."""

    def __init__(self, file: _Bounded) -> None:
        super().__init__(file, encoding="latin1")
        self.left = LEAST_BYTES + COPIES * file.size

    def find_class(self, module: str, name: str) -> "_Builder":
        """Called for every name in the pickle; nothing is ever imported."""
        if (module, name) not in BUILDERS:
            raise _Refused(f"{module}.{name}")
        return _Builder(BUILDERS[module, name], self.spend)

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused(f"the outside object {_named(pid)}")

    def spend(self, values: Any) -> None:
        """Count bytes of texts and lists that something new is made of."""
        self.left -= sum(
            len(value) * (8 if isinstance(value, list) else 1)
            for value in (values if isinstance(values, tuple) else ())
            if isinstance(value, (str, bytes, bytearray, list))
        )
        if self.left < 0:
            raise ValueError("it asks for more than a file of its size can hold")

    # instructions by their letter, as the parent has them; those that take memory or time beyond what the file has
    dispatch: ClassVar[dict[int, Any]] = dict(_Machine.dispatch)

    def load_bytearray(self) -> None:
        """Read before room is made, not after."""
        self.append(bytearray(self.read(struct.unpack("<Q", self.read(8))[0])))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray

    def load_build(self) -> None:
        self.spend(self.stack[-1])
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build

    def load_setitem(self) -> None:
        _check_keys(self.stack[-2:-1])
        super().load_setitem()

    dispatch[pickle.SETITEM[0]] = load_setitem

    def load_setitems(self) -> None:
        _check_keys(self.stack[::2])
        super().load_setitems()

    dispatch[pickle.SETITEMS[0]] = load_setitems

    def load_dict(self) -> None:
        _check_keys(self.stack[::2])
        super().load_dict()

    dispatch[pickle.DICT[0]] = load_dict

    def load_additems(self) -> None:
        _check_keys(self.stack)
        super().load_additems()

    dispatch[pickle.ADDITEMS[0]] = load_additems

    def load_frozenset(self) -> None:
        _check_keys(self.stack)
        super().load_frozenset()

    dispatch[pickle.FROZENSET[0]] = load_frozenset


def _check_keys(keys: list[Any]) -> None:
    """Tuples in tuples are few in a file, and exponentially many to whoever hashes them."""
    for key in keys:
        if not isinstance(key, KEYS):
            raise _Refused(f"{_named(key)} as a key")


def _named(value: Any) -> str:
    """A text as it is; of all else only the type, as it may hold itself many times."""
    return repr(value[:40]) if isinstance(value, str) else f"a value of the type {type(value).__name__}"


class _Builder:
    """What a name in the pickle becomes: it can be called, and changed in no way."""

    __slots__ = ("build", "spend")

    def __init__(self, build: Callable[..., Any], spend: Callable[[Any], None]) -> None:
        self.build, self.spend = build, spend

    def __call__(self, *values: Any) -> Any:
        self.spend(values)
        return self.build(*values)

    def __setstate__(self, state: Any) -> None:
        raise _Refused("a change of a function")


class _Type:
    """A type of numbers, text or objects; stands for ``numpy.dtype``."""

    __slots__ = ("plain",)

    def __init__(self, code: Any, *_: Any) -> None:
        if not isinstance(code, str) or not PLAIN_TYPE.fullmatch(code):
            raise _Refused(f"an array of the type {_named(code)}")
        self.plain = np.dtype(object if code.startswith("O") else code)

    def __setstate__(self, state: tuple) -> None:
        _, order, subtype, names, fields, *_ = state
        if subtype is not None or names is not None or fields is not None or order not in BYTE_ORDERS:
            raise _Refused("an array of a compound type")
        if order != "|":
            self.plain = self.plain.newbyteorder(order)


class _Array:
    """An array that is not built yet: its values may still be on their way. Stands for ``numpy.ndarray``."""

    __slots__ = ("flat", "kind", "order", "shape")

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = (0,)
        self.kind: np.dtype = np.dtype(np.int8)
        self.order: Literal["C", "F"] = "C"
        self.flat: bytes | bytearray | list[Any] = b""

    def __setstate__(self, state: tuple) -> None:
        _, shape, kind, columns_first, flat = state
        self.fill(flat, kind, shape, "F" if columns_first else "C")

    def fill(self, flat: Any, kind: Any, shape: Any, order: Literal["C", "F"]) -> None:
        if not isinstance(kind, _Type) or not all(isinstance(n, int) and n >= 0 for n in shape):
            raise ValueError("an array without a type or a shape")
        if isinstance(flat, str):
            flat = flat.encode("latin1")
        if not isinstance(flat, list if kind.plain.kind == "O" else (bytes, bytearray)):
            raise ValueError(f"an array of {kind.plain} without its values")
        self.shape, self.kind, self.order, self.flat = tuple(shape), kind.plain, order, flat

    def whole(self, done: dict[int, Any]) -> np.ndarray:
        if not isinstance(self.flat, list):
            return np.frombuffer(self.flat, dtype=self.kind).reshape(self.shape, order=self.order)
        values = np.empty(len(self.flat), dtype=object)
        for k, value in enumerate(self.flat):
            values[k] = _whole(value, done)
        return values.reshape(self.shape, order=self.order)


def _empty_array(*_: Any) -> _Array:
    """NumPy writes an empty array first and fills it by the state that follows."""
    return _Array()


def _array_of_buffer(flat: Any, kind: Any, shape: Any, order: Any) -> _Array:
    array = _Array()
    array.fill(flat, kind, shape, "F" if order == "F" else "C")
    return array


def _number(kind: Any, flat: Any = b"") -> Any:
    """A NumPy number becomes a Python number."""
    one = _array_of_buffer(flat, kind, (1,), "C")
    if one.kind.kind == "O":
        raise _Refused("a scalar object")
    return one.whole({})[0].item()


def _bytes(text: Any, encoding: Any) -> bytes:
    """Python 2 and early protocols write bytes as text with its encoding."""
    if not isinstance(text, str) or encoding != "latin1":
        raise _Refused(f"the encoding {_named(encoding)}")
    return text.encode("latin1")


def _no_bytes(*values: Any) -> bytes:
    """Early protocols write empty bytes as a call."""
    if values:
        raise _Refused("a call of bytes")
    return b""


def _never(*_: Any) -> Any:
    raise _Refused("a call of numpy.ndarray")


BUILDERS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _never,
    ("_codecs", "encode"): _bytes,
    ("__builtin__", "bytes"): _no_bytes,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _empty_array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _number for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _array_of_buffer for core in ("core", "_core")},
}


def _whole(value: Any, done: dict[int, Any] | None = None) -> Any:
    """The same value with its arrays built; what is referred to twice is built once."""
    done = {} if done is None else done
    if id(value) not in done:
        done[id(value)] = _built(value, done)
    return done[id(value)]


def _built(value: Any, done: dict[int, Any]) -> Any:
    if isinstance(value, _Array):
        return value.whole(done)
    if isinstance(value, dict):
        return {_whole(key, done): _whole(item, done) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(_whole(item, done) for item in value)
    if isinstance(value, (_Builder, _Type)):
        raise _Refused("a function or a type as a value")
    return value
