RICCATI = (
    "P = Q\n"
    "for _ in range(iterations):\n"
    "    K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)\n"
    "    P = Q + A.T @ P @ A - A.T @ P @ B @ K\n"
)
ENERGY = "energy = state[:, 1] ** 2 / 2 + f_s * np.cos(state[:, 0])\n"
LEAN = "lean = np.arcsin(-f_u * torque / f_s)\n"

WRONG = {
    "exercise 1": [
        ("return np.array([c_sin / dt, c_u / dt])", "a point on a string"),
        ("return np.array([c_sin * 2 / 3, c_u / 3])", "divide by the time step"),
        ("return np.array([c_sin / dt**2 * 2 / 3, c_u / dt**2 / 3])", "Once Δt is enough"),
        ("return np.array([c_sin / dt * 3 / 2, c_u / dt * 3])", "Upside down"),
        ("return np.array([c_sin / dt / 3, c_u / dt / 3])", "the middle of the rod"),
        ("return np.array([c_sin / dt / 6, c_u / dt / 12])", "about its end"),
        ("return np.array([c_u / dt / 3, c_sin / dt * 2 / 3])", "The other way round"),
        ("return np.array([c_sin / dt * 2 / 3, 3 * dt / c_u])", "That is m l²"),
        ("return np.array([10.0, c_u / dt / 3])", "Write acceleration"),
        ("return np.array([c_sin / 0.05 * 2 / 3, c_u / 0.05 / 3])", "Write acceleration"),
        ("return c_sin / dt * 2 / 3", "the shape is ()"),
        ("np.array([c_sin / dt * 2 / 3, c_u / dt / 3])", "a return is missing"),
    ],
    "exercise 2": [
        (
            "lean = np.arcsin(f_u * torque / f_s)\n"
            "return np.array([lean, np.angle(-np.exp(-1j * lean))])",
            "gravity and torque must cancel",
        ),
        (
            "lean = -f_u * torque / f_s\nreturn np.array([lean, np.angle(-np.exp(-1j * lean))])",
            "small-angle approximation",
        ),
        (LEAN + "return np.array([lean, np.pi - lean])", "take a whole turn off"),
        (LEAN + "return np.array([lean, -np.pi - lean])", "put a whole turn on"),
        (LEAN + "return np.array([lean, np.angle(-np.exp(1j * lean))])", "the opposite sine"),
        (LEAN + "return np.array([lean, np.pi])", "Hanging moves, too"),
        (
            LEAN + "return np.array([np.angle(-np.exp(-1j * lean)), lean])",
            "near upright comes first",
        ),
        (
            LEAN + "return np.degrees([lean, np.angle(-np.exp(-1j * lean))])",
            "Those are degrees",
        ),
        (LEAN + "return np.array([abs(lean), np.pi - abs(lean)])", "the same value at θ and"),
        (LEAN + "return lean", "the shape is ()"),
        (
            "lean = np.arcsin(-3.0 * torque / 15.0)\n"
            "return np.array([lean, np.angle(-np.exp(-1j * lean))])",
            "the same value at θ and",
        ),
    ],
    "exercise 3": [
        ("return np.array([[0, 1], [f_s * np.cos(angle), 0]])", "the differential equation"),
        ("return np.array([[1, h], [h * f_s * np.cos(angle), 1]])", "explicit Euler"),
        (
            "slope = h * f_s * np.cos(angle)\nreturn np.array([[h * slope, h], [slope, 0.0]])",
            "of the increments",
        ),
        (
            "slope = h * f_s * np.sin(angle)\nreturn np.array([[1 + h * slope, h], [slope, 1.0]])",
            "derivative of sin θ is cos θ",
        ),
        (
            "slope = -h * f_s * np.cos(angle)\nreturn np.array([[1 + h * slope, h], [slope, 1.0]])",
            "+cos θ",
        ),
        (
            "slope = h * f_s * np.cos(angle)\nreturn np.array([[1 + h * slope, slope], [h, 1.0]])",
            "Rows are the new values",
        ),
        (
            "slope = h * f_s * np.cos(angle)\nreturn np.array([[1 + slope, h], [slope, 1.0]])",
            "h² f_s cos θ",
        ),
        ("return np.array([[1 + h**2 * f_s, h], [h * f_s, 1.0]])", "upright only"),
        (
            "slope = h * 15.0 * np.cos(angle)\nreturn np.array([[1 + h * slope, h], [slope, 1.0]])",
            "Insert the new velocity",
        ),
        (
            "slope = 0.05 * f_s * np.cos(angle)\n"
            "return np.array([[1 + 0.05 * slope, 0.05], [slope, 1.0]])",
            "Insert the new velocity",
        ),
        (
            "slope = h * f_s * np.cos(angle)\nreturn np.array([1 + h * slope, h, slope, 1.0])",
            "the shape is (4,)",
        ),
    ],
    "exercise 4": [
        (
            "P = Q\n"
            "for _ in range(iterations):\n"
            "    K = -np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)\n"
            "    P = Q + A.T @ P @ A + A.T @ P @ B @ K\n"
            "return K",
            "The sign",
        ),
        ("return np.linalg.solve(R + B.T @ Q @ B, B.T @ Q @ A)", "one step ahead only"),
        (RICCATI + "return np.linalg.inv(R) @ B.T @ P", "continuous time"),
        (
            "P = scipy.linalg.solve_discrete_are(A, B, Q, R)\n"
            "return np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)",
            "passes.",
        ),
        ("iterations = 1000\n" + RICCATI + "return K", "In each pass compute K"),
        (RICCATI + "return np.linalg.solve(B.T @ P @ B, B.T @ P @ A)", "R is missing in K"),
        (RICCATI + "return P", "That is P"),
        (RICCATI + "return K.T", "K is a row"),
        (
            RICCATI.replace("P = Q + A", "P = A").replace("range(", "range(0 * ")
            + "return np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)",
            "one step ahead only",
        ),
        (
            RICCATI.replace("A.T @ P @ A -", "A @ P @ A.T -") + "return K",
            "In each pass compute K",
        ),
        (RICCATI.replace("range(iterations)", "range(1)") + "return K", "one step ahead only"),
        (RICCATI.replace("range(iterations)", "range(3)") + "return K", "In each pass compute K"),
        (
            "P = Q\n"
            "for _ in range(iterations):\n"
            "    K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)\n"
            "    P[:] = Q + A.T @ P @ A - A.T @ P @ B @ K\n"
            "return K",
            "changes its input Q",
        ),
        (RICCATI, "a return is missing"),
    ],
    "exercise 5": [
        (
            ENERGY + "return np.clip(k * (energy - E_star) * state[:, 1], -2, 2)[:, None]",
            "pushing along the motion adds energy",
        ),
        (ENERGY + "return np.clip(k * (E_star - energy), -2, 2)[:, None]", "Without θ̇"),
        (ENERGY + "return (k * (E_star - energy) * state[:, 1])[:, None]", "Cut the torque"),
        (
            ENERGY + "return np.clip(k * (f_s - energy) * state[:, 1], -2, 2)[:, None]",
            "Use the E* that is given",
        ),
        (
            ENERGY + "return np.clip(k * abs(E_star - energy) * state[:, 1], -2, 2)[:, None]",
            "turns round when there is too much",
        ),
        (ENERGY + "return np.clip(k * (E_star - energy) * state[:, 1], -2, 2)", "One torque a row"),
        (
            ENERGY + "return np.clip(k * (E_star - energy) * state[:, 0], -2, 2)[:, None]",
            "that is the angle",
        ),
        (
            ENERGY + "return np.clip(k * (E_star - energy) * np.sign(state[:, 1]), -2, 2)[:, None]",
            "jumps where the pendulum turns",
        ),
        (
            ENERGY + "return 2 * np.sign((E_star - energy) * state[:, 1])[:, None]",
            "what is left has u in it",
        ),
        (
            "energy = state[:, 1] ** 2 + f_s * np.cos(state[:, 0])\n"
            "return np.clip(k * (E_star - energy) * state[:, 1], -2, 2)[:, None]",
            "half of the square",
        ),
        (
            "energy = state[:, 1] ** 2 / 2 - f_s * np.cos(state[:, 0])\n"
            "return np.clip(k * (E_star - energy) * state[:, 1], -2, 2)[:, None]",
            "+f_s cos θ",
        ),
        (
            ENERGY + "return np.clip(0.3 * (E_star - energy) * state[:, 1], -2, 2)[:, None]",
            "what is left has u in it",
        ),
        (
            "state[:, 0] = f_s * np.cos(state[:, 0]) + state[:, 1] ** 2 / 2\n"
            "return np.clip(k * (E_star - state[:, 0]) * state[:, 1], -2, 2)[:, None]",
            "changes its input state",
        ),
    ],
    "exercise 6": [
        ("return np.array([f_s * gravity / length, f_u / (mass * length)])", "the length squared"),
        (
            "return np.array([f_s * gravity / length / mass, f_u / (mass * length**2)])",
            "Mass cancels",
        ),
        (
            "return np.array([f_s * gravity * length, f_u * mass * length**2])",
            "Longer means slower",
        ),
        ("return np.array([f_s * gravity, f_u / (mass * length**2)])", "the length is in it, too"),
        ("return np.array([f_s * gravity / length, f_u / length**2])", "A heavier rod"),
        (
            "return np.array([f_s * gravity / length, f_u * gravity / (mass * length**2)])",
            "not in f_u",
        ),
        ("return np.array([gravity / length, 1 / (mass * length**2)])", "Those are the factors"),
        ("return np.array([f_s * gravity / length, f_u / mass * length**2])", "Multiply f_s by"),
        ("return np.array([f_s / (gravity * length), f_u])", "Multiply f_s by"),
        (
            "return np.array([15 * gravity / length, 3 / (mass * length**2)])",
            "Multiply f_s by",
        ),
        ("return f_s * gravity / length", "the shape is ()"),
    ],
}

