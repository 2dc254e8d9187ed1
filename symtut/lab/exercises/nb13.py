"""The exercises of notebook 13."""

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_1():
    """Constants of nature."""

    def reference(c_sin, c_u, dt):
        inertia = dt / c_u  # m l² / 3: what a torque of 1 N m is divided by
        weight = inertia * c_sin / dt  # m g l / 2
        return np.array([2 * weight / (3 * inertia), 1 / (3 * inertia)])

    def scaled(of_sin, of_u, power=1):
        """Both coefficients divided by the time step, times these factors."""
        return lambda c_sin, c_u, dt: np.array([c_sin * of_sin, c_u * of_u]) / dt**power

    return Function(
        reference,
        cases=[(0.75, 0.15, 0.05), (0.6, 0.08, 0.02), (0.2, 0.06, 0.1), (0.09, 0.3, 0.05)],
        mistakes=[
            (
                scaled(1, 1),
                "Those are the acceleration's coefficients (a point on a string): put in the "
                "rod's.",
            ),
            (
                scaled(2 / 3, 1 / 3, 0),
                "An increment is acceleration times Δt: divide by the time step.",
            ),
            (
                scaled(2 / 3, 1 / 3, -1),
                "An increment is acceleration times Δt: divide by the time step.",
            ),
            (
                scaled(3 / 2, 3),
                "Upside down: the acceleration holds 3g/(2l) and 3/(m l²).",
            ),
            (
                scaled(2 / 3, 1 / 3, 2),
                "Once Δt is enough: Δt² belongs to the angle's increment.",
            ),
            (
                scaled(1 / 3, 1 / 3),
                "Gravity pulls at the middle of the rod: its torque is m g l/2, not m g l.",
            ),
            (
                scaled(1 / 6, 1 / 12),
                "The rod turns about its end: m l²/3, not the m l²/12 of its middle.",
            ),
            (scaled(2 / 3, 1), "The moment of inertia divides the motor's torque, too."),
            (scaled(1, 1 / 3), "The moment of inertia divides gravity's torque, too: 3g/(2l)."),
            (
                lambda s, c, dt: reference(s, c, dt)[::-1],
                "The other way round: g / l first, then 1 / (m l²).",
            ),
            (
                lambda s, c, dt: reference(s, c, dt) ** [1, -1],
                "That is m l²; 1 / (m l²) is asked.",
            ),
        ],
        hint="Write acceleration = … sin θ + … u and divide the increment by Δt.",
    )


def exercise_2():
    """Equilibria under a constant torque."""

    def reference(f_s, f_u, torque):
        sine = -f_u * torque / f_s
        cosine = np.sqrt(1 - sine**2)
        return np.angle([cosine + 1j * sine, -cosine + 1j * sine])

    def with_sign(s, f, t):
        return np.array([np.arcsin(f * t / s), np.pi - np.arcsin(f * t / s)])

    return Function(
        reference,
        cases=[(15.0, 3.0, 1.0), (15.0, 3.0, -2.0), (10.0, 1.0, 0.5), (6.0, 2.0, -2.5)],
        mistakes=[
            (with_sign, "The sign: gravity and torque must cancel, sin θ = −f_u u / f_s."),
            (
                lambda s, f, t: reference(s, f, -t),
                "The sign: gravity and torque must cancel, sin θ = −f_u u / f_s.",
            ),
            (
                lambda s, f, t: np.array([-f * t / s, np.angle(-np.exp(1j * f * t / s))]),
                "That is the small-angle approximation; the equation has a sine.",
            ),
            (
                lambda s, f, t: np.array([np.arcsin(-f * t / s), np.pi - np.arcsin(-f * t / s)]),
                "The second angle must lie in (−π, π]: take a whole turn off where it does not.",
            ),
            (
                lambda s, f, t: np.array([np.arcsin(-f * t / s), -np.pi - np.arcsin(-f * t / s)]),
                "The second angle must lie in (−π, π]: add a whole turn where it does not.",
            ),
            (
                lambda s, f, t: np.array(
                    [np.arcsin(-f * t / s), np.angle(-np.exp(1j * np.arcsin(-f * t / s)))]
                ),
                "θ + π has the opposite sine; the second angle with this sine is π − θ.",
            ),
            (
                lambda s, f, t: np.array([np.arcsin(-f * t / s), np.pi]),
                "Hanging moves, too: there as well gravity must cancel the torque.",
            ),
            (lambda s, f, t: reference(s, f, t)[::-1], "The one near upright comes first."),
            (lambda s, f, t: np.degrees(reference(s, f, t)), "Those are degrees; rad are asked."),
            (
                lambda s, f, t: np.array([np.arcsin(-t / s), np.angle(-np.exp(1j * t / s))]),
                "The torque's coefficient is f_u: sin θ = −f_u u / f_s.",
            ),
        ],
        hint="sin θ has the same value at θ and at π − θ.",
    )


