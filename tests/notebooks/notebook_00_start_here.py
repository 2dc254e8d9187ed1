WRONG = {
    "exercise 1": [
        ("return np.arccos(observation[:, 0])", "left from right"),
        ("return np.arctan2(observation[:, 0], observation[:, 1])", "the sine first"),
        ("return np.arctan(observation[:, 1] / observation[:, 0])", "look at np.arctan2"),
    ],
}


def check(results):
    assert results["doctor"] == 0
    assert -2000 < results["final_return"] < 0
