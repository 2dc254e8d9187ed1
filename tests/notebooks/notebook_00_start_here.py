WRONG = {
    "exercise 1": [
        ("return np.arccos(observation[:, 0])", "left from right"),
        ("return np.arcsin(observation[:, 1])", "The sine alone"),
        ("return np.arctan2(observation[:, 0], observation[:, 1])", "the sine first"),
        ("return np.arctan(observation[:, 1] / observation[:, 0])", "up from down"),
        ("return np.degrees(np.arctan2(observation[:, 1], observation[:, 0]))", "degrees"),
        ("return np.arctan2(*observation[0, 1::-1])", "the shape is ()"),
        ("np.arctan2(observation[:, 1], observation[:, 0])", "a return is missing"),
    ],
}

RIGHT = {
    "exercise 1": [
        "return np.sign(observation[:, 1]) * np.arccos(observation[:, 0])",
        "return [np.angle(complex(c, s)) for c, s, _ in observation]",
    ],
}


def check(results):
    assert results["doctor"] == 0
    assert -2000 < results["final_return"] < 0