def exercise_3():
    """The Jacobian of the discrete map."""

    def step(state, f_s, h):
        velocity = state[1] + h * f_s * np.sin(state[0])
        return np.array([state[0] + h * velocity, velocity])

    def reference(angle, f_s, h):
        small = 1e-20  # an imaginary step: its derivative has no rounding error
        moved = np.array([angle, 0.3]) + 1j * small * np.eye(2)
        return np.stack([step(state, f_s, h).imag / small for state in moved], axis=1)

    return Function(
        reference,
        cases=[(0.0, 15.0, 0.05), (np.pi, 15.0, 0.05), (1.0, 8.0, 0.1), (-2.0, 4.0, 0.2)],
        mistakes=[
            (
                lambda t, f, h: np.array([[0, 1], [f * np.cos(t), 0]]),
                "That is the Jacobian of the differential equation, not of one step.",
            ),
            (
                lambda t, f, h: np.array([[1, h], [h * f * np.cos(t), 1]]),
                "That is explicit Euler: here the new velocity, which depends on θ, moves the "
                "angle.",
            ),
            (
                lambda t, f, h: np.array([[h**2 * f * np.cos(t), h], [h * f * np.cos(t), 0]]),
                "That is the Jacobian of the increments: the next state is the state plus these.",
            ),
            (
                lambda t, f, h: np.array([[1 + h**2 * f * np.sin(t), h], [h * f * np.sin(t), 1]]),
                "The derivative of sin θ is cos θ.",
            ),
            (
                lambda t, f, h: np.array([[1 - h**2 * f * np.cos(t), h], [-h * f * np.cos(t), 1]]),
                "The sign: the derivative of sin θ is +cos θ.",
            ),
            (lambda t, f, h: reference(t, f, h).T, "Rows are the new values, columns the old."),
            (
                lambda t, f, h: reference(t, f, h)[::-1],
                "Row 0 is the new angle, row 1 the new velocity.",
            ),
            (
                lambda t, f, h: np.array([[1 + h * f * np.cos(t), h], [h * f * np.cos(t), 1]]),
                "The new velocity moves the angle by h times it: h² f_s cos θ.",
            ),
            (
                lambda t, f, h: reference(0.0, f, h),
                "That is A upright only: the slope depends on the angle.",
            ),
        ],
        hint="Insert the new velocity into the angle's line first, then differentiate both.",
    )


