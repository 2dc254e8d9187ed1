"""Which skeletons are kept away from training, whatever the variables are called."""

from hashlib import blake2b

from symtut.expressions.operators import OPERATORS
from symtut.expressions.tree import children
from symtut.regression.search.fits import Terms

HELD_OUT = 64
"""One skeleton in this many is held out, chosen by a hash of its key."""


def skeleton_key(terms: Terms) -> int:
    """A 64-bit key of a canonical skeleton that does not depend on the names of its variables.

    Each variable is described by the terms it stands in, with itself marked (one round of colour
    refinement, Weisfeiler & Leman 1968); the formula is then spelled with these descriptions in
    place of names. Skeletons that differ in the names of variables, in the order of summands and
    factors or in signs share a key. So do a few that really differ: then a little more is held out
    than necessary, never less.
    """
    variables = sorted({token for term in terms for token in term if token[0] == "x"})
    colours = {
        v: _hash("+".join(sorted(_spelled(term, {v: "me"}) for term in terms if v in term)))
        for v in variables
    }
    return int(_hash("+".join(sorted(_spelled(term, colours) for term in terms))), 16)


def _spelled(prefix: tuple[str, ...], names: dict[str, str]) -> str:
    """A term as text, arguments that commute sorted, signs left out, other variables as 'x'."""
    while prefix[0] == "neg":
        prefix = prefix[1:]
    token = prefix[0]
    if len(prefix) == 1:
        return names.get(token, "x") if token[0] == "x" else token
    if OPERATORS[token].commutative:
        parts = sorted(_spelled(part, names) for part in _chain(token, prefix))
    else:
        parts = [_spelled(child, names) for child in children(prefix)]
    return f"{token}({','.join(parts)})"


def _chain(token: str, prefix: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The summands (factors) of a nested sum (product)."""
    while prefix[0] == "neg":
        prefix = prefix[1:]
    if prefix[0] != token:
        return [prefix]
    return [part for child in children(prefix) for part in _chain(token, child)]


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def is_held_out(terms: Terms) -> bool:
    """True for the skeletons that are kept for evaluation."""
    return skeleton_key(terms) % HELD_OUT == 0
