"""The exercises of notebook 13."""

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
    """Constants of nature."""

    def reference(c_sin, c_u, dt):
        inertia = dt / c_u  # m l² / 3: what a torque of 1 N m is divided by
        weight = inertia * c_sin / dt  # m g l / 2
        return np.array([2 * weight / (3 * inertia), 1 / (3 * inertia)])

    def scaled(of_sin, of_u, power=1):
        """Both coefficients divided by the time step, times these factors."""
        return lambda c_sin, c_u, dt: np.array([c_sin * of_sin, c_u * of_u]) / dt**power

    per_step = "An increment is acceleration times Δt: divide by the time step."
    point = "Those are the acceleration's coefficients (a point on a string): put in the rod's."
    return Function(
        reference,
        cases=[(0.75, 0.15, 0.05), (0.6, 0.08, 0.02), (0.2, 0.06, 0.1), (0.09, 0.3, 0.05)],
        mistakes=[
            (scaled(1, 1), point),
            (scaled(2 / 3, 1 / 3, 0), per_step),
            (scaled(2 / 3, 1 / 3, -1), per_step),
            (scaled(2 / 3, 1 / 3, 2), "Once Δt is enough: Δt² belongs to the angle's increment."),
            (scaled(3 / 2, 3), "Upside down: the acceleration holds 3g/(2l) and 3/(m l²)."),
            (
                scaled(1 / 3, 1 / 3),
                "Gravity pulls at the middle of the rod: its torque is m g l/2.",
            ),
            (
                scaled(1 / 6, 1 / 12),
                "The rod turns about its end: m l²/3, not its middle's m l²/12.",
            ),
            (scaled(2 / 3, 1), "The moment of inertia divides the motor's torque, too."),
            (scaled(1, 1 / 3), "The moment of inertia divides gravity's torque, too: 3g/(2l)."),
            (lambda s, c, dt: reference(s, c, dt)[::-1], "The other way round: g / l comes first."),
            (lambda s, c, dt: reference(s, c, dt) ** [1, -1], "That is m l², not 1 / (m l²)."),
        ],
        hint="Write acceleration = … sin θ + … u and divide the increment by Δt.",
    )


def exercise_2() -> Function:
    """Equilibria under a constant torque."""

    def reference(f_s, f_u, torque):
        sine = -f_u * torque / f_s
        cosine = np.sqrt(1 - sine**2)
        return np.angle([cosine + 1j * sine, -cosine + 1j * sine])

    def both(sine, second):
        """arcsin of the sine for the angle near upright; the other from it."""
        return lambda s, f, t: np.array([lean := np.arcsin(sine(s, f, t)), second(lean)])

    def right(s, f, t):
        return -f * t / s

    def other(lean):
        return np.angle(-np.exp(-1j * lean))

    sign = "The sign: gravity and torque must cancel, sin θ = −f_u u / f_s."
    too_far = "The second angle must lie in (−π, π]: "
    return Function(
        reference,
        cases=[(15.0, 3.0, 1.0), (15.0, 3.0, -2.0), (10.0, 1.0, 0.5), (6.0, 2.0, -2.5)],
        mistakes=[
            (both(lambda s, f, t: f * t / s, lambda lean: np.pi - lean), sign),
            (both(lambda s, f, t: f * t / s, other), sign),
            (
                lambda s, f, t: np.array([-f * t / s, np.angle(-np.exp(1j * f * t / s))]),
                "That is the small-angle approximation; the equation has a sine.",
            ),
            (both(right, lambda lean: np.pi - lean), too_far + "take a whole turn off."),
            (both(right, lambda lean: -np.pi - lean), too_far + "put a whole turn on."),
            (
                both(right, lambda lean: np.angle(-np.exp(1j * lean))),
                "θ + π has the opposite sine; the second angle with this sine is π − θ.",
            ),
            (both(right, lambda lean: np.pi), "Hanging moves, too: the torque acts there as well."),
            (lambda s, f, t: reference(s, f, t)[::-1], "The one near upright comes first."),
            (lambda s, f, t: np.degrees(reference(s, f, t)), "Those are degrees; rad are asked."),
            (both(lambda s, f, t: -t / s, other), "The torque's coefficient is f_u."),
        ],
        hint="sin θ has the same value at θ and at π − θ.",
    )


def exercise_3() -> Function:
    """The Jacobian of the discrete map."""

    def step(state, f_s, h):
        velocity = state[1] + h * f_s * np.sin(state[0])
        return np.array([state[0] + h * velocity, velocity])

    def reference(angle, f_s, h):
        small = 1e-20  # an imaginary step: its derivative has no rounding error
        moved = np.array([angle, 0.3]) + 1j * small * np.eye(2)
        return np.stack([np.imag(step(state, f_s, h)) / small for state in moved], axis=1)

    def entries(first, sign, last, per=lambda h: h, in_angle=lambda h: h**2, slope=np.cos):
        """A from its diagonal, the sign of gravity, and powers of h."""

        def matrix(angle, f_s, h):
            pull = sign * f_s * slope(angle)
            return np.array([[first + in_angle(h) * pull, per(h)], [per(h) * pull, last]])

        return matrix

    euler = "That is explicit Euler: the new velocity, which depends on θ, moves the angle."
    return Function(
        reference,
        cases=[(0.0, 15.0, 0.05), (np.pi, 15.0, 0.05), (1.0, 8.0, 0.1), (-2.0, 4.0, 0.2)],
        mistakes=[
            (entries(0, 1, 0, lambda h: 1, lambda h: 0), "That is of the differential equation."),
            (entries(1, 1, 1, in_angle=lambda h: 0), euler),
            (
                entries(0, 1, 0),
                "That is of the increments: the next state is the state plus these.",
            ),
            (entries(1, 1, 1, slope=np.sin), "The derivative of sin θ is cos θ."),
            (entries(1, -1, 1), "The sign: the derivative of sin θ is +cos θ."),
            (lambda t, f, h: reference(t, f, h).T, "Rows are the new values, columns the old."),
            (lambda t, f, h: reference(t, f, h)[::-1], "Row 0 is the new angle."),
            (
                entries(1, 1, 1, in_angle=lambda h: h),
                "The new velocity moves the angle by h times it: h² f_s cos θ.",
            ),
            (lambda t, f, h: reference(0.0, f, h), "That is A upright only: the slope varies."),
        ],
        hint="Insert the new velocity into the angle's line first, then differentiate both.",
    )


