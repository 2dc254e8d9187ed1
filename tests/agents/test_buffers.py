"""The ring buffer against a plain list."""

import pytest
import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.errors import InputError


def numbered(start, stop):
    index = torch.arange(float(start), stop)
    return {"x": torch.stack([index, -index], 1), "y": index}


def test_keeps_the_last_rows_in_order_across_wraps():
    buffer = ReplayBuffer(7, {"x": 2, "y": 1})
    for start, stop in [(0, 3), (3, 6), (6, 10), (10, 30), (30, 31)]:
        buffer.add(**numbered(start, stop))
        expected = list(range(max(0, stop - 7), stop))
        assert buffer.window()["y"][:, 0].tolist() == expected
        assert buffer.window(2)["x"].tolist() == [[i, -i] for i in expected[-2:]]
        assert len(buffer) == len(expected)


def test_samples_are_whole_rows_drawn_uniformly_from_what_is_filled():
    buffer = ReplayBuffer(100, {"x": 2, "y": 1})
    buffer.add(**numbered(0, 10))
    batch = buffer.sample(10_000, torch.Generator().manual_seed(0))
    assert torch.equal(batch["x"][:, 0], batch["y"][:, 0])
    assert torch.equal(batch["x"][:, 1], -batch["y"][:, 0])
    counts = torch.bincount(batch["y"][:, 0].long(), minlength=10)
    assert counts.shape == (10,) and (counts - 1000).abs().max() < 150


def test_state_dict_restores_content_and_write_position():
    buffer, twin = (ReplayBuffer(5, {"y": 1}, torch.float64) for _ in range(2))
    buffer.add(y=torch.arange(8.0))
    twin.load_state_dict(buffer.state_dict())
    for b in (buffer, twin):
        b.add(y=torch.tensor([100.0]))
    assert twin.window()["y"].flatten().tolist() == [4, 5, 6, 7, 100]
    assert torch.equal(twin.table, buffer.table) and twin.table.dtype == torch.float64
    with pytest.raises(InputError, match="another configuration"):
        ReplayBuffer(5, {"y": 2}).load_state_dict(buffer.state_dict())


def test_bad_use_is_named():
    with pytest.raises(InputError, match="empty"):
        ReplayBuffer(3, {"y": 1}).sample(1, torch.Generator())
    with pytest.raises(InputError, match="fields are y; got z"):
        ReplayBuffer(3, {"y": 1}).add(z=torch.zeros(1))
    with pytest.raises(InputError, match="capacity"):
        ReplayBuffer(0, {"y": 1})
