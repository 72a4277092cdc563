"""Values that cross from a decoding worker to us, as JSON and one run of bytes.

Not pickled: a worker that a file has taken over must not choose what we run. What arrives is made of None,
booleans, numbers, strings, bytes, tuples, string-keyed dicts, numeric arrays, and frozen dataclasses of this
engine that are loaded already: data, whatever is in it.
"""

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

_PLAIN = (str, int, float, bool, type(None))
_KINDS = "biufc"
_PACKAGE = "detector."
_DEEPEST = 32


def packed(value: object) -> tuple[Any, bytes]:
    """`value` as JSON and the bytes that it points into. Raises TypeError for what cannot cross."""
    blobs: list[bytes] = []
    tree = _tree(value, blobs, _Offset())
    return tree, b"".join(blobs)


def unpacked(tree: Any, data: bytes) -> Any:
    """What was packed; lists come back as tuples, arrays read-only. Raises ValueError for anything else."""
    try:
        return _value(tree, memoryview(data), 0)
    except (TypeError, KeyError, AttributeError, IndexError) as error:
        raise ValueError("a worker sent no value") from error


@dataclasses.dataclass(slots=True)
class _Offset:
    at: int = 0


def _tree(value: object, blobs: list[bytes], offset: _Offset) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in _PLAIN:
        return value
    if isinstance(value, bytes):
        return {"bytes": _blob(value, blobs, offset)}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in _KINDS:
            raise TypeError(f"an array of {value.dtype} cannot cross")
        plain = np.ascontiguousarray(value)
        return {
            "array": _blob(plain.tobytes(), blobs, offset),
            "dtype": plain.dtype.str,
            "shape": list(value.shape),
        }
    if isinstance(value, list | tuple):
        return [_tree(each, blobs, offset) for each in value]
    if isinstance(value, Mapping):
        return {"map": {_key(key): _tree(each, blobs, offset) for key, each in value.items()}}
    kind = type(value)
    if _may_cross(kind):
        fields = [_tree(getattr(value, name), blobs, offset) for name in _names(kind)]
        return {"of": [kind.__module__, kind.__qualname__], "fields": fields}
    raise TypeError(f"{kind.__name__} cannot cross")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("only string keys can cross")
    return key


def _blob(data: bytes, blobs: list[bytes], offset: _Offset) -> list[int]:
    blobs.append(data)
    offset.at += len(data)
    return [offset.at - len(data), len(data)]


def _value(tree: Any, data: memoryview, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("a worker's answer is nested too deeply")
    if type(tree) in _PLAIN:
        return tree
    if isinstance(tree, list):
        return tuple(_value(each, data, depth + 1) for each in tree)
    if "bytes" in tree:
        return bytes(_part(tree["bytes"], data))
    if "array" in tree:
        dtype = np.dtype(tree["dtype"])
        if dtype.kind not in _KINDS:
            raise ValueError("a worker sent an array of something else than numbers")
        return np.frombuffer(_part(tree["array"], data), dtype=dtype).reshape(tree["shape"])
    if "map" in tree:
        return {key: _value(each, data, depth + 1) for key, each in tree["map"].items()}
    module, name = tree["of"]
    kind = getattr(sys.modules.get(module), name, None)
    if not isinstance(kind, type) or not _may_cross(kind):
        raise ValueError("a worker sent a value of a kind that may not cross")
    fields = [_value(each, data, depth + 1) for each in tree["fields"]]
    return kind(**dict(zip(_names(kind), fields, strict=True)))


def _part(place: list[int], data: memoryview) -> memoryview:
    start, length = place
    if not 0 <= start <= start + length <= len(data):
        raise ValueError("a worker points outside what it sent")
    return data[start : start + length]


def _names(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if field.init]


def _may_cross(kind: type) -> bool:
    """Frozen dataclasses of this engine: making one runs nothing but an assignment of its fields."""
    parameters = getattr(kind, "__dataclass_params__", None)
    return kind.__module__.startswith(_PACKAGE) and parameters is not None and bool(parameters.frozen)
