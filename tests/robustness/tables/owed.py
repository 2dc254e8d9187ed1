"""What does not hold yet: the key of a case, and why. An entry that holds fails the test."""

# fmt: off
REASONS: dict[str, str] = {
    "overwriting: lab.run beside another notebook's results": "changes or leaves files",
    "overwriting: lab.run into the notebook's own folder": "changes or leaves files",
}
