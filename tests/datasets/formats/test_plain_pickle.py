"""Pickles without execution: NumPy's arrays in every protocol come back the same, everything else is refused unrun."""

import builtins
import os
import pickle
import shutil
import struct
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest

from interplay.datasets.formats.plain_pickle import read_plain_pickle
from interplay.errors import DamagedFile, InvalidInput

VALUES = {
    "floats": np.linspace(0, 1, 12).reshape(3, 4),
    "small": np.arange(6, dtype=np.float32).reshape(1, 2, 3),
    "columns_first": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "big_endian": np.arange(4, dtype=">i2"),
    "every_other": np.arange(10)[::2],
    "empty": np.zeros((0, 3)),
    "flags": np.array([True, False]),
    "names": np.array(["a[0]", "bcd"]),
    "bytes": np.array([b"a", b"bcd"]),
    "objects": np.array(["x", None, 3], dtype=object),
    "numbers": [np.float64(0.5), np.int32(-3), 1, 2.5, True, None],
    "text": ("S2", b"\xff\x00", b"", {"d": [1, (2,)]}),
}


class Calls:
    """Pickles as a call of any function with any values."""

    def __init__(self, function, *values):
        self.call = (function, values)

    def __reduce__(self):
        return self.call


def written(tmp_path, data):
    path = tmp_path / "S2.pkl"
    path.write_bytes(data)
    return path


def same(a, b):
    if isinstance(a, np.ndarray):
        assert isinstance(b, np.ndarray)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        [same(x, y) for x, y in zip(a, b, strict=True)]
    else:
        assert a == b


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", VALUES)
def test_values_come_back_the_same(tmp_path, protocol, name):
    values = read_plain_pickle(written(tmp_path, pickle.dumps({name: VALUES[name]}, protocol=protocol)))
    same(VALUES[name], values[name])


def of_python_2(array):
    """What Python 2 wrote with protocol 2: raw samples in a byte string that is not marked as bytes."""
    raw = array.tobytes()
    code = array.dtype.str[1:].encode()
    return b"".join([
        b"\x80\x02}U\x06signalcnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R",
        b"(K\x01(",
        b"".join(b"M" + struct.pack("<H", n) for n in array.shape), b"tcnumpy\ndtype\n",
        b"U" + bytes([len(code)]) + code, b"K\x00K\x01\x87R",
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89",
        b"T" + struct.pack("<i", len(raw)) + raw, b"tbs.",
    ])  # fmt: skip


def test_arrays_of_python_2(tmp_path):
    array = np.random.default_rng(0).normal(size=(300, 3))
    data = of_python_2(array)
    # the standard reader agrees that this is such a pickle
    np.testing.assert_array_equal(pickle.loads(data, encoding="latin1")["signal"], array)
    np.testing.assert_array_equal(read_plain_pickle(written(tmp_path, data))["signal"], array)


def test_calls_of_functions_are_refused_and_not_run(tmp_path):
    mark = tmp_path / "ran"
    cases = {
        "posix.system": Calls(os.system, f"touch {mark}"),
        "builtins.eval": Calls(builtins.eval, f"open({str(mark)!r}, 'w')"),
        "shutil.copy": Calls(shutil.copy, __file__, str(mark)),
        "builtins.getattr": Calls(getattr, np.zeros(1), "tofile"),
        "numpy.load": Calls(np.load, str(mark)),
    }
    for protocol in range(6):
        for name, call in cases.items():
            # nested within values, and as what an array holds
            for value in (call, {"signal": [call]}, np.array([call, 1], dtype=object)):
                data = pickle.dumps(value, protocol=protocol)
                with pytest.raises(InvalidInput) as caught:
                    read_plain_pickle(written(tmp_path, data))
                said = name if protocol > 2 else name.replace("builtins", "__builtin__")
                assert f"asks for {said}, which was refused and not run." in str(caught.value)
                assert "\n" not in str(caught.value)
    assert not mark.exists()
    # the same pickles do run where nothing stops them
    pickle.loads(pickle.dumps(cases["posix.system"]))
    assert mark.exists()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "os.system"),
        (b"(S'true'\nios\nsystem\n.", "os.system"),
        (b"\x80\x04\x8c\x05posix\x8c\x06system\x93.", "posix.system"),
        (b"cnumpy\nload\n.", "numpy.load"),
        (b"cnumpy\nndarray\n(tR.", "a call of numpy.ndarray"),
        (b"cnumpy\ndtype\n.", "a function or a type as a value"),
        (b"cnumpy\ndtype\n}(S'build'\nNub.", "a change of a function"),
        (b"cnumpy\ndtype\n(S'V8'\nI00\nI01\ntR.", "an array of the type 'V8'"),
        (b"c_codecs\nencode\n(S'x'\nS'rot13'\ntR.", "the encoding 'rot13'"),
        (b"P12\n.", "the outside object '12'"),
    ],
)  # fmt: skip
def test_pickles_by_hand_are_refused(tmp_path, data, name):
    with pytest.raises(InvalidInput, match="refused and not run") as caught:
        read_plain_pickle(written(tmp_path, data))
    assert f"asks for {name}, which" in str(caught.value)


