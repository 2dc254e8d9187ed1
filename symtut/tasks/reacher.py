"""Reacher-v5: a two-joint arm moves its fingertip to a target (Gymnasium, MuJoCo).

Constants are those of Gymnasium's ``reacher.xml``. Armature (1 kg m^2) and damping (1 N m s/rad)
of the joints dwarf the links, whose inertia is some 1e-4 kg m^2: the joints are nearly linear and
nearly independent of each other, and one step of 0.02 s is close to

    theta_dot' = 0.9802 theta_dot + 3.961 u,    theta' = theta + 0.0198 theta_dot + 0.0397 u.

:meth:`Reacher.true_step` integrates the arm itself, as MuJoCo does: rigid links, two Runge-Kutta
steps, and the soft stop of the elbow.
"""

from typing import Any

import numpy as np
import torch

from symtut.tasks.base import Array, Task, array_module, wrap_angle

LINK_1, LINK_2 = 0.1, 0.11  # m, shoulder to elbow and elbow to fingertip
ELBOW_LIMIT = 3.0  # rad
TARGET_RADIUS = 0.2  # m, the disc that the environment draws targets from
GEAR = 200.0  # N m for a motor signal of 1
ARMATURE = 1.0  # kg m^2, of each joint
DAMPING = 1.0  # N m s/rad, of each joint
SUBSTEP, SUBSTEPS = 0.01, 2  # s; Gymnasium's frame_skip

# Each link is a capsule of radius 1 cm around a line of 10 cm, the fingertip a ball of radius 1 cm;
# MuJoCo's density is 1000 kg/m^3.
_RADIUS, _LENGTH, _DENSITY = 0.01, 0.1, 1000.0
_TUBE = _DENSITY * np.pi * _RADIUS**2 * _LENGTH  # kg, the cylinder of a capsule
_BALL = _DENSITY * np.pi * _RADIUS**3 * 4 / 3  # kg, its two caps; the fingertip weighs the same
_CENTRE = _LENGTH / 2
_LINK = _TUBE + _BALL
_LINK_INERTIA = (  # kg m^2 about the middle, around an axis across the capsule
    _TUBE * (_RADIUS**2 / 4 + _LENGTH**2 / 12)
    + _BALL * (2 / 5 * _RADIUS**2 + _LENGTH**2 / 4 + 3 / 8 * _LENGTH * _RADIUS)
)
_FOREARM = (  # kg m^2 of link 2 and fingertip about the elbow
    _LINK_INERTIA + _LINK * _CENTRE**2 + _BALL * (2 / 5 * _RADIUS**2 + LINK_2**2)
)
_COUPLING = LINK_1 * (_LINK * _CENTRE + _BALL * LINK_2)  # kg m^2, how much the elbow's angle counts
_SHOULDER = _LINK_INERTIA + _LINK * _CENTRE**2 + (_LINK + _BALL) * LINK_1**2 + _FOREARM

# One step of a joint without link: speed decays to 1 - _LOSS of itself while the motor works.
_LOSS = -np.expm1(-DAMPING / ARMATURE * SUBSTEP * SUBSTEPS)
_KICK = GEAR / DAMPING * _LOSS  # rad/s for a motor signal of 1
_TRAVEL = ARMATURE / DAMPING * _LOSS  # rad for 1 rad/s
_PUSH = GEAR / DAMPING * (SUBSTEP * SUBSTEPS - _TRAVEL)  # rad for a motor signal of 1

KP, KD = 0.26, 0.05  # of the hand controller: motor signal per rad and per rad/s

# MuJoCo's soft constraint (its documentation, "Computation", solver parameters) with the defaults
# solref = (0.02, 1) and solimp = (0.9, 0.95, 0.001, 0.5, 2).
_TIME_CONSTANT, _SOFTEST, _HARDEST, _WIDTH = 0.02, 0.9, 0.95, 0.001