def exercise_4():
    """Riccati by iteration."""

    def gain(A, B, P, R):
        return np.linalg.inv(R + B.T @ P @ B) @ B.T @ P @ A

    def cost(A, B, Q, R, iterations):
        """P after so many passes: the cost of a feedback, step by step."""
        P = Q
        for _ in range(iterations):
            K = gain(A, B, P, R)
            closed = A - B @ K
            P = Q + K.T @ R @ K + closed.T @ P @ closed
        return P

    def reference(A, B, Q, R, iterations=1000):
        return gain(A, B, cost(A, B, Q, R, iterations), R)

    def enough(A, B, Q, R, iterations=1000):
        return reference(A, B, Q, R, 2000)

    def one_step(A, B, Q, R, iterations=1000):
        return gain(A, B, Q, R)

    def continuous(A, B, Q, R, iterations=1000):
        return np.linalg.inv(R) @ B.T @ cost(A, B, Q, R, iterations)

    def without_weight(A, B, Q, R, iterations=1000):
        P = cost(A, B, Q, R, iterations)
        return np.linalg.inv(B.T @ P @ B) @ B.T @ P @ A

    pendulum = np.array([[1.0375, 0.05], [0.75, 1.0]]), np.array([[0.0075], [0.15]])
    slow = np.array([[0.999, 0.001], [0.0, 0.998]]), np.array([[0.001], [0.002]])
    weights = np.diag([1.0, 0.1]), np.array([[0.001]])
    return Function(
        reference,
        cases=[
            (*pendulum, *weights),
            (*pendulum, np.eye(2), np.eye(1), 100),
            (np.array([[1.08, 0.1], [0.8, 1.0]]), np.array([[0.02], [0.2]]), *weights, 100),
            (*pendulum, np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[0.3]]), 100),
            # So slow that the last P is far from where it goes, and one pass changes it little:
            # whether K is taken before or after the last pass is not what is asked.
            (*slow, np.diag([1.0, 0.5]), np.eye(1), 200),
        ],
        mistakes=[
            (
                lambda *a: -reference(*a),
                "The sign: K is defined by u = −K x, the minus does not belong into K.",
            ),
            (one_step, "That looks one step ahead only: P was never iterated."),
            (continuous, "R⁻¹ Bᵀ P is the formula for continuous time."),
            (enough, "Make as many passes as `iterations` says, not more."),
            (without_weight, "R is missing in K: a torque has its price."),
            (lambda A, B, Q, R, n=1000: cost(A, B, Q, R, n), "That is P; the gain K is asked."),
            (lambda *a: reference(*a).T, "K is a row (1, 2), so that u = −K x is one number."),
        ],
        hint="In each pass compute K from the P you have, then the new P with this K.",
        rtol=1e-2,
    )


def exercise_5():
    """Which way to push."""

    def energy(state, f_s, half=0.5, sign=1):
        return half * state[:, 1:] ** 2 + sign * f_s * np.cos(state[:, :1])

    def push(factor, missing=lambda s, e, f: e - energy(s, f), most=2.0):
        return lambda s, e, k, f: np.clip(k * missing(s, e, f) * factor(s), -most, most)

    def speed(state):
        return state[:, 1:]

    def reference(state, E_star, k, f_s):
        rows = []
        for angle, velocity in state:
            power = k * velocity * (E_star - velocity**2 / 2 - f_s * np.cos(angle))
            rows.append([min(max(power, -2.0), 2.0)])
        return np.array(rows)

    sign = "E holds +f_s cos θ and half of the square of θ̇."
    low_and_high = np.array([[3.0, 0.05], [0.5, -0.3], [0.2, 3.0], [2.0, -4.0], [0.1, 5.5]])
    return Function(
        reference,
        cases=[
            (np.array([[3.0, 0.05]]), 15.0, 0.3, 15.0),
            (low_and_high, 15.0, 0.3, 15.0),
            (np.array([[1.0, 0.5], [-0.2, -0.6], [2.5, 1.0]]), 12.0, 0.2, 14.0),
            (np.array([[0.3, 0.4], [-2.0, -0.1]]), 8.0, 1.0, 10.0),
        ],
        mistakes=[
            (
                lambda *a: -reference(*a),
                "The sign: dE/dt = f_u u θ̇, so pushing along the motion adds energy.",
            ),
            (
                push(lambda s: 1.0),
                "Without θ̇ you push the same way whichever way it moves: energy goes in and out "
                "again.",
            ),
            (
                lambda s, e, k, f: 2 * np.sign(s[:, 1:]),
                "That only ever adds energy: use E* − E, which turns round when there is too much.",
            ),
            (
                push(speed, lambda s, e, f: 1.0),
                "That only ever adds energy: use E* − E, which turns round when there is too much.",
            ),
            (
                push(speed, lambda s, e, f: np.abs(e - energy(s, f))),
                "With too much energy the push must turn round: no absolute value.",
            ),
            (push(speed, most=np.inf), "Cut the torque to the motor's ±2 N m."),
            (push(speed, most=1.0), "The motor's limit is 2 N m."),
            (
                push(lambda s: np.sign(s[:, 1:])),
                "That moves the energy the right way, too, but jumps where the pendulum turns: "
                "put θ̇ itself into the brackets.",
            ),
            (
                push(lambda s: s[:, :1]),
                "Push along the motion, the velocity θ̇; that is the angle.",
            ),
            (
                push(lambda s: np.cos(s[:, :1]) * s[:, 1:]),
                "That is for a cart that is pushed; a motor's torque needs no cos θ.",
            ),
            (push(speed, lambda s, e, f: f - energy(s, f)), "Use the E* that is given."),
            (push(speed, lambda s, e, f: e - energy(s, f, half=1.0)), sign),
            (push(speed, lambda s, e, f: e - energy(s, f, sign=-1)), sign),
            (push(speed, lambda s, e, f: e - energy(s, 15.0)), "Use the f_s that is given."),
            (
                lambda s, e, k, f: reference(s, e, k, f)[:, 0],
                "One torque a row: (N, 1), as [:, None] makes it.",
            ),
        ],
        hint="In dE/dt the terms with sin θ cancel; what is left has u in it.",
    )