def test_a_type_that_hides_objects_as_bytes_is_refused(tmp_path):
    # with flags of 0 NumPy itself would take these bytes for addresses of objects
    fields = "S'a'\n(cnumpy\ndtype\n(S'O8'\nI00\nI01\ntRI0\nt"
    data = f"cnumpy\ndtype\n(S'f8'\nI00\nI01\ntR(I3\nS'|'\nN(S'a'\nt(d{fields}sI8\nI1\nI0\ntb."
    with pytest.raises(InvalidInput, match="an array of a compound type"):
        read_plain_pickle(written(tmp_path, data.encode()))
    address = np.array([id(None)]).tobytes()
    array = pickle.dumps(np.array([1.5]), protocol=2)
    shaped = array.replace(np.array([1.5]).tobytes(), address).replace(b"f8", b"O8")
    with pytest.raises(DamagedFile, match="an array of object without its values"):
        read_plain_pickle(written(tmp_path, shaped))


def test_every_shorter_file_is_damaged(tmp_path):
    # the older protocols write names as lines; one that is cut short is a name that is not known
    for protocol, error in (
        (0, (DamagedFile, InvalidInput)),
        (2, (DamagedFile, InvalidInput)),
        (5, DamagedFile),
    ):
        data = pickle.dumps({"signal": np.arange(5.0), "subject": "S2"}, protocol=protocol)
        for size in range(0, len(data), 3):
            with pytest.raises(error, match=r"S2\.pkl (cannot be read to its end|must hold)"):
                read_plain_pickle(written(tmp_path, data[:size]))


def test_changed_bytes_never_end_in_another_error(tmp_path):
    data = pickle.dumps({"signal": np.arange(4.0), "names": np.array(["ab"])}, protocol=2)
    random = np.random.default_rng(0)
    for _ in range(500):
        changed = bytearray(data)
        changed[random.integers(len(data))] = random.integers(256)
        with suppress(InvalidInput, DamagedFile):
            read_plain_pickle(written(tmp_path, bytes(changed)))


TWICE = b"2\x86" * 60
"""Makes of a value a tuple that holds it twice, and so on: 2^60 of them to whoever tells them apart."""


def numbered(n: int) -> bytes:
    return struct.pack("<Q", n)


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (b"\x80\x05\x96" + numbered(3 << 30) + b".", DamagedFile, "it says that 3221225472 bytes follow, and has 12"),
        (b"\x80\x05\x8e" + numbered(3 << 30) + b".", DamagedFile, "bytes follow"),
        (b"\x80\x05\x8d" + numbered(3 << 30) + b".", DamagedFile, "bytes follow"),
        (b"\x80\x05\x95" + numbered(3 << 30) + b".", DamagedFile, "bytes follow"),
        (b"\x80\x02\x8b" + struct.pack("<i", 1 << 30) + b".", DamagedFile, "bytes follow"),
        (b"\x80\x02}N" + TWICE + b"Ns.", InvalidInput, "a value of the type tuple as a key"),
        (b"\x80\x02}(N" + TWICE + b"Nu.", InvalidInput, "a value of the type tuple as a key"),
        (b"\x80\x02(N" + TWICE + b"Nd.", InvalidInput, "a value of the type tuple as a key"),
        (b"\x80\x04\x8f(N" + TWICE + b"\x90.", InvalidInput, "a value of the type tuple as a key"),
        (b"\x80\x04(N" + TWICE + b"\x91.", InvalidInput, "a value of the type tuple as a key"),
        (b"\x80\x02N" + TWICE + b"Q.", InvalidInput, "the outside object a value of the type tuple"),
        (b"cnumpy\ndtype\n(N" + TWICE + b"tR.", InvalidInput, "the type a value of the type tuple"),
        # one text of a megabyte, encoded ten thousand times
        (b"\x80\x02X" + struct.pack("<I", 1 << 20) + b"x" * (1 << 20) + b"q\x00c_codecs\nencode\nq\x010"
         + b"h\x01h\x00X\x06\x00\x00\x00latin1\x86R" * 10_000 + b".", DamagedFile, "more than a file of its size"),
    ],
    ids=["bytearray", "bytes", "text", "frame", "long", "setitem", "setitems", "dict", "set", "frozenset", "outside",
         "type", "copies"],
)  # fmt: skip
def test_what_a_pickle_takes_is_bounded_by_its_size(tmp_path, data, error, said):
    path = written(tmp_path, data)
    tracemalloc.start()
    with pytest.raises(error, match=said):
        read_plain_pickle(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e7 + 40 * len(data)


def test_shared_values_are_built_once(tmp_path):
    # each list holds the one before twice: 2^60 of them if they were told apart
    nested = []
    for _ in range(60):
        nested = [nested, nested]
    values = read_plain_pickle(written(tmp_path, pickle.dumps(nested)))
    assert values[0] is values[1]


def test_a_list_that_holds_itself_and_a_missing_file_are_told(tmp_path):
    loop = []
    loop.append(loop)
    with pytest.raises(DamagedFile, match="cannot be read to its end"):
        read_plain_pickle(written(tmp_path, pickle.dumps(loop)))
    with pytest.raises(InvalidInput, match=r"S3\.pkl must lie in"):
        read_plain_pickle(tmp_path / "S3.pkl")
