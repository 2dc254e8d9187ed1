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


def exercise_3() -> Function:
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


def exercise_4() -> Function:
    """The whole policy."""

    def energy(state, f_s, half=0.5, sign=1):
        return half * state[:, 1:] ** 2 + sign * f_s * np.cos(state[:, :1])

    def speed(state):
        return state[:, 1:]

    def at_rest(state):
        return (np.abs(state[:, 1:]) < 0.01) & (np.cos(state[:, :1]) < -0.99)

    def policy(
        along=speed, missing=lambda s, f: f - energy(s, f), most=2.0, kicked=at_rest, kick=2.0,
        sign=-1.0, near=lambda demand, limit: np.abs(demand) < limit,
    ):  # fmt: skip
        """The rule; each argument makes a wrong answer of it."""

        def result(state, f_s, gain, k, hand_over):
            torque = k * missing(state, f_s) * along(state)
            torque[kicked(state)] = kick
            demand = sign * np.einsum("ni,mi->nm", state, gain)
            close = near(demand, hand_over)
            torque[close] = demand[close]
            return np.clip(torque, -most, most)

        return result

    def kick_last(state, f_s, gain, k, hand_over):
        torque = policy()(state, f_s, gain, k, hand_over)
        torque[at_rest(state)] = 2.0
        return torque

    adds = "That only ever adds energy: use E* − E, which turns round when there is too much."
    kicks = "Hanging at rest (speed below 0.01 rad/s and cos θ < −0.99) the torque is 2 N m."
    form = "E holds +f_s cos θ and half of the square of θ̇."
    gain, flat = np.array([[20.0, 5.0]]), np.array([[0.1, 8.0]])
    low_and_high = np.array(
        [[2.9, 0.05], [0.5, -0.3], [0.2, 3.0], [2.0, -4.0], [0.1, 5.5], [2.0, 4.0], [-0.5, 0.3]]
    )
    rests = np.array([[np.pi, 0.0], [-3.1, 0.005], [3.1, 0.02], [2.0, 0.0], [0.05, 0.004]])
    near = np.array([[0.05, 0.01], [-0.1, 0.3], [0.3, -1.0], [-0.3, 1.2], [0.15, 0.0]])
    return Function(
        policy(),
        cases=[
            (low_and_high, 15.0, gain, 0.3, 4.0),
            (low_and_high[::-1].copy(), 8.0, gain, 0.2, 3.0),
            (rests, 15.0, gain, 0.3, 4.0),
            (near, 15.0, gain, 0.1, 4.0),
            (near, 10.0, 0.5 * gain, 1.0, 1.5),
            (rests, 12.0, flat, 0.1, 1.0),  # its demand is small where the pendulum hangs
        ],
        mistakes=[
            (policy(lambda s: -s[:, 1:]), "The sign: pushing along the motion adds energy."),
            (policy(lambda s: 1.0), "Without θ̇ you push the same way whichever way it moves."),
            (policy(missing=lambda s, f: np.ones((len(s), 1))), adds),
            (policy(missing=lambda s, f: np.abs(f - energy(s, f))), adds),
            (policy(most=np.inf), "Cut the torque to the motor's ±2 N m."),
            (
                policy(lambda s: np.sign(s[:, 1:])),
                "That jumps where the pendulum turns: put θ̇ itself into the brackets.",
            ),
            (policy(lambda s: s[:, :1]), "Push along the velocity θ̇; that is the angle."),
            (policy(missing=lambda s, f: -f - energy(s, f)), "E* is E upright at rest: +f_s."),
            (policy(missing=lambda s, f: f - energy(s, f, half=1.0)), form),
            (policy(missing=lambda s, f: f - energy(s, f, sign=-1)), form),
            (policy(missing=lambda s, f: 15 - energy(s, 15)), "Use the f_s that is given."),
            (policy(kicked=lambda s: np.zeros((len(s), 1), dtype=bool)), kicks),
            (policy(kicked=lambda s: np.abs(s[:, 1:]) < 0.01), kicks),
            (policy(kicked=lambda s: np.cos(s[:, :1]) < -0.99), kicks),
            (policy(kick=-2.0), kicks),
            (
                kick_last,
                "LQR's torque comes before the kick: where it balances, nothing is kicked.",
            ),
            (policy(sign=1.0), "The sign: LQR's torque is −K x."),
            (policy(near=lambda d, limit: d < limit), "The size of −K x counts: np.abs."),
            (policy(near=lambda d, limit: np.abs(d) >= limit), "LQR where |K x| is *below*."),
            (policy(near=lambda d, limit: d > np.inf), "Hand over to −K x where it is small."),
            (policy(near=lambda d, limit: d < np.inf), "That is LQR alone."),
            (policy(near=lambda d, limit: np.abs(d) < 2), "Use the hand_over that is given."),
            (lambda *a: policy()(*a)[:, 0], "One torque a row: (N, 1), as [:, None] makes it."),
        ],
        hint="Push by k (E* − E) θ̇; where |K x| < hand_over take −K x instead; cut both to ±2.",
    )


def exercise_5() -> Function:
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
