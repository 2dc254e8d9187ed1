"""Files of tensors: safetensors with metadata of a declared form in the header."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors

from symtut.errors import InputError
from symtut.forms import Form
from symtut.paths import check_file
from symtut.storage import LARGEST_BYTES, of_form, parse_json, reason, write_bytes

if TYPE_CHECKING:
    import torch

HEADER_BYTES = 16_000_000
FLOATING = {"F16", "BF16", "F32", "F64"}
WHOLE = {"BOOL", "U8", "I8", "I16", "I32", "I64"}


def save_tensors(
    path: str | Path, tensors: dict[str, torch.Tensor], metadata: dict | None = None
) -> None:
    """Write tensors as safetensors, atomically; ``metadata`` (JSON-able) travels in the header."""
    import safetensors.torch

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {"symtut": json.dumps(metadata or {})}
    write_bytes(path, safetensors.torch.save(tensors, metadata=header))


def load_tensors(
    path: str | Path, form: Form | None = None, like: Callable[[dict], dict] | None = None
) -> tuple[dict[str, torch.Tensor], dict]:
    """Read what :func:`save_tensors` wrote. Returns ``(tensors, metadata)``.

    Parameters
    ----------
    form : Form, optional
        What the metadata must be.
    like : callable, optional
        From the metadata, tensors of the names and shapes that must be there, and no others; they
        may be on torch's device "meta". Where these are floating, those must be, and be finite.
        It is compared before any tensor is read.

    Raises
    ------
    InputError
        If the file is missing, cut short, not a safetensors file, or another one.
    """
    with _tensor_file(path, form) as (file, metadata):
        found = {name: file.get_slice(name) for name in file.keys()}
        for name, tensor in found.items():
            if tensor.get_dtype() not in (*FLOATING, *WHOLE):
                raise InputError(f"'{path}': '{name}' has the type {tensor.get_dtype()}.")
        if like is not None:
            _compare(path, found, like(metadata))
        tensors = {name: file.get_tensor(name) for name in found}
    if like is not None:
        for name, tensor in tensors.items():
            if not tensor.isfinite().all():
                raise InputError(f"'{path}': '{name}' has NaN or infinite values.")
    return tensors, metadata


def read_metadata(path: str | Path, form: Form | None = None) -> dict:
    """The metadata of a file of :func:`save_tensors`; the tensors are not read."""
    with _tensor_file(path, form) as (_, metadata):
        return metadata


@contextmanager
def _tensor_file(path, form: Form | None) -> Iterator[tuple]:
    check_file(path, LARGEST_BYTES)
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > HEADER_BYTES:
                raise ValueError("its header is too large")
            _check_size(file, length)
        with safetensors.safe_open(str(path), framework="pt") as file:
            metadata = parse_json((file.metadata() or {}).get("symtut", "{}"), float)
            if not isinstance(metadata, dict):
                raise ValueError("its metadata are no object")
            yield file, of_form(path, metadata, form)
    except InputError:
        raise
    except (safetensors.SafetensorError, OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"'{path}' is not a whole safetensors file ({reason(error)}). Download or make it "
            "again."
        ) from error


def _check_size(file, length: int) -> None:
    """Raise ``ValueError`` unless the tensors end where the file does."""
    try:
        header = json.loads(file.read(length))
        ends = [row["data_offsets"][1] for name, row in header.items() if name != "__metadata__"]
        whole = 8 + length + max(ends, default=0) == os.fstat(file.fileno()).st_size
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError("its header is no header") from error
    if not whole:
        raise ValueError("it does not end where its header says")


def _compare(path, found: dict, wanted: dict[str, torch.Tensor]) -> None:
    for name in sorted(found.keys() ^ wanted.keys()):
        there = "has an unknown" if name in found else "lacks the"
        raise InputError(f"'{path}' {there} tensor {name[:100]!r}.")
    for name, tensor in found.items():
        kind, shape, right = tensor.get_dtype(), tuple(tensor.get_shape()), wanted[name]
        if shape != tuple(right.shape) or (kind in FLOATING) != right.is_floating_point():
            raise InputError(
                f"'{path}': '{name}' has shape {shape} ({kind}), but its header says "
                f"{tuple(right.shape)}."
            )
