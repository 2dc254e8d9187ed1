RICCATI = (
    "P = Q\n"
    "for _ in range(iterations):\n"
    "    K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)\n"
    "    P = Q + A.T @ P @ A - A.T @ P @ B @ K\n"
)
POLICY = (
    "x, v = state[:, :1], state[:, 1:]\n"
    "torque = k * (f_s - v**2 / 2 - f_s * np.cos(x)) * v\n"
    "rest = (abs(v) < 0.01) & (np.cos(x) < -0.99)\n"
    "torque = np.where(rest, 2.0, torque)\n"
    "demand = -state @ gain.T\n"
    "torque = np.where(abs(demand) < hand_over, demand, torque)\n"
    "return np.clip(torque, -2, 2)"
)

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
    "exercise 3": [
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
            "import scipy.linalg\nP = scipy.linalg.solve_discrete_are(A, B, Q, R)\n"
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
    "exercise 4": [
        (POLICY.replace("k * (f_s", "-k * (f_s"), "pushing along the motion adds energy"),
        (POLICY.replace("np.cos(x)) * v", "np.cos(x)) * np.sign(v)"), "jumps where"),
        (POLICY.replace("np.cos(x)) * v", "np.cos(x))"), "Without θ̇"),
        (POLICY.replace("np.cos(x)) * v", "np.cos(x)) * x"), "that is the angle"),
        (POLICY.replace("k * (f_s - v**2 / 2 - f_s * np.cos(x)) * v", "k * v"), "only ever adds"),
        (POLICY.replace("v**2 / 2", "v**2"), "half of the square"),
        (POLICY.replace("- f_s * np.cos(x)", "+ f_s * np.cos(x)"), "+f_s cos θ"),
        (POLICY.replace("k * (f_s", "k * (-f_s"), "upright at rest"),
        (POLICY.replace("np.clip(torque, -2, 2)", "torque"), "Cut the torque"),
        (POLICY.replace("torque = np.where(rest, 2.0, torque)\n", ""), "Hanging at rest"),
        (POLICY.replace("(abs(v) < 0.01) & ", ""), "Hanging at rest"),
        (POLICY.replace(" & (np.cos(x) < -0.99)", ""), "Hanging at rest"),
        (POLICY.replace("2.0, torque", "-2.0, torque"), "Hanging at rest"),
        (POLICY.replace("demand = -state", "demand = state"), "LQR's torque is"),
        (POLICY.replace("abs(demand) < hand", "demand < hand"), "The size of"),
        (POLICY.replace("< hand_over", ">= hand_over"), "*below*"),
        (POLICY.replace("< hand_over", "< 2"), "hand_over that is given"),
        (
            POLICY.replace("abs(demand) < hand_over, demand, torque", "True, demand, torque"),
            "LQR alone",
        ),
        (POLICY.replace("-2, 2)", "-2, 2)[:, 0]"), "One torque a row"),
        (POLICY.replace("f_s", "15.0"), "f_s that is given"),
        (
            POLICY.replace("torque = np.where(rest, 2.0, torque)\n", "").replace(
                "return", "torque = np.where(rest, 2.0, torque)\nreturn"
            ),
            "before the kick",
        ),
        (POLICY.replace("return ", ""), "a return is missing"),
        (POLICY.replace("rest = ", "v *= 1.1\nrest = "), "changes its input state"),
    ],
    "exercise 5": [
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
        "B = np.array([[1.0, 0.0], [h * f_s * np.cos(angle), 1.0]])\n"
        "return np.array([[1.0, h], [0.0, 1.0]]) @ B",
        "import math\n\n"
        "slope = f_s * math.cos(angle)\n"
        "return [[1 + h * h * slope, h], [h * slope, 1]]",
    ],
    "exercise 3": [
        RICCATI + "return np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)",
        RICCATI + "return K",
        "P = Q.copy()\n"
        "for _ in range(iterations):\n"
        "    K = (B.T @ P @ A) / (R + B.T @ P @ B)\n"
        "    P = Q + A.T @ P @ (A - B @ K)\n"
        "    P = (P + P.T) / 2\n"
        "return (B.T @ P @ A) / (R + B.T @ P @ B)",
    ],
    "exercise 4": [
        POLICY,
        "torques = []\n"
        "for angle, velocity in state:\n"
        "    demand = -float(gain[0, 0] * angle + gain[0, 1] * velocity)\n"
        "    if abs(demand) < hand_over:\n"
        "        torque = demand\n"
        "    elif abs(velocity) < 0.01 and np.cos(angle) < -0.99:\n"
        "        torque = 2\n"
        "    else:\n"
        "        torque = k * (f_s * (1 - np.cos(angle)) - 0.5 * velocity**2) * velocity\n"
        "    torques.append([max(-2, min(2, torque))])\n"
        "return torques",
    ],
    "exercise 5": [
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
    assert balanced.pop("yours") and not any(balanced.values())
    assert not results["fell_inside"] and results["fell_outside"]
    assert 0.3 < results["widest"] < 0.5
    returns = results["returns"]
    assert returns["your policy"] > -160 > -700 > returns["LQR alone"]
    assert returns["random"] < -900
    assert abs(results["energy_reached"] - 15) < 0.1 and results["upright_at_the_end"]
    for world in results["transfer"].values():
        assert world["redone"] > world["old"] + 200
    assert results["drag_found"] == {"gentle": False, "lively": True}
    air, gentle, lively = results["ends"]
    assert abs(lively - air) < 1 and gentle > air + 10
    assert abs(results["gravity_limit"] - 1.0667) < 0.001
    assert results["car_ranks"] == [2, 4]
    x, y, heading, speed = results["parked"]
    assert abs(x) < 0.001 and y > 0.2 and abs(heading) < 0.001 and abs(speed) < 0.001
    assert results["largest_control"] <= 1
