"""The end of a training whose numbers are no longer finite."""


class Diverged(Exception):
    """What follows would be worthless. The message says which numbers are no longer finite."""
