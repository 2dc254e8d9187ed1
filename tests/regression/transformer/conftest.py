"""What the tests of training share."""

import pytest


@pytest.fixture
def without_samples(monkeypatch):
    """No recovery of held-out functions: it takes most of the time of a training this short."""
    names = "held_out_recovery", "held_out_term_recovery"
    monkeypatch.setattr(
        "symtut.regression.transformer.pretraining.held_out_recovery",
        lambda *arguments: dict.fromkeys(names, 0.0),
    )