class Reacher(Task):
    """State (theta1, theta2, theta1_dot, theta2_dot, target_x, target_y): rad, rad/s, m.

    theta1 is the shoulder, theta2 the elbow relative to the upper arm; the actions u1 and u2 are
    motor signals in [-1, 1]. The target stays where it is for a whole episode: its increments are
    zero, and :meth:`relabel` gives imagined episodes other targets.

    The shoulder turns freely. The elbow has a soft stop at +-3 rad, which a fast arm overruns by up
    to 0.3 rad. It is observed as cosine and sine only, so it is an angle in (-pi, pi] here, too,
    and an elbow beyond pi is taken for one beyond -pi (2 steps in 1,000 under a random policy).

    Observation: cos theta1, cos theta2, sin theta1, sin theta2, target, angular velocities, and
    fingertip minus target. MuJoCo leaves body positions as they were in the last stage of its
    integrator, so the last two numbers and the reward differ from :meth:`fingertip` of the state
    itself, by up to 6e-6 m in free motion and up to 1 cm while the elbow hits its stop.
    """

    name = "reacher"
    env_id = "Reacher-v5"
    extra = "mujoco"
    state_names = ("theta1", "theta2", "theta1_dot", "theta2_dot", "target_x", "target_y")
    action_names = ("u1", "u2")
    angular = (True, True, False, False, False, False)
    state_low = np.array([-np.pi, -np.pi, -np.inf, -np.inf, -TARGET_RADIUS, -TARGET_RADIUS])
    state_high = -state_low
    action_low = np.array([-1.0, -1.0])
    action_high = np.array([1.0, 1.0])
    observation_size = 10
    horizon = 50
    solved_return = -5.0
    # The target is drawn, not felt: no force in this world depends on where it is. (All eight
    # coordinates would also be more than formulas have variables.)
    inputs = {
        name: ("theta1", "theta2", "theta1_dot", "theta2_dot", "u1", "u2") for name in state_names
    } | {"reward": ("theta1", "theta2", "target_x", "target_y", "u1", "u2")}
    # Of joints without links, in free motion: one step is right to 1e-4 rad and
    # 1e-2 rad/s at speeds up to 15 rad/s. true_step has the rest.
    true_equations = (
        f"{_TRAVEL:.6g}*theta1_dot + {_PUSH:.6g}*u1",
        f"{_TRAVEL:.6g}*theta2_dot + {_PUSH:.6g}*u2",
        f"{-_LOSS:.6g}*theta1_dot + {_KICK:.6g}*u1",
        f"{-_LOSS:.6g}*theta2_dot + {_KICK:.6g}*u2",
        "0",
        "0",
    )

    def state_from_observation(self, observation: Array) -> Array:
        xp = array_module(observation)
        angles = xp.arctan2(observation[..., 2:4], observation[..., 0:2])
        return xp.concatenate([angles, observation[..., 6:8], observation[..., 4:6]], -1)

    def observation_from_state(self, state: Array) -> Array:
        xp = array_module(state)
        angles, velocity, target = state[..., :2], state[..., 2:4], state[..., 4:]
        off = self.fingertip(state) - target
        return xp.concatenate([xp.cos(angles), xp.sin(angles), target, velocity, off], -1)

    def fingertip(self, state: Array) -> Array:
        """(..., 6) state -> (..., 2) position in m, the shoulder at the origin."""
        xp = array_module(state)
        upper, lower = state[..., 0], state[..., 0] + state[..., 1]
        return xp.stack(
            [
                LINK_1 * xp.cos(upper) + LINK_2 * xp.cos(lower),
                LINK_1 * xp.sin(upper) + LINK_2 * xp.sin(lower),
            ],
            -1,
        )

    def reward(self, state: Array, action: Array, next_state: Array) -> Array:
        off = self.fingertip(next_state) - next_state[..., 4:]
        return -((off**2).sum(-1) ** 0.5) - array_module(action).square(action).sum(-1)

    def terminated(self, state: Array, action: Array, next_state: Array) -> Array:
        return array_module(state).zeros_like(state[..., 0], dtype=bool)

    def uncut(self, state: np.ndarray, next_state: np.ndarray) -> np.ndarray:
        """Where the elbow was not at its stop, neither before the step nor after it."""
        return (abs(state[:, 1]) < ELBOW_LIMIT) & (abs(next_state[:, 1]) < ELBOW_LIMIT)

    def start_state(self, n: int, generator: torch.Generator) -> torch.Tensor:
        noise = 2.0 * torch.rand((n, 4), generator=generator) - 1.0
        joints = noise * torch.tensor([0.1, 0.1, 0.005, 0.005])
        radius = TARGET_RADIUS * torch.rand((n, 1), generator=generator) ** 0.5
        angle = 2 * np.pi * torch.rand((n, 1), generator=generator)
        return torch.cat([joints, radius * torch.cos(angle), radius * torch.sin(angle)], 1)

    def relabel(
        self,
        states: torch.Tensor,
        generator: torch.Generator,
        reached: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """States with the target moved to where a fingertip has been; see :meth:`Task.relabel`.

        Places beyond the disc of radius 0.2 m that the environment draws targets from are pulled in
        to its edge.
        """
        places = self.fingertip(states if reached is None else reached)
        drawn = places[torch.randint(len(places), (len(states),), generator=generator)]
        radius = (drawn**2).sum(-1, keepdim=True) ** 0.5
        target = drawn * torch.clip(TARGET_RADIUS / radius, max=1.0)
        return torch.cat([states[:, :4], target.to(states.dtype)], 1)

    def true_step(self, state: Array, action: Array) -> Array:
        """The next state as MuJoCo computes it, the elbow's stop included.

        Against MuJoCo 4.0 over 9,000 steps (random, constant and full torques): at most 2e-14 where
        the stop does not act or the elbow rests on it; in a few steps that strike it, where
        MuJoCo's iterative solver ends early, 2e-8 rad and 2e-6 rad/s. An elbow observed beyond
        +-pi is the exception: see the class.
        """
        xp = array_module(state)
        torque = GEAR * xp.clip(action, -1.0, 1.0)
        q, velocity, target = state[..., :2], state[..., 2:4], state[..., 4:]
        for _ in range(SUBSTEPS):
            q, velocity = _runge_kutta(q, velocity, torque, xp)
        return xp.concatenate([wrap_angle(q), velocity, target], -1)

    def hand_controller(self, state: Array) -> Array:
        """(..., 6) state -> (..., 2) action: inverse kinematics and a PD law, for reference.

        Two poses put the fingertip on the target, elbow left or right; the nearer one is taken.
        Its mean return over the evaluation starts: ``benchmarks/hand_controllers.py``. The two
        gains come from a small grid on 400 other starts.
        """
        xp = array_module(state)
        theta1, theta2, tx, ty = state[..., 0], state[..., 1], state[..., 4], state[..., 5]
        cosine = (tx**2 + ty**2 - LINK_1**2 - LINK_2**2) / (2 * LINK_1 * LINK_2)
        bend = xp.arccos(xp.clip(cosine, -1.0, 1.0))
        offsets = []
        for elbow in (bend, -bend):
            inner = xp.arctan2(LINK_2 * xp.sin(elbow), LINK_1 + LINK_2 * xp.cos(elbow))
            shoulder = wrap_angle(xp.arctan2(ty, tx) - inner - theta1)
            offsets.append(xp.stack([shoulder, elbow - theta2], -1))  # no way through the stop
        way = [abs(offset).sum(-1, keepdims=True) for offset in offsets]
        offset = xp.where(way[0] <= way[1], *offsets)
        return xp.clip(KP * offset - KD * state[..., 2:4], -1.0, 1.0)


def _runge_kutta(q, velocity, torque, xp):
    """One substep of the classical fourth-order method: (..., 2) angles and velocities."""
    slope_q, slope_v = velocity, joint_acceleration(q, velocity, torque, xp)
    sum_q, sum_v = slope_q, slope_v
    for part, weight in ((0.5, 2.0), (0.5, 2.0), (1.0, 1.0)):
        at_q, at_v = q + part * SUBSTEP * slope_q, velocity + part * SUBSTEP * slope_v
        slope_q, slope_v = at_v, joint_acceleration(at_q, at_v, torque, xp)
        sum_q, sum_v = sum_q + weight * slope_q, sum_v + weight * slope_v
    return q + SUBSTEP / 6 * sum_q, velocity + SUBSTEP / 6 * sum_v


def joint_acceleration(q: Array, velocity: Array, torque: Array, xp: Any) -> Array:
    """(..., 2) rad/s^2 of both joints; ``torque`` in N m. Valid for the elbow in (-pi, pi]."""
    elbow, speed_1, speed_2 = q[..., 1], velocity[..., 0], velocity[..., 1]
    # mass matrix, and what is left of the torques after damping and centrifugal forces
    m11 = ARMATURE + _SHOULDER + 2 * _COUPLING * xp.cos(elbow)
    m12 = _FOREARM + _COUPLING * xp.cos(elbow)
    m22 = ARMATURE + _FOREARM
    turning = _COUPLING * xp.sin(elbow)
    force_1 = torque[..., 0] - DAMPING * speed_1 + turning * speed_2 * (2 * speed_1 + speed_2)
    force_2 = torque[..., 1] - DAMPING * speed_2 - turning * speed_1**2
    determinant = m11 * m22 - m12**2
    free = (m11 * force_2 - m12 * force_1) / determinant  # the elbow, if there were no stop
    force_2 = force_2 + _stop(elbow, speed_2, free, m11 / determinant, xp)
    acceleration_1 = (m22 * force_1 - m12 * force_2) / determinant
    acceleration_2 = (m11 * force_2 - m12 * force_1) / determinant
    return xp.stack([acceleration_1, acceleration_2], -1)


def _stop(elbow, speed, free, mobility, xp):
    """Torque of the soft stop: a critically damped spring that only pushes back.

    ``free`` is the elbow's acceleration without it, ``mobility`` its acceleration per torque.
    """
    side = xp.sign(elbow)
    overrun = abs(elbow) - ELBOW_LIMIT
    depth = xp.clip(overrun / _WIDTH, 0.0, 1.0)
    eased = xp.where(depth < 0.5, 2 * depth**2, 1 - 2 * (1 - depth) ** 2)
    hardness = _SOFTEST + (_HARDEST - _SOFTEST) * eased
    stiffness = 1 / (_HARDEST * _TIME_CONSTANT) ** 2
    wanted = -side * stiffness * hardness * overrun - 2 / (_HARDEST * _TIME_CONSTANT) * speed
    give = (1 - hardness) / hardness * _REST_MOBILITY
    push = (wanted - free) / (mobility + give)
    push = side * xp.clip(side * push, -np.inf, 0.0)
    return xp.where(overrun > 0, push, xp.zeros_like(push))


def _rest_mobility() -> float:
    """The elbow's acceleration per torque of the stretched arm (MuJoCo's ``dof_invweight0``)."""
    m11 = ARMATURE + _SHOULDER + 2 * _COUPLING
    return m11 / (m11 * (ARMATURE + _FOREARM) - (_FOREARM + _COUPLING) ** 2)


_REST_MOBILITY = _rest_mobility()