def exercise_4() -> Function:
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
            (lambda *a: -reference(*a), "The sign: in u = −K x the minus does not belong to K."),
            (lambda A, B, Q, R, n=0: gain(A, B, Q, R), "That looks one step ahead only."),
            (continuous, "R⁻¹ Bᵀ P is the formula for continuous time."),
            (lambda A, B, Q, R, n=0: reference(A, B, Q, R, 2000), "Just `iterations` passes."),
            (without_weight, "R is missing in K: a torque has its price."),
            (lambda A, B, Q, R, n=1000: cost(A, B, Q, R, n), "That is P; the gain K is asked."),
            (lambda *a: reference(*a).T, "K is a row (1, 2), so that u = −K x is one number."),
        ],
        hint="In each pass compute K from the P you have, then the new P with this K.",
        rtol=1e-2,
    )


def exercise_5() -> Function:
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

    adds = "That only ever adds energy: use E* − E, which turns round when there is too much."
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
            (lambda *a: -reference(*a), "The sign: pushing along the motion adds energy."),
            (push(lambda s: 1.0), "Without θ̇ you push the same way whichever way it moves."),
            (lambda s, e, k, f: 2 * np.sign(s[:, 1:]), adds),
            (push(speed, lambda s, e, f: 1.0), adds),
            (push(speed, lambda s, e, f: np.abs(e - energy(s, f))), adds),
            (push(speed, most=np.inf), "Cut the torque to the motor's ±2 N m."),
            (push(speed, most=1.0), "The motor's limit is 2 N m."),
            (
                push(lambda s: np.sign(s[:, 1:])),
                "That moves the energy the right way, too, but jumps where the pendulum turns: "
                "put θ̇ itself into the brackets.",
            ),
            (push(lambda s: s[:, :1]), "Push along the velocity θ̇; that is the angle."),
            (push(lambda s: np.cos(s[:, :1]) * s[:, 1:]), "A motor's torque needs no cos θ."),
            (push(speed, lambda s, e, f: f - energy(s, f)), "Use the E* that is given."),
            (push(speed, lambda s, e, f: e - energy(s, f, half=1.0)), sign),
            (push(speed, lambda s, e, f: e - energy(s, f, sign=-1)), sign),
            (push(speed, lambda s, e, f: e - energy(s, 15.0)), "Use the f_s that is given."),
            (lambda *a: reference(*a)[:, 0], "One torque a row: (N, 1), as [:, None] makes it."),
        ],
        hint="In dE/dt the terms with sin θ cancel; what is left has u in it.",
    )


def exercise_6() -> Function:
    """Edit the equation."""

    def reference(f_s, f_u, gravity=1.0, length=1.0, mass=1.0):
        torque, inertia = mass * gravity * length, mass * length**2
        return np.array([f_s * torque / inertia, f_u / inertia])

    def edit(f_s=lambda g, d, m: g / d, f_u=lambda g, d, m: 1 / (m * d**2)):
        """Right but for the factor that is given."""
        return lambda s, u, g, d, m: np.array([s * f_s(g, d, m), u * f_u(g, d, m)])

    cancels = "Mass cancels between weight and inertia: it is not in f_s."
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
            (edit(f_u=lambda g, d, m: 1 / (m * d)), "The inertia holds the length squared."),
            (edit(f_u=lambda g, d, m: 1 / (m * d) ** 2), "The inertia holds the mass once."),
            (edit(f_s=lambda g, d, m: g / d / m), cancels),
            (edit(f_s=lambda g, d, m: g * m / d), cancels),
            (
                edit(lambda g, d, m: g * d, lambda g, d, m: m * d**2),
                "Longer means slower: length stands in the denominators.",
            ),
            (edit(f_s=lambda g, d, m: g), "f_s is made of g / l: the length is in it, too."),
            (edit(f_s=lambda g, d, m: g / d**2), "The length enters g / l once."),
            (edit(f_s=lambda g, d, m: d / g), "Upside down: f_s is made of g / l."),
            (edit(f_u=lambda g, d, m: 1 / d**2), "A heavier rod obeys the motor less."),
            (edit(f_u=lambda g, d, m: g / (m * d**2)), "Gravity is not in f_u."),
            (lambda s, u, g, d, m: reference(1, 1, g, d, m), "Those are the factors alone."),
            (lambda *a: reference(*a)[::-1], "The new f_s comes first."),
        ],
        hint="Multiply f_s by what g / l is multiplied by, and f_u by what 1 / (m l²) is.",
    )
