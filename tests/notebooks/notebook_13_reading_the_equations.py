WRONG = {
    "exercise 1": [
        ("return np.array([c_sin / dt, c_u / dt])", "a point on a string"),
        ("return np.array([c_sin * 2 / 3, c_u / 3])", "divide by the time step"),
        ("return np.array([c_sin / dt**2 * 2 / 3, c_u / dt**2 / 3])", "Once Δt is enough"),
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
        (
            "lean = np.arcsin(-f_u * torque / f_s)\nreturn np.array([lean, np.pi - lean])",
            "take a whole turn off",
        ),
    ],
    "exercise 3": [
        ("return np.array([[0, 1], [f_s * np.cos(angle), 0]])", "the differential equation"),
        ("return np.array([[1, h], [h * f_s * np.cos(angle), 1]])", "explicit Euler"),
        (
            "slope = h * f_s * np.cos(angle)\nreturn np.array([[h * slope, h], [slope, 0.0]])",
            "Jacobian of the increments",
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
        (
            "P = Q\n"
            "for _ in range(iterations):\n"
            "    K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)\n"
            "    P = Q + A.T @ P @ A - A.T @ P @ B @ K\n"
            "return np.linalg.inv(R) @ B.T @ P",
            "continuous time",
        ),
    ],
    "exercise 5": [
        (
            "energy = state[:, 1] ** 2 / 2 + f_s * np.cos(state[:, 0])\n"
            "return np.clip(k * (energy - E_star) * state[:, 1], -2, 2)[:, None]",
            "pushing along the motion adds energy",
        ),
        (
            "energy = state[:, 1] ** 2 / 2 + f_s * np.cos(state[:, 0])\n"
            "return np.clip(k * (E_star - energy), -2, 2)[:, None]",
            "Without θ̇",
        ),
        (
            "energy = state[:, 1] ** 2 / 2 + f_s * np.cos(state[:, 0])\n"
            "return (k * (E_star - energy) * state[:, 1])[:, None]",
            "Cut the torque",
        ),
    ],
    "exercise 6": [
        ("return np.array([f_s * gravity / length, f_u / (mass * length)])", "length squared"),
        (
            "return np.array([f_s * gravity / length / mass, f_u / (mass * length**2)])",
            "Mass cancels",
        ),
        (
            "return np.array([f_s * gravity * length, f_u * mass * length**2])",
            "Longer means slower",
        ),
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
