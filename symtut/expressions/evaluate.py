"""Many formulas on many points at once.

A :class:`Program` parses a batch of prefix sequences together, sorts all their nodes by height and
operator, and then makes one NumPy call per (height, operator) instead of one per node. The same
order, walked backwards, gives the derivatives with respect to every constant: since the points do
not mix, one reverse sweep yields the whole Jacobian.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symtut.errors import InputError
from symtut.expressions.operators import CONSTANT, MAX_VARIABLES, OPERATORS, VARIABLES, arity

SYMBOLS = ("<pad>", "<bos>", "<eos>", "<sep>", CONSTANT, *VARIABLES, *OPERATORS)
"""The integer code of a token is its place in this tuple; the transformer uses the same code."""

PAD, BOS, EOS, SEP = range(4)
CODE = {symbol: code for code, symbol in enumerate(SYMBOLS)}
ARITY = np.array([arity(symbol) for symbol in SYMBOLS], dtype=np.int8)
_CONSTANT_CODE = CODE[CONSTANT]
_FIRST_VARIABLE = CODE["x0"]
_FIRST_OPERATOR = _FIRST_VARIABLE + MAX_VARIABLES


def encode(prefixes: list[tuple[str, ...]]) -> np.ndarray:
    """Prefix tuples → integer codes (B, L), padded with 0 on the right."""
    width = max((len(prefix) for prefix in prefixes), default=1)
    codes = np.zeros((len(prefixes), width), dtype=np.int16)
    for row, prefix in enumerate(prefixes):
        codes[row, : len(prefix)] = [CODE[token] for token in prefix]
    return codes


def decode(codes: Iterable[int]) -> tuple[tuple[str, ...], ...]:
    """One row of integer codes → its terms, a tuple of prefix tuples (split at ``<sep>``)."""
    terms, current = [], []
    for code in codes:
        if code == SEP or code == EOS or code == PAD:
            if current:
                terms.append(tuple(current))
                current = []
            if code != SEP:
                break
        elif code != BOS:
            current.append(SYMBOLS[code])
    if current:
        terms.append(tuple(current))
    return tuple(terms)


@dataclass(frozen=True)
class _Group:
    """Nodes of one operator at one height: a contiguous block of rows."""

    rows: slice
    operator: object
    arguments: tuple[np.ndarray, ...]  # node numbers of the first, and of the second
    needs_gradient: bool


class Program:
    """A batch of formulas, compiled for repeated evaluation.

    Parameters
    ----------
    codes : int array (B, L)
        Prefix codes, padded with 0. A row may hold several terms separated by ``<sep>``: they are
        evaluated side by side.

    Attributes
    ----------
    n_terms : int array (B,)
    n_constants : int array (B,)
    constant_term : int array (B, J)
        Which term of its row each constant belongs to; −1 where a row has fewer constants.

    Raises
    ------
    InputError
        If a row is not a sequence of complete prefix expressions.
    """

    def __init__(self, codes: np.ndarray):
        codes = np.asarray(codes)
        batch, width = codes.shape
        is_node = codes >= _CONSTANT_CODE
        node_arity = np.where(is_node, ARITY[codes], 0)
        # Parse all rows together: read right to left, an operator finds its arguments on the stack
        # of its row. A node is known by its position in the row.
        left = np.zeros((batch, width), dtype=np.int32)
        right = np.zeros((batch, width), dtype=np.int32)
        height = np.zeros((batch, width), dtype=np.int16)
        has_constant = codes == _CONSTANT_CODE
        stack = np.zeros((batch, width + 2), dtype=np.int32)
        size = np.zeros(batch, dtype=np.int32)
        rows = np.arange(batch)
        for t in range(width - 1, -1, -1):
            arity_t = node_arity[:, t]
            # only what is read in this step is checked: padding and <sep> take no arguments
            if np.any(size[is_node[:, t]] < arity_t[is_node[:, t]]):
                raise InputError("a prefix sequence ends before its last operator is complete.")
            parent = rows[arity_t >= 1]
            if parent.size:
                child = stack[parent, size[parent] - 1]  # the left argument was read last
                left[parent, t] = child
                # height is the step in which a node can be computed; what has no constant below it
                # needs no gradient
                height[parent, t] = height[parent, child] + 1
                has_constant[parent, t] = has_constant[parent, child]
            parent = rows[arity_t == 2]
            if parent.size:
                child = stack[parent, size[parent] - 2]
                right[parent, t] = child
                height[parent, t] = np.maximum(height[parent, t], height[parent, child] + 1)
                has_constant[parent, t] |= has_constant[parent, child]
            node = rows[is_node[:, t]]
            size[node] += 1 - arity_t[node]  # the node stands where its arguments stood
            stack[node, size[node] - 1] = t
        self._workspaces: dict[str, np.ndarray] = {}
        self.n_terms = size  # what is left on a stack are the roots, as <sep> joins nothing
        self._number_nodes(codes, is_node, height, has_constant, left, right)
        self._find_roots(stack, size)
        self._find_constants(codes, stack, size)

    def _number_nodes(self, codes, is_node, height, has_constant, left, right):
        """Sort nodes by (height, operator, has constants) so that each group is one block."""
        row, position = np.nonzero(is_node)
        code = codes[row, position].astype(np.int64)
        # by height, so that arguments come before what is made of them; 128 exceeds twice any code
        key = height[row, position].astype(np.int64) * 128 + code * 2 + has_constant[row, position]
        sorting = np.argsort(key, kind="stable")
        row, position, code, key = row[sorting], position[sorting], code[sorting], key[sorting]
        number = np.full(codes.shape, -1, dtype=np.int64)
        number[row, position] = np.arange(row.size)
        self._number, self._row, self.n_nodes = number, row, row.size
        starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if row.size else np.array([], int)
        ends = np.r_[starts[1:], row.size]
        self._variables, self._groups, self._constants = [], [], None
        for start, end in zip(starts, ends, strict=True):
            block, symbol = slice(int(start), int(end)), code[start]
            if symbol == _CONSTANT_CODE:
                self._constants = block
            elif symbol < _FIRST_OPERATOR:
                self._variables.append((block, int(symbol - _FIRST_VARIABLE), row[block]))
            else:
                r, p = row[block], position[block]
                operator = OPERATORS[SYMBOLS[symbol]]
                self._groups.append(
                    _Group(
                        rows=block,
                        operator=operator,
                        arguments=tuple(
                            number[r, side[r, p]] for side in (left, right)[: operator.arity]
                        ),
                        needs_gradient=bool(key[start] & 1),
                    )
                )

    def _find_roots(self, stack, size):
        """Node number of each term's root, (B, K); the leftmost term is on top of the stack."""
        batch, most = len(size), int(size.max(initial=1))
        roots = np.full((batch, most), -1, dtype=np.int64)
        for k in range(most):
            rows = np.flatnonzero(size > k)
            roots[rows, k] = self._number[rows, stack[rows, size[rows] - 1 - k]]
        self.roots = roots
        self._real_roots = self.roots[self.roots >= 0]

    def _find_constants(self, codes, stack, size):
        """Number the constants of a row from left to right and find the term each belongs to."""
        is_constant = codes == _CONSTANT_CODE
        self.n_constants = is_constant.sum(1)
        most = int(self.n_constants.max(initial=0))
        self.constant_node = np.full((len(size), most), -1, dtype=np.int64)
        constant_term = np.full((len(size), most), -1, dtype=np.int64)
        if most:
            row, position = np.nonzero(is_constant)
            slot = (np.cumsum(is_constant, axis=1) - 1)[row, position]  # its place among its row's
            self.constant_node[row, slot] = self._number[row, position]
            starts = np.full((len(size), self.roots.shape[1]), codes.shape[1], dtype=np.int64)
            for k in range(starts.shape[1]):
                has = np.flatnonzero(size > k)
                starts[has, k] = stack[has, size[has] - 1 - k]
            # a constant belongs to the last term that begins at or before it
            constant_term[row, slot] = (position[:, None] >= starts[row]).sum(1) - 1
            order = np.empty(row.size, dtype=np.int64)
            order[self._number[row, position]] = np.arange(row.size)  # constants are nodes 0, 1, …
            self._constant_row, self._constant_slot = row[order], slot[order]
        self.constant_term = constant_term

    # ---- evaluation ----------------------------------------------------------------------------

    def node_values(self, x: np.ndarray, constants: np.ndarray | None = None) -> np.ndarray:
        """Values of all nodes, (M, S, n); see :meth:`__call__` for the arguments.

        The result is a workspace that the next call overwrites.
        """
        starts = 1 if constants is None else constants.shape[1]
        values = self._workspace("values", x, starts)
        for block, variable, rows in self._variables:
            column = x[..., variable]  # (n,) shared by all rows, or (B, n)
            values[block] = column if x.ndim == 2 else column[rows][:, None]
        if self._constants is not None:
            if constants is None:
                raise InputError("these skeletons have constants: give their values.")
            chosen = constants[self._constant_row, :, self._constant_slot]  # (constants, S)
            values[self._constants] = chosen[..., None]
        with np.errstate(all="ignore"):
            for group in self._groups:
                group.operator.numpy(
                    *(values[nodes] for nodes in group.arguments), out=values[group.rows]
                )
        return values

    def __call__(self, x, constants=None):
        """Evaluate every term on every point.

        Parameters
        ----------
        x : array (n, d) or (B, n, d)
            Points shared by all formulas, or one set for each.
        constants : array (B, S, J), optional
            S alternative sets of constants for each row.

        Returns
        -------
        array (B, K, S, n)
            Term values, zero where a row has fewer than K terms; NaN or infinite outside the
            domain of an operator. A tensor where ``x`` is one.
        """
        values = self._gather(self.node_values(_array(x), _array(constants)), self.roots)
        return _like(x, values)

    def with_jacobian(self, x: np.ndarray, constants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Term values (B, K, S, n) and ∂(its term)/∂(constant), (B, J, S, n)."""
        points, numbers = _array(x), _array(constants)
        values = self.node_values(points, numbers)
        gradient = self._workspace("gradient", points, numbers.shape[1])
        gradient[self._real_roots] = 1.0
        with np.errstate(all="ignore"):
            for group in reversed(self._groups):
                if not group.needs_gradient:
                    continue
                arguments = [values[nodes] for nodes in group.arguments]
                partials = group.operator.partials(values[group.rows], *arguments)
                upstream = gradient[group.rows]
                for nodes, partial in zip(group.arguments, partials, strict=True):
                    gradient[nodes] = upstream * partial
        slopes = self._gather(gradient, self.constant_node)
        return _like(x, self._gather(values, self.roots)), _like(x, slopes)

    def _workspace(self, name: str, x: np.ndarray, starts: int) -> np.ndarray:
        """Uninitialised (M, S, n), kept between calls: fresh pages cost more than arithmetic."""
        shape = (self.n_nodes, starts, x.shape[-2])
        array = self._workspaces.get(name)
        if array is None or array.shape != shape or array.dtype != x.dtype:
            array = self._workspaces[name] = np.empty(shape, dtype=x.dtype)
        return array

    @staticmethod
    def _gather(values, nodes):
        """values[nodes] as (B, K, S, n), zero where nodes (B, K) is −1; K varies slowest."""
        nodes = nodes.T
        out = values[nodes]
        missing = nodes < 0
        if missing.any():
            out[missing] = 0.0
        return out.swapaxes(0, 1)


def _array(values):
    """A tensor's numbers as an array; anything else as it is."""
    return values.numpy() if hasattr(values, "numpy") else values


def _like(x, values: np.ndarray) -> Any:
    """``values`` as a tensor where ``x`` is one."""
    if isinstance(x, np.ndarray):
        return values
    import torch

    return torch.from_numpy(values)