def exercise_6():
    """Edit the equation."""

    def reference(f_s, f_u, gravity=1.0, length=1.0, mass=1.0):
        torque, inertia = mass * gravity * length, mass * length**2
        return np.array([f_s * torque / inertia, f_u / inertia])

    def mistake(of_sin, of_u):
        def edit(f_s, f_u, gravity=1.0, length=1.0, mass=1.0):
            return np.array(
                [f_s * of_sin(gravity, length, mass), f_u * of_u(gravity, length, mass)]
            )

        return edit

    def right_sin(g, d, m):
        return g / d

    def right_u(g, d, m):
        return 1 / (m * d**2)

    return Function(
        reference,
        cases=[
            (15.0, 3.0, 0.5, 1.0, 1.0),
            (15.0, 3.0, 1.0, 1.5, 1.0),
            (8.0, 2.0, 1.0, 1.0, 0.25),
            (12.0, 5.0, 0.8, 2.0, 0.5),
            (8.0, 2.0, 1.2, 0.6, 1.7),
            (9.0, 4.0, 0.4, 1.0, 1.0),
        ],
        mistakes=[
            (
                mistake(right_sin, lambda g, d, m: 1 / (m * d)),
                "The moment of inertia holds the length squared.",
            ),
            (
                mistake(right_sin, lambda g, d, m: 1 / (m * d) ** 2),
                "The moment of inertia holds the length squared, and the mass once.",
            ),
            (
                mistake(lambda g, d, m: g / d / m, right_u),
                "Mass cancels between weight and inertia: it is not in f_s.",
            ),
            (
                mistake(lambda g, d, m: g * m / d, right_u),
                "Mass cancels between weight and inertia: it is not in f_s.",
            ),
            (
                mistake(lambda g, d, m: g * d, lambda g, d, m: m * d**2),
                "Longer means slower: length stands in the denominators.",
            ),
            (
                mistake(lambda g, d, m: g, right_u),
                "f_s is made of g / l: the length is in it, too.",
            ),
            (
                mistake(lambda g, d, m: g / d**2, right_u),
                "f_s is made of g / l: the length enters it once.",
            ),
            (
                mistake(lambda g, d, m: d / g, right_u),
                "Upside down: f_s is made of g / l.",
            ),
            (
                mistake(right_sin, lambda g, d, m: 1 / d**2),
                "f_u is made of 1 / (m l²): a heavier rod obeys the motor less.",
            ),
            (
                mistake(right_sin, lambda g, d, m: g / (m * d**2)),
                "Gravity does not change what the motor can do: it is not in f_u.",
            ),
            (
                lambda f_s, f_u, g=1.0, d=1.0, m=1.0: np.array([g / d, 1 / (m * d**2)]),
                "Those are the factors: multiply the old coefficients by them.",
            ),
            (
                lambda f_s, f_u, g=1.0, d=1.0, m=1.0: reference(f_s, f_u, g, d, m)[::-1],
                "The new f_s comes first.",
            ),
        ],
        hint="Multiply f_s by what g / l is multiplied by, and f_u by what 1 / (m l²) is.",
    )
