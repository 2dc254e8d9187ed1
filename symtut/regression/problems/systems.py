"""Systems of textbook mechanics: what a learner of world models sees, and what it has to find.

It sees states and actions, and the increment of one coordinate over one time step of the simulator.
The step is part of the problem: with the semi-implicit Euler rule that many simulators use, the
increment of a position already contains the forces. Systems, ranges and constants are written for
this project.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """A system of differential equations with ranges of its states and actions.

    ``rates`` maps a state to the text of its time derivative. States in ``positions`` are moved
    after the others, with the others' new values (semi-implicit Euler).
    """

    ranges: dict[str, tuple[float, float]]
    rates: dict[str, str]
    step: float = 0.05
    positions: tuple[str, ...] = ()

    def increment(self, state: str) -> str:
        """The increment of a state over one step, as the text of a formula in the old states."""
        rate = self.rates[state]
        if state in self.positions:  # its rate sees the others' new values
            moved = {
                other: f"({other} + {self.step}*({own}))"
                for other, own in self.rates.items()
                if other not in self.positions and other in self.ranges
            }
            rate = re.sub(r"\b[a-z]\w*", lambda name: moved.get(name[0], name[0]), rate)
        return f"{self.step}*({rate})"


PI = (-3.14, 3.14)
SYSTEMS = {
    "pendulum": System(
        {"theta": PI, "omega": (-8, 8), "u": (-2, 2)},
        {"omega": "15*sin(theta) + 3*u", "theta": "omega"},
        positions=("theta",),
    ),
    "damped_pendulum": System(
        {"theta": PI, "omega": (-6, 6), "u": (-2, 2)},
        {"omega": "9.81*sin(theta) - 0.4*omega - 0.1*abs(omega)*omega + u"},
    ),
    "cart_pole": System(
        {"v": (-3, 3), "theta": PI, "omega": (-4, 4), "u": (-10, 10)},
        {
            "v": "(u + 0.1*sin(theta)*(0.5*omega**2 + 9.8*cos(theta)))/(1 + 0.1*sin(theta)**2)",
            "omega": "(-u*cos(theta) - 0.05*omega**2*cos(theta)*sin(theta) - 10.78*sin(theta))"
            "/(0.5 + 0.05*sin(theta)**2)",
        },
        step=0.02,
    ),
    "cart": System(
        {"x": (-2, 2), "v": (-3, 3), "u": (-1, 1)},
        {"v": "5*u - 0.8*v - 0.5*tanh(4*v)", "x": "v"},
        positions=("x",),
    ),
    "acrobot": System(  # generalised forces of a double pendulum, torque at the elbow
        {"q1": PI, "q2": PI, "w1": (-4, 4), "w2": (-4, 4), "u": (-1, 1)},
        {
            "w1": "(9.8*sin(q1) - 4.9*sin(q1 + q2) + sin(q2)*w2**2)/(1.5 + cos(q2))",
            "w2": "u - 4.9*sin(q1 + q2) - sin(q2)*w1**2",
        },
    ),
    "two_link_arm": System(
        {"q2": (-3, 3), "w1": (-3, 3), "w2": (-3, 3), "u1": (-2, 2), "u2": (-2, 2)},
        {
            "w1": "(u1 - u2 + 0.5*sin(q2)*w2**2)/(1.25 - 0.4*cos(q2)**2)",
            "w2": "3*u2 - 1.5*sin(q2)*w1**2 - 0.4*w2",
        },
    ),
    "unicycle": System(
        {"psi": PI, "v": (-2, 2), "w": (-2, 2)},
        {"x": "v*cos(psi)", "y": "v*sin(psi)", "psi": "w"},
        step=0.1,
    ),
    "bicycle": System(
        {"psi": PI, "v": (0, 5), "delta": (-0.6, 0.6), "a": (-2, 2)},
        {"x": "v*cos(psi)", "psi": "0.4*v*tan(delta)", "v": "a - 0.05*abs(v)*v - 0.1*v"},
        step=0.1,
    ),
    "quadrotor": System(
        {"theta": (-1.5, 1.5), "vx": (-4, 4), "vz": (-4, 4), "w": (-3, 3), "u1": (0, 8),
         "u2": (0, 8)},
        {
            "vx": "-0.8*(u1 + u2)*sin(theta) - 0.1*vx",
            "vz": "0.8*(u1 + u2)*cos(theta) - 9.81 - 0.1*vz",
            "w": "6*u1 - 6*u2 - 0.3*w",
        },
        step=0.02,
    ),
    "mountain_car": System(
        {"x": (-1.2, 0.6), "v": (-0.07, 0.07), "u": (-1, 1)},
        {"v": "0.0015*u - 0.0025*cos(3*x)", "x": "v"},
        step=1.0,
        positions=("x",),
    ),
    "spring_damper": System(
        {"x": (-2, 2), "v": (-3, 3), "u": (-2, 2)},
        {"v": "2*u - 6*x - 0.7*v", "x": "v"},
        positions=("x",),
    ),
    "driven_oscillator": System(
        {"x": (-2, 2), "v": (-3, 3), "t": (0, 12)},
        {"v": "-4*x - 0.3*v + 1.5*cos(2.3*t)"},
    ),
    "duffing": System(
        {"x": (-2, 2), "v": (-3, 3), "u": (-1, 1)}, {"v": "x - x**3 - 0.25*v + u"}
    ),
    "van_der_pol": System(
        {"x": (-3, 3), "v": (-4, 4)}, {"v": "1.5*(1 - x**2)*v - x", "x": "v"}, positions=("x",)
    ),
    "lotka_volterra": System(
        {"prey": (0.2, 4), "predator": (0.2, 4)},
        {"prey": "1.1*prey - 0.4*prey*predator", "predator": "0.1*prey*predator - 0.4*predator"},
        step=0.1,
    ),
    "lorenz": System(
        {"x": (-15, 15), "y": (-20, 20), "z": (5, 40)},
        {"x": "10*(y - x)", "y": "x*(28 - z) - y", "z": "x*y - 2.667*z"},
        step=0.01,
    ),
    "fitzhugh_nagumo": System(
        {"v": (-2, 2), "w": (-1, 2), "i": (0, 1)},
        {"v": "v - v**3/3 - w + i", "w": "0.08*v + 0.056 - 0.064*w"},
        step=0.1,
    ),
    "projectile": System(
        {"vx": (-10, 10), "vz": (-10, 10)},
        {"vx": "-0.05*vx*sqrt(vx**2 + vz**2)", "vz": "-9.81 - 0.05*vz*sqrt(vx**2 + vz**2)"},
        step=0.02,
    ),
    "boat": System(
        {"v": (-3, 3), "r": (-1, 1), "thrust": (-2, 2), "rudder": (-0.7, 0.7)},
        {
            "v": "thrust - 0.3*abs(v)*v - 0.2*r**2",
            "r": "0.8*v*sin(rudder) - 0.9*r - 0.4*abs(r)*r",
        },
        step=0.1,
    ),
    "magnet": System(
        {"gap": (0.5, 3), "v": (-2, 2), "i": (0, 3)},
        {"v": "9.81 - 2*i**2/(0.2 + gap)**2"},
        step=0.02,
    ),
    "motor": System(
        {"w": (-10, 10), "i": (-3, 3), "u": (-5, 5)},
        {"i": "4*u - 2*i - 0.4*w", "w": "3*i - 0.2*w - 0.6*tanh(2*w)"},
        step=0.02,
    ),
    "spherical_pendulum": System(
        {"theta": (0.4, 2.7), "phi_dot": (-3, 3), "omega": (-3, 3)},
        {"omega": "sin(theta)*cos(theta)*phi_dot**2 - 9.81*sin(theta)"},
        step=0.02,
    ),
}  # fmt: skip