RIGHT = {
    "exercise 1": [
        "inertia = dt / c_u\n"
        "weight = c_sin / dt * inertia\n"
        "inverse = 1 / (3 * inertia)\n"
        "return 2 * weight * inverse, inverse",
        "matrix = np.array([[1.5, 0.0], [0.0, 3.0]]) * dt\n"
        "return np.linalg.solve(matrix, [c_sin, c_u])",
    ],
    "exercise 2": [
        LEAN + "return [lean, np.sign(torque) * -np.pi - lean]",
        LEAN
        + "other = np.pi - lean\nreturn np.array([lean, np.arctan2(np.sin(other), -np.cos(lean))])",
        "import scipy.optimize\n\n"
        "\n"
        "def f(angle):\n"
        "    return f_s * np.sin(angle) + f_u * torque\n"
        "\n\n"
        "up = scipy.optimize.brentq(f, -np.pi / 2, np.pi / 2, xtol=1e-12)\n"
        "down = scipy.optimize.brentq(f, np.pi / 2, 3 * np.pi / 2, xtol=1e-12)\n"
        "return np.array([up, down if down <= np.pi else down - 2 * np.pi])",
    ],
    "exercise 3": [
        "B = np.array([[1.0, 0.0], [h * f_s * np.cos(angle), 1.0]])\n"
        "return np.array([[1.0, h], [0.0, 1.0]]) @ B",
        "import math\n\n"
        "slope = f_s * math.cos(angle)\n"
        "return [[1 + h * h * slope, h], [h * slope, 1]]",
    ],
    "exercise 4": [
        RICCATI + "return np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)",
        RICCATI + "return K",
        "P = Q.copy()\n"
        "for _ in range(iterations):\n"
        "    K = (B.T @ P @ A) / (R + B.T @ P @ B)\n"
        "    P = Q + A.T @ P @ (A - B @ K)\n"
        "    P = (P + P.T) / 2\n"
        "return (B.T @ P @ A) / (R + B.T @ P @ B)",
    ],
    "exercise 5": [
        "angle, velocity = state[:, :1], state[:, 1:]\n"
        "energy = velocity**2 / 2 + f_s * np.cos(angle)\n"
        "return np.maximum(np.minimum(k * (E_star - energy) * velocity, 2), -2)",
        "torques = []\n"
        "for angle, velocity in state:\n"
        "    missing = E_star - 0.5 * velocity**2 - f_s * np.cos(angle)\n"
        "    torques.append([max(-2, min(2, k * missing * velocity))])\n"
        "return torques",
    ],
    "exercise 6": [
        "f_s = f_s * gravity\n"
        "f_s = f_s / length\n"
        "f_u = f_u / mass / length / length\n"
        "return f_s, f_u",
        "return np.array([f_s, f_u]) * [gravity / length, mass**-1 * length**-2.0]",
    ],
}


