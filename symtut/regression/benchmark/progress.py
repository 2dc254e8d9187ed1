"""What a benchmark says while it runs: how many rows there are, and the time left."""

import time

import numpy as np


class Progress:
    """A line now and then, with the time left at the pace of each method so far."""

    def __init__(self, todo, seconds, jobs, report, every=10.0):
        self.left = [method for _, method, _, _ in todo]
        self.total, self.jobs, self.report, self.every = len(todo), jobs, report, every
        self.seconds = seconds
        self.spent: dict[str, list[float]] = {}
        self.began = self.said = time.monotonic()
        self.cpu = 0.0

    def tick(self, task, row):
        self.left.remove(task[1])
        self.spent.setdefault(task[1], []).append(row["cpu_seconds"])
        self.cpu += row["cpu_seconds"]
        now = time.monotonic()
        if now - self.said < self.every or not self.left or self.cpu < self.seconds:
            return
        self.said = now
        pace = {method: float(np.mean(spent)) for method, spent in self.spent.items()}
        to_do = sum(pace.get(method, self.seconds) for method in self.left)
        slowdown = (now - self.began) / self.cpu if self.cpu else 1 / self.jobs
        minutes = to_do * slowdown / 60
        size = f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
        done = self.total - len(self.left)
        self.report(
            f"{done} of {self.total} rows, about {size} left ({row['problem']}, {row['method']})"
        )
