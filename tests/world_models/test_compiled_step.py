"""A step of the equations as one function has the values of ``task.advance``."""

import numpy as np
import pytest
import torch

from symtut.expressions import Expression
from symtut.tasks import make_task
from symtut.world_models.compiled_step import compiled_step

CAR = {  # next values, as the sequential fit finds them: x4, x5 are actions, x6 ... next values
    "x": "0.1*x1*cos(x0)", "y": "0.1*x1*sin(x0)", "psi": "0.2*x0*x1", "v": "0.2*x0 - 0.05*x1",
}  # fmt: skip
CAR_COLUMNS = [(8, 9), (8, 9), (5, 9), (4, 3)]
CAR_ORDER = [3, 2, 0, 1]


def slowly(task, expressions, columns, order, state, action):
    """The same with a whole state for each coordinate."""
    increments, next_state = torch.zeros_like(state), state
    for i in order:
        x = torch.cat([state, action, next_state], -1)
        value = expressions[i](x[..., list(columns[i])], "torch")
        increments[..., i] = torch.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0)
        next_state = task.advance(state, increments)
    return next_state


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_car_moves_as_it_does_one_coordinate_at_a_time(dtype):
    task = make_task("car2d")
    expressions = [Expression.from_text(text) for text in CAR.values()]
    step = compiled_step(task, expressions, CAR_COLUMNS, CAR_ORDER)
    generator = torch.Generator().manual_seed(0)
    state = 4 * torch.rand((300, 4), generator=generator, dtype=dtype) - 2
    action = 2 * torch.rand((300, 2), generator=generator, dtype=dtype) - 1
    found = step(state, action)
    assert found.dtype == dtype
    assert torch.equal(found, slowly(task, expressions, CAR_COLUMNS, CAR_ORDER, state, action))
    truth = task.true_step(state, action)
    assert torch.allclose(found, truth, atol=1e-5)
    assert (found[:, 3].abs() == 2).any()  # some speeds were cut


def test_angles_are_wrapped_speeds_are_cut_and_outside_its_domain_nothing_moves():
    task = make_task("pendulum")
    expressions = [Expression.from_text("x1"), Expression.from_text("log(x0)")]
    step = compiled_step(task, expressions, [(0, 1), (0, 1)], [0, 1])
    state = torch.tensor([[3.0, 1.0], [1.0, 7.9999], [-1.0, 0.5], [0.0, 0.5]])
    found = step(state, torch.zeros(4, 1)).numpy()
    assert found[0] == pytest.approx([4.0 - 2 * np.pi, 1 + np.log(3.0)], abs=1e-6)
    assert found[1] == pytest.approx([1 + 7.9999 - 2 * np.pi, 7.9999], abs=1e-5)  # log 1 = 0
    assert found[2, 1] == 0.5 and found[3, 1] == 0.5  # NaN and infinite logarithms
    state[1, 0] = 2.0
    assert step(state, torch.zeros(4, 1))[1, 1] == 8.0


def test_the_gradient_is_that_of_the_simulators_equations():
    task = make_task("pendulum")
    expressions = [Expression.from_text(text, ("theta", "theta_dot", "u"))
                   for text in task.true_equations]  # fmt: skip
    step = compiled_step(task, expressions, [(0, 1, 2)] * 2, [0, 1])
    both = []
    for function in (step, task.true_step):
        state = torch.tensor([[0.3, -1.0], [3.1, 2.0]], dtype=torch.float64, requires_grad=True)
        action = torch.tensor([[0.5], [-1.0]], dtype=torch.float64, requires_grad=True)
        function(state, action).sum().backward()
        both.append((state.grad, action.grad))
    for one, other in zip(*both, strict=True):
        assert torch.allclose(one, other, atol=1e-12)