def check(results):
    assert abs(results["dt"] - 0.05) < 1e-5 and results["left_over"] < 1e-5
    assert abs(results["g_over_l"] - 10) < 0.01 and abs(results["inverse_inertia"] - 1) < 0.001
    assert results["worst_reading"] < 0.05 and results["worst_reading_angle"] < 1
    assert results["worst_reading"] < results["worst_reading_angle"]
    # Energy wobbles and the shadow energy hardly does; the network keeps neither.
    assert results["shadow_range"] < 0.3 < 3 < results["energy_range"] < 6
    assert results["drift_equations"] < 0.1 < 0.3 < results["drift_network"]
    assert abs(results["reach"] - 0.4115) < 0.001
    assert results["jacobian_difference"] < 1e-5
    assert abs(results["unstable"] - 1.2133) < 0.001 and abs(results["marginal"] - 1) < 1e-5
    assert results["closed_loop"] < 0.9
    balanced = results["balance"]
    assert balanced.pop("right") and not any(balanced.values())
    assert not results["fell_inside"] and results["fell_outside"]
    assert 0.3 < results["widest"] < 0.5
    assert results["energy_pumped"] > 13 and results["energy_damped"] < -13
    assert results["return_energy_LQR"] > -160 > -700 > results["return_LQR_alone"]
    assert results["return_random"] < -900 and results["film_upright"]
    assert results["gradient_error"] < 1e-5 and results["miss_best"] < 1.5
    assert results["landed"][0] < 1.5 and results["caught"]
    assert abs(results["gradient_growth"] - results["unstable"]) < 0.01
    assert results["explosion"] > 1e9
    for returns in results["transfer"].values():
        assert returns["edited"] > returns["old"] + 200
    assert results["energy_lost_at_bound"] > 1 and abs(results["gravity_limit"] - 1.0667) < 0.001
    assert results["drag_found"] == {"gentle": False, "lively": True}
    assert abs(results["end_lively"] - results["end_air"]) < 1
    assert results["end_gentle"] > results["end_air"] + 10
    assert results["car_ranks"] == [2, 4] and results["car_lqr_refused"]
    x, y, heading, speed = results["parked"]
    assert abs(x) < 0.001 and y > 0.2 and abs(heading) < 0.001 and abs(speed) < 0.001
    assert results["largest_control"] <= 1
