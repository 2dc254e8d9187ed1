"""One run: train a method on a task, with files that a later reader can trust."""
