WRONG = {
    "exercise 1": [
        ("toy_probability = 0.5 * 0.25 * 0.12", "one order of the two terms"),
        ("toy_probability = 2 * 0.25 * 0.12", "only one term"),
        ("toy_probability = 0.5 * 2 * 0.5 * 0.3 * 0.8", "each variable is also drawn"),
        ("toy_probability = 0.5 * 2 * 0.25 * 0.3 * 0.5", "in 80 % of the cases"),
    ],
    "exercise 2": [
        ("return len(set(sums))", "A tuple knows its order"),
        ("return len({tuple(sorted(terms)) for terms in sums})", "still just c·x0"),
        ("return len(sums)", "all of them"),
    ],
    "exercise 3": [
        (
            "stack = []\n"
            "for token in reversed(tokens):\n"
            "    if isinstance(token, float):\n"
            "        stack.append(np.full(len(x), token))\n"
            "    elif token[0] == 'x':\n"
            "        stack.append(x[:, int(token[1:])])\n"
            "    elif token == 'sin':\n"
            "        stack.append(np.sin(stack.pop()))\n"
            "    else:\n"
            "        b, a = stack.pop(), stack.pop()\n"
            "        stack.append({'add': a + b, 'sub': a - b, 'mul': a * b}[token])\n"
            "return stack.pop()",
            "a − b is not b − a",
        ),
        (
            "stack = []\n"
            "for token in reversed(tokens):\n"
            "    if isinstance(token, float):\n"
            "        stack.append(np.full(len(x), token))\n"
            "    elif token[0] == 'x':\n"
            "        stack.append(x[:, int(token[1:])])\n"
            "    elif token == 'sin':\n"
            "        stack.append(np.sin(stack.pop()))\n"
            "    else:\n"
            "        a, b = stack.pop(), stack.pop()\n"
            "        stack.append({'add': a + b, 'sub': a - b, 'mul': a * b}[token])\n"
            "return stack",
            "the whole stack",
        ),
        (
            "stack = []\n"
            "for token in tokens:\n"
            "    if token == 'sin':\n"
            "        stack.append(np.sin(stack.pop()))\n"
            "    else:\n"
            "        stack.append(x[:, int(token[1:])])\n"
            "return stack.pop()",
            "Right to left",
        ),
    ],
    "exercise 4": [
        ("return len({c.tobytes() for c in chunks}) / len(chunks)", "distinct chunks"),
        (
            "rows = np.concatenate(chunks)\nreturn len(np.unique(rows)) / len(rows)",
            "Without axis=0",
        ),
        (
            "rows = np.concatenate(chunks)\nreturn 1 - len(np.unique(rows, axis=0)) / len(rows)",
            "share of repetitions",
        ),
    ],
    "exercise 5": [
        ("return a == b", "told apart by their names"),
        (
            "rename = lambda terms: sorted(\n"
            "    tuple('x' if t[0] == 'x' else t for t in term) for term in terms\n"
            ")\n"
            "return rename(a) == rename(b)",
            "All variables became one",
        ),
    ],
    "exercise 6": [
        ("return np.ceil(1 / p)", "1/p is the mean"),
        ("return np.ceil(chance / p)", "do not add up"),
        ("return np.ceil(np.log(chance) / np.log(1 - p))", "not to chance"),
    ],
}


def check(results):
    assert results["functions_per_second"] > 500 and results["search_over_making"] > 100
    assert results["no_variable_naive"] > 0.1 and results["no_variable_grammar"] < 0.01
    assert abs(results["toy_measured"] - 0.03) < 0.006
    assert results["used_naive"] < 0.75 and results["used_grammar"] > 0.85
    assert results["weights_lost"] == 1.0
    assert results["misfit_scaled_y"] < 1e-12 and results["misfit_shifted_x"] > 0.3
    assert results["merged_misfit"] > 0.05 and 0 < results["mislabelled"] < 0.02
    assert results["simplify_over_canonical"] > 100
    assert 0.5 < results["distinct_names"] < results["distinct_canonical"] < 1
    assert results["distinct_canonical"] < results["distinct_as"]
    assert 0.01 < results["complete_of_seven"] < 0.06
    assert results["complete_with_mask"] == 1.0
    seen, fresh = results["seen_bits"], results["fresh_bits"]
    # the share kept for what was never seen may outweigh what the last token of context tells
    assert all(after < before + 0.02 for before, after in zip(seen, seen[1:], strict=False))
    assert seen[-1] < seen[0] - 1.5
    assert min(fresh) < 3 and fresh[-1] > min(fresh) + 0.2 and fresh[-1] > seen[-1] + 0.5
    assert results["posterior_1"] < 0.5 and results["posterior_6"] > 0.8
    assert results["wrong_training"] < results["right_training"] - 0.03
    assert results["wrong_fresh"] > results["right_fresh"] + 0.015
    assert results["unique_own_seeds"] == 1 and results["unique_same_seed"] < 0.2
    assert results["leak"] > 0.6 and results["memoriser_leaky"] > 0.1
    assert results["leak_hashed"] == results["memoriser_hashed"] == 0
    assert results["keys"] == 1 and abs(results["held_out"] - 1 / 64) < 0.012
    assert results["agreement"] > 0.999 and results["known_terms"] > 0.5
    assert 0.6 < results["wait_1_x0"] < 1.6 and 0.4 < results["wait_1_sin"] < 2.2
    assert results["never_short"] == 0 and results["never_long"] > 0.95
    assert results["blind"]["theta_dot"]["hits"] > 3
    assert results["blind"]["theta_dot"]["draws"] < 250 < 2 * results["blind"]["theta"]["draws"]
    assert results["found_blind"] <= results["found_told"] and results["found_told"] > 0.5
    assert 0 <= results["found_pooled"] <= 1
    assert results["drag_with"] > 5 * results["drag_without"]
    assert results["drag_by_weight"] == sorted(results["drag_by_weight"])
    assert results["pendulum_by_weight"][-1] < results["pendulum_by_weight"][1]
