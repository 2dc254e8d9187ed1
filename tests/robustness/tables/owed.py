"""What does not hold yet: the key of a case, and why. An entry that holds fails the test."""

REASONS: dict[str, str] = {}
