# %% [markdown]
# # 08 · Fine-tuning to a world
#
# The general transformer knows a little about all formulas. *What does it gain if it is trained a
# little longer, on formulas that might hold in one world, before it has seen that world's
# equations?* The paper does this. In this notebook you do it: you write the training, vary the size
# of what is trained, look at what was really put in, and measure the gain beside a baseline that
# cannot read points at all.
#
# **You will be able to**
# - make training functions for one world from nothing but a random policy's data;
# - say in bits how much of the answer a prior contains already, and keep the answer itself out;
# - explain low-rank adapters, and write the loop that trains them;
# - tell a gain by *reading the points* from a gain by *guessing better*.
#
# **Before you start:** the prior (05), pretraining (06), candidates and constants (07).
# **Time:** about 3 minutes of computing, on two cores.
# **Memory:** under 1.5 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import numpy as np
import torch

from symtut import make_task
from symtut.lab import checks, loop_ablations, style
from symtut.lab.scenes import nb08_fine_tuning as results
from symtut.lab.scenes import nb08_world as scene
from symtut.regression.problems.holdout import skeleton_key
from symtut.regression.transformer.weights import load_weights
from symtut.tasks.random_policy import random_transitions
from symtut.world_models.views import world_functions

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(draws=4000, chunks=2, size=128, points=(16, 32), tests=(4, 1), ranks=(1, 8),
               seeds=1),
    lab=dict(draws=40_000, chunks=12, size=512, points=(16, 128), tests=(30, 3), ranks=(1, 8, 64),
             seeds=4),
    paper=dict(draws=200_000, chunks=200, size=512, points=(16, 256), tests=(60, 8),
               ranks=(1, 2, 4, 8, 16, 32, 64), seeds=20),
)  # fmt: skip

# %% [markdown]
# ## 1 · Where the points come from
#
# *What does the general transformer not know about a pendulum?* In pretraining, points were
# uniform, Gaussian, in clusters or along random paths. In a world they are where the world goes.

# %%
task = make_task("pendulum")
transitions = random_transitions(task, 1000, SEED)
names = (*task.state_names, *task.action_names)
figure = scene.points_of_two_worlds(
    scene.general_points(6), transitions.state, [style.label(name) for name in names[:2]]
)
style.show_figure(
    figure,
    "Left, six clouds of points from the pretraining: boxes, clusters and paths. "
    "Right, the angles and velocities of a random policy: rings around hanging.",
)
print(f"{len(transitions.state)} real transitions of a random policy: {1000 * 0.05:.0f} seconds")

# %% [markdown]
# On the right you see the pendulum's own pattern: it swings below, angle and velocity belong
# together, and the middle, upright at rest, is empty. A network that has met only the clouds on the
# left has not seen data of this kind. It would be a surprise if a random policy filled the plane.
#
# These transitions cost real steps. They are used *once*, to make a training set of thousands of
# made-up functions, which are seen through these points. Everything below asks whether that is
# worth it.
#
# ## 2 · Formulas that might hold there
#
# *Which formulas should it practise on?* Two sources, half and half:
#
# - **the grammar, with roles.** The *role* of a coordinate says whether it is an angle. Angles
#   stand (mostly) inside sines and cosines, the others outside. Roles are known for every task;
# - **expert iteration.** The general transformer looks for equations in the data. What it finds,
#   right or wrong, is changed at random: a term more, a term less, another variable, a sine for
#   a cosine, one factor more.
#
# The data of one increment, with the columns that it may depend on, are called a *view* here.
# **Predict:** below are six draws of each prior, the general one and this world's. Which is which?

# %%
world = world_functions(task, transitions, "general", SEED)
view = world.views[0]
generator = np.random.default_rng([SEED, 1])
priors = {
    "general prior": scene.general_draws(budget.draws, len(view.names), generator),
    "this world's prior": world.skeletons(view, budget.draws, generator),
}
order = generator.permutation(list(priors))  # so that the titles do not tell
for letter, name in zip("AB", order, strict=True):
    print("prior", letter)
    for terms in [terms for terms in priors[name] if terms][:6]:
        print("   ", scene.written(terms, view.names))

# %%
print(f"A: {order[0]}; B: {order[1]}")
print(f"found by the general weights, to be changed: {len(view.found)} skeletons, such as")
for terms in view.found[:3]:
    print("   ", scene.written(terms, view.names))

# %% [markdown]
# This world's draws are short, and its angles stand inside sines and cosines more often. The
# skeletons that expert iteration starts from already look like a pendulum.
#
# ## 3 · How much of the answer is in there?
#
# *Is that still fair?* The truth for the pendulum is a sum of a sine of the angle and the torque.
# A prior in which such sums are common contains a part of the answer. That can be measured. If a
# prior draws the right skeleton with probability $p$, then naming it takes
#
# $$ -\log_2 p \;\text{ bits,} $$
#
# and every halving of $p$ costs one bit more. A searcher that draws blindly $n$ times from the
# prior has the right skeleton at least once with probability ...
#
# ### Exercise 1 · At least once (easy, required, 5 min)
#
# <details><summary>Hint 1: the idea</summary>
# "At least once" is the opposite of "never", and "never" is easy: every single draw misses.
# </details>
#
# <details><summary>Hint 2: the structure</summary>
# One draw misses with probability 1 − p. The draws are independent, so n misses in a row are a
# power. One minus that.</details>


# %%
def at_least_once(p, n):
    """Probability that n independent draws contain something of probability p."""
    ### BEGIN SOLUTION
    return 1 - (1 - p) ** n
    ### END SOLUTION


# %% tags=["check"]
at_least_once = checks.exercise("08.1", at_least_once)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return 1 - (1 - p) ** n
# ```
#
# Counting hits directly would count draws that hit twice more than once; counting misses cannot.
# For a small p and few draws the result is close to n p, and it never passes 1.
# </details>
#
# Your function, with the shares of both priors:

# %%
truths = scene.truths(task, view.names)
bits = {name: {} for name in truths}
chances = {name: {} for name in truths}
for name, truth in truths.items():
    for prior, draws in priors.items():
        share = np.mean([terms == truth for terms in draws])
        bits[name][prior] = -np.log2(share) if share else np.nan
        chances[name][prior] = at_least_once(share, 64)
        print(f"{name:<10} {prior:<19} 1 draw in {1 / share if share else np.inf:,.0f}; "
              f"among 64 draws: {chances[name][prior]:.0%}")  # fmt: skip
style.show_figure(
    scene.bits_chart(bits),
    "Bars: bits that each of the two equations costs in the general "
    "prior and in this world's prior. The bars of this world's prior are shorter.",
)
told = {name: row["general prior"] - row["this world's prior"] for name, row in bits.items()}
print(", ".join(f"{name}: {value:.1f} bits told" for name, value in told.items()))
lab.record(bits=bits, chances=chances)

# %% [markdown]
# The difference of the two bars is what roles and expert iteration have *told* the learner about
# this equation, before it reads a single point of the test data. Blind search can use these bits as
# well as any transformer. So the honest baseline of fine-tuned weights is **blind search in this
# world's prior**. It stays with us to the end. A difference of 0 bits would be the surprise: then
# the world's prior would be no prior of this world.
#
# ## 4 · Keeping the answer out
#
# *Drawing the truth now and then is fine for a searcher; may a training set contain it?* No: the
# question is what the network can work out. The task's equations, and the best ones that were
# found, are forbidden. But how does one recognise a formula? `u + sin(theta)` and
# `sin(theta) - 2*u` are the same sum with other coefficients, and `sin(a) + b` is the same
# skeleton with other names.
#
# `skeleton_key(terms)` is a number that does not depend on order, signs, or names of variables.
#
# ### Exercise 2 · Find the leak (easy, required, 8 min)
#
# Count the skeletons of a training set that are forbidden.
#
# <details><summary>Hint 1: the idea</summary>
# Two skeletons are the same if their keys are. Compare keys, never the tuples themselves.</details>
#
# <details><summary>Hint 2: the structure</summary>
# First the set of the keys of all forbidden skeletons. Then go through the training set and count
# those whose key is in that set; each counts once.</details>


# %%
def leaks(training_set, forbidden):
    """List of canonical skeletons, set of forbidden ones -> how many of the list leak."""
    ### BEGIN SOLUTION
    keys = {skeleton_key(terms) for terms in forbidden}
    return sum(skeleton_key(terms) in keys for terms in training_set)
    ### END SOLUTION


# %% tags=["check"]
leaks = checks.exercise("08.2", leaks)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# keys = {skeleton_key(terms) for terms in forbidden}
# return sum(skeleton_key(terms) in keys for terms in training_set)
# ```
#
# A leak under another name teaches as much as one under its own, so the comparison has to forget
# the names. Making the set of keys first means that each skeleton is looked at once.
# </details>

# %%
usable = [terms for terms in priors["this world's prior"] if terms]
kept = [terms for terms in usable if skeleton_key(terms) not in world.forbidden]
true_ones = set(truths.values())
print(f"the prior's draws: {leaks(usable, true_ones)} of {len(usable)} are a true equation")
print(f"after forbidding {len(world.forbidden)} keys: {leaks(kept, true_ones)} of {len(kept)}")
lab.record(leaks_before=leaks(usable, true_ones), leaks_after=leaks(kept, true_ones))

# %% [markdown]
# Your count of the second line must be 0, and it is the only proof that the training below is
# honest. The count of the first line shows how likely a leak would have been.
#
# ## 5 · A small change of large matrices
#
# *Must every world have its own copy of all weights?* A layer multiplies by a matrix $W$ of
# $m \times n$ numbers. **Low-rank adapters** leave $W$ as it is and train two thin matrices beside
# it, $U$ ($m \times r$) and $D$ ($r \times n$), with a small rank $r$:
#
# $$ y = (W + U D)\, x . $$
#
# $U$ starts at zero, so training starts from the general transformer exactly.
#
# ### Exercise 3 · The layer (medium, required, 8 min)
#
# Compute $y$ for a batch of inputs *without* forming $W + UD$: with a large $W$ that saves memory.
#
# <details><summary>Hint 1: the idea</summary>
# A product of three factors may be computed from either side. Send x through the thin matrices
# first.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Rows of x are inputs, so W acts as x @ W.T, which is (B, m). The adapter acts in two steps:
# x @ D.T is (B, r), and that times U.T is (B, m). Add the two.</details>


# %%
def adapted(x, W, U, D):
    """(B, n) inputs, (m, n), (m, r) and (r, n) matrices -> (B, m)."""
    ### BEGIN SOLUTION
    through_layer = x @ W.T
    through_adapter = (x @ D.T) @ U.T
    return through_layer + through_adapter
    ### END SOLUTION


# %% tags=["check"]
adapted = checks.exercise("08.3", adapted)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# through_layer = x @ W.T
# through_adapter = (x @ D.T) @ U.T
# return through_layer + through_adapter
# ```
#
# Multiplication by two thin matrices costs r (m + n) products an input instead of m n. The sum
# W + UD is never needed, since the layer is linear: the outputs add up.
# </details>
#
# The package ships weights for the pendulum that were trained as adapters. Below, the change of one
# layer (its shipped matrix minus the general one) is taken apart by a singular value decomposition
# into the best $U$ and $D$ of each rank. *Your* layer computes with them.
#
# **Predict:** from which rank on is nothing missing?

# %%
RANKS = (1, 2, 4, 6, 8, 12, 16)

before, after = (dict(load_weights(name).named_parameters()) for name in ("general", "pendulum"))
layer = max((name for name in before if before[name].ndim == 2), key=lambda n: before[n].numel())
W, changed = (weights[layer].detach().double().numpy() for weights in (before, after))
left, sizes, right = np.linalg.svd(changed - W, full_matrices=False)
x = generator.standard_normal((100, W.shape[1]))
whole = np.abs(x @ (changed - W).T).max()
missing = [
    np.abs(adapted(x, W, left[:, :r] * sizes[:r], right[:r]) - x @ changed.T).max() / whole
    for r in RANKS
]
style.show_figure(
    scene.ranks_of_a_change(RANKS, missing, W.shape),
    "Left: what is missing of the layer's output falls to rounding errors at rank 8. Right: "
    "numbers of both thin matrices over the rank, far below those of W.",
)
break_even = (W.size - 1) // sum(W.shape)
print(
    f"{layer}: {W.shape}; at rank 8: {missing[RANKS.index(8)]:.0e} missing; "
    f"fewer numbers than W up to rank {break_even}"
)
lab.record(missing=dict(zip(map(str, RANKS), missing, strict=True)))

# %% [markdown]
# At rank 8 the error drops to that of rounding: the shipped adapters have rank 8, and your layer
# has found it. On the right, both thin matrices together stay smaller than $W$ as long as
# $r\,(m + n) < m\,n$.
#
# ## 6 · Fine-tuning, live
#
# *What is gained, and what is forgotten?* Now the training itself. It is the same loop for adapters
# of any rank and for all weights: only what is trainable differs.
#
# ### Exercise 4 · The training loop (hard, required, 20 min)
#
# Train the trainable parameters of a model with `torch.optim.AdamW`, one update a batch.
# `loss_of(model, batch)` gives the loss. There are $n$ batches. In update $k = 0, 1, \dots, n - 1$
# the learning rate is
#
# $$ \text{peak} \cdot \min\left(\frac{k + 1}{0.1\,n},\ \frac{n - k}{0.9\,n}\right) . $$
#
# It rises, and then falls. Cut the norm of the gradient at 1
# (`torch.nn.utils.clip_grad_norm_`). Return the losses, one number a batch, each from before its
# update.
#
# <details><summary>Hint 1: the idea</summary>
# The optimiser is made once, from the parameters with <code>requires_grad</code>. Then comes the
# loop of every training: rate, loss, old gradients away, backward, clip, step.</details>
#
# <details><summary>Hint 2: the structure</summary>
# for k, batch in enumerate(batches): set group["lr"] for each group in optimizer.param_groups;
# loss = loss_of(model, batch); optimizer.zero_grad(); loss.backward(); clip the parameters'
# gradients to 1.0; optimizer.step(); append loss.item().</details>


# %%
def fine_tune(model, batches, loss_of, peak):
    """Trains the model in place -> list of losses, one a batch.

    model : torch.nn.Module; loss_of : (model, batch) -> (); peak : largest learning rate
    """
    ### BEGIN SOLUTION
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, peak)
    losses, n = [], len(batches)
    for k, batch in enumerate(batches):
        share = min((k + 1) / (0.1 * n), (n - k) / (0.9 * n))
        for group in optimizer.param_groups:
            group["lr"] = peak * share
        loss = loss_of(model, batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses
    ### END SOLUTION


# %% tags=["check"]
fine_tune = checks.exercise("08.4", fine_tune)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# parameters = [p for p in model.parameters() if p.requires_grad]
# optimizer = torch.optim.AdamW(parameters, peak)
# losses, n = [], len(batches)
# for k, batch in enumerate(batches):
#     share = min((k + 1) / (0.1 * n), (n - k) / (0.9 * n))
#     for group in optimizer.param_groups:
#         group["lr"] = peak * share
#     loss = loss_of(model, batch)
#     optimizer.zero_grad()
#     loss.backward()
#     torch.nn.utils.clip_grad_norm_(parameters, 1.0)
#     optimizer.step()
#     losses.append(loss.item())
# return losses
# ```
#
# The rate rises first because Adam's step sizes are guesses until it has seen some gradients, and
# it falls to zero so that the last batches do not have the last word. Clipping keeps one odd batch
# from moving weights that took hours to train.
# </details>
#
# Your loop trains four models on the same functions of this world, from the same general weights:
# adapters of three ranks, and *all weights, thirty times too fast*, which is what happens if one is
# not careful.
#
# **Predict:** for each, does the loss on *other functions of this world* fall? And the loss on the
# *general* held-out functions? Which rank gains most?

# %%
common = (budget.size, budget.points, SEED)
training_set = scene.batches(world, budget.chunks, *common)
arms = {f"rank {rank}": (rank, 1e-3) for rank in budget.ranks} | {"all, too fast": (0, 9e-3)}
models, curves = {}, {}
for name, (rank, peak) in arms.items():
    models[name] = scene.general_model(rank)
    curves[name] = fine_tune(models[name], training_set, scene.loss_of, peak)
    print(
        f"{name:<14} {scene.trainable(models[name]):>9,} numbers trained, "
        f"loss {np.mean(curves[name][:4]):.2f} at first, {np.mean(curves[name][-4:]):.2f} at last"
    )
style.show_figure(
    scene.training_losses(curves),
    "Training losses over updates: the adapters' curves stay "
    "close together; that of all weights, trained too fast, rises far above them.",
)

# %%
held_out = {
    "this world's functions": scene.batches(world, budget.tests[0], *common, held_out=True),
    "general functions": scene.batches(None, budget.tests[1], *common, held_out=True),
}
models["shipped"] = load_weights("pendulum")
general = {
    kind: scene.batch_losses(load_weights("general"), test) for kind, test in held_out.items()
}
changes = {}
for name, model in models.items():
    changes[name] = {}
    for kind, test in held_out.items():
        change = (
            scene.batch_losses(model, test) - general[kind]
        )  # batch by batch: the same functions
        changes[name][kind] = change.mean(), 2 * change.std() / np.sqrt(len(change))
    print(f"{name:<14} " + "; ".join(f"{kind} {mean:+.3f} ± {error:.3f}"
                                     for kind, (mean, error) in changes[name].items()))  # fmt: skip
style.show_figure(
    scene.changes_of_loss(changes),
    "Bars: changes of the held-out loss, left on this "
    "world's functions, right on general ones. All weights trained too fast lose on both; "
    "the adapters change little; the shipped ones gain on the left and lose on the right.",
)
lab.record(changes=changes, trained={name: scene.trainable(m) for name, m in models.items()})

# %%
said = {True: "gains", False: "does not gain more than the error of its measurement"}
for name in [name for name in arms if name.startswith("rank")] + ["shipped"]:
    mean, error = changes[name]["this world's functions"]
    forgets = changes[name]["general functions"][0]
    print(
        f"{name} {said[mean < -error]} on this world's functions ({-mean:.3f} nats a token) "
        f"and {'forgets' if forgets > 0 else 'gains'} {abs(forgets):.3f} on general ones."
    )

# %% [markdown]
# A loss that fell is knowledge of this world's kind of formula; one that rose is what was
# **forgotten**. Read the sentences above with the scale in mind: some hundredths of a nat a token
# are little, and a few thousand functions are a short training. The shipped adapters have seen
# 100,000. The arm that was trained too fast is the failure signature: the general knowledge is
# gone, and nothing has come in its place. It would surprise if a rank of 64 gained eight times what
# 8 gains: a layer has few directions in which this world differs from the rest.
#
# The losses say *how probable the written formula is*. They do not say that more equations are
# found. For that, someone has to search.
#
# ### The ones that ship
#
# An adapter of each world was trained for longer by `symtut finetune`, and for comparison all
# weights as long (`benchmarks/adapters_against_all_weights.py`). Stored losses on held-out
# functions, in nats a token:

# %%
stored = results.held_out_losses()
print(f"{'':<9} {'':<12} {'this world':>10} {'general':>8}")
for name, row in stored.items():
    for weights, loss in row.items():
        print(f"{name:<9} {weights:<12} {loss['world']:10.2f} {loss['general']:8.2f}")
gains = {name: row["general"]["world"] - row["adapter"]["world"] for name, row in stored.items()}
most, least = max(gains, key=gains.get), min(gains, key=gains.get)
print(f"Adapters gain between {gains[least]:.2f} nats a token ({least}) and {gains[most]:.2f} "
      f"({most}); all weights gain a little more at home and forget more.")  # fmt: skip
assert all(row["all_weights"]["world"] < row["adapter"]["world"] for row in stored.values())
assert all(row["all_weights"]["general"] > row["adapter"]["general"] for row in stored.values())

# %% [markdown]
# ## 7 · Who finds the equations?
#
# *Now the test.* New random-policy data of each world; each equation of motion is looked for by
# four *proposers*. A proposer suggests formulas; the same constant fitting and recombination stand
# behind all four, one round each:
#
# | proposer | reads the points | knows the world's kind of formula |
# |---|---|---|
# | `general` | yes | no |
# | `specific` | yes | yes |
# | `prior` | no | no |
# | `world prior` | no | yes |
#
# *Recovered*: the best equation has the terms of the truth and no others. **Predict:** order the
# four. Where do they differ most: with few points, much noise, or few candidates?

# %%
rows, made = results.stored("recovery")
tasks = list(dict.fromkeys(row["task"] for row in rows))
print(f"{made}, {len(rows):,} searches")
axes = results.recovery_curves(rows, "candidates", tasks)
style.show_figure(
    axes[0].figure,
    "Share of equations recovered over the number of candidates, one panel a "
    "world, four proposers with intervals. The two that know the world lie above the others.",
)
shares = results.mean_shares(rows)
for series, conditions in results.SERIES.items():
    place = list(results.SERIES).index(series)
    for condition, found in zip(conditions, shares[series], strict=True):
        print(f"{series:<10} {condition[place]:>5g}: "
              + ", ".join(f"{name} {share:.2f}" for name, share in found.items()))  # fmt: skip

# %%
found = [one for series in shares.values() for one in series]
mean = {proposer: np.mean([one[proposer] for one in found]) for proposer in results.PROPOSERS}
print(f"knowing the world, for a reader:       {mean['specific'] - mean['general']:+.3f}")
print(f"knowing the world, for a blind drawer: {mean['world prior'] - mean['prior']:+.3f}")
print(f"reading, in the general prior:         {mean['general'] - mean['prior']:+.3f}")
print(f"reading, in the world's prior:         {mean['specific'] - mean['world prior']:+.3f}")
assert mean["world prior"] - mean["prior"] > mean["specific"] - mean["general"] > 0.1
assert abs(mean["specific"] - mean["world prior"]) < 0.05 < mean["general"] - mean["prior"]
lab.record(recovered=mean)

# %% [markdown]
# These four lines are the answer of this notebook, for the shipped weights. *Knowing the world*
# helps both a reader and a blind drawer, and the blind drawer more. *Reading the points* helps only
# as long as the prior is general: in this world's prior, the reader and the blind drawer recover
# about the same. So most of the gain of fine-tuned weights is a better guess and not better
# reading. Before you believe a smaller difference, compare it with the intervals in the figure.
#
# ### Exercise 5 · Half the points? (medium, optional, 12 min)
#
# One number for a gain: the smallest number of points with which at least a share `enough` of the
# equations is recovered, for one proposer divided by that of another.
#
# <details><summary>Hint 1: the idea</summary>
# Both numbers are found in the same way, so write that once. Where the share is never large enough,
# infinitely many points are needed.</details>
#
# <details><summary>Hint 2: the structure</summary>
# A helper returns the first number of points whose share is at least enough, and
# <code>np.inf</code> if there is none. If both are infinite the ratio is <code>np.nan</code>, else
# Python's division gives 0 and inf by itself.</details>


# %%
def ratio_of_points(points, shares, reference, enough):
    """points ascending, shares of one proposer and of a reference -> ratio of points needed.

    inf if only the reference gets there, 0 if only the proposer does, nan if neither does.
    """

    ### BEGIN SOLUTION
    def needed(values):
        there = [n for n, share in zip(points, values, strict=True) if share >= enough]
        return float(there[0]) if there else np.inf

    mine, theirs = needed(shares), needed(reference)
    return np.nan if mine == theirs == np.inf else mine / theirs
    ### END SOLUTION


# %% tags=["check"]
ratio_of_points = checks.exercise("08.5", ratio_of_points)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# def needed(values):
#     there = [n for n, share in zip(points, values, strict=True) if share >= enough]
#     return float(there[0]) if there else np.inf
#
# mine, theirs = needed(shares), needed(reference)
# return np.nan if mine == theirs == np.inf else mine / theirs
# ```
#
# A ratio of points says what a gain is worth: half the points are half the real steps. The cases
# without an answer need names of their own, or a method that never gets there would look good.
# </details>

# %%
sizes = [points for points, *_ in results.SERIES["points"]]
ratios = {}
for name in ("pendulum", "car2d"):  # where the whole truth is known
    curves = {
        proposer: [results.recovered(rows, name, proposer, c).share
                   for c in results.SERIES["points"]]
        for proposer in results.PROPOSERS
    }  # fmt: skip
    enough = 0.9 * max(max(values) for values in curves.values())
    ratios[name] = {
        proposer: ratio_of_points(sizes, curves[proposer], curves["general"], enough)
        for proposer in results.PROPOSERS[1:]
    }
    print(f"{name:<9} points needed for {enough:.2f}, over those of `general`: {ratios[name]}")
style.show_figure(
    scene.ratios_chart(ratios),
    "Bars: points that each proposer needs, over those of the general transformer. On the "
    "pendulum, proposers that know the world need half of them; on the car the general "
    "transformer never gets there.",
)
lab.record(ratios=ratios)

# %% [markdown]
# On the pendulum, a proposer that knows the world needs half the points. On the car, the general
# transformer does not reach the level at all, so the ratio is 0 or has no value. A ratio far below
# a half with an interval to match would be news; these come from 20 to 40 searches a point.
#
# ## 8 · Worse with more data? (optional)
#
# *Can more data be worse?* On Reacher, without noise, the *more* points, the *fewer* equations
# count as recovered, for everybody. **Predict:** why? Has the search failed?

# %%
print("Reacher, all proposers, 64 candidates:")
for points, noise in ((10, 0.0), (50, 0.0), (200, 0.0), (200, 0.01), (200, 0.05)):
    here = [
        r for r in rows if r["task"] == "reacher"
        and (r["points"], r["noise"], r["candidates"]) == (points, noise, 64)
    ]  # fmt: skip
    nodes = np.median([r["complexity"] for r in here])
    left = np.median(np.nan_to_num([1 - r["r2"] for r in here], nan=np.inf))
    share = np.mean([r["recovered"] for r in here])
    print(f"{points:>4} points, {noise:>3.0%} noise: recovered {share:.2f}, "
          f"median nodes {nodes:.0f}, median 1 − R² {left:.0e}")  # fmt: skip

# %% [markdown]
# No: the fits become better and the formulas longer. What is counted as the truth is the equation
# of *free* joints, $\Delta\dot\theta = c_1 u - c_2 \dot\theta$. In the simulator the links also
# pull at each other a little. Exact data show these forces, and a search writes terms for them:
# they are not in the "truth", and yet true. With 1 % noise they drown, and the short equation is
# back. *Recovered* is a good yardstick only where the truth is known completely, as it is for the
# pendulum and the car.
#
# ## 9 · A cell again, and other numbers (optional)
#
# *Are the stored numbers true?* Here is one cell of the table, computed now: 20 points, 16
# candidates.

# %%
hits = {proposer: 0 for proposer in results.PROPOSERS}
wanted = skeleton_key(truths["theta_dot"])
for seed in range(budget.seeds):
    moved = random_transitions(task, 200, 10_000 + 100 * SEED + seed)
    x = np.concatenate([moved.state, moved.action], axis=1)
    chosen = np.random.default_rng([SEED, seed]).choice(len(x), 20, replace=False)
    y = 0.75 * np.sin(x[:, 0]) + 0.15 * x[:, 2]  # the true increment
    for proposer in hits:
        weights = {"general": "general", "specific": "pendulum"}
        search = results.regressor(proposer, 16, seed, weights, world, view)
        search.fit(x[chosen], y[chosen])
        hits[proposer] += scene.key(search.expression()) == wanted
print(", ".join(f"{proposer} {n} of {budget.seeds}" for proposer, n in hits.items()))
lab.record(again=hits)

# %% [markdown]
# A handful of searches can contradict a table, but not confirm it: raise `seeds`.
#
# *Has it learned a pendulum, or this pendulum?* Other gravity, mass and length; a car with more
# drag. The formulas keep their form, their coefficients change.

# %%
changed = results.stored("changed_physics")[0]
for name in dict.fromkeys(row["task"] for row in changed):
    for condition in results.SERIES["points"]:
        before, after = (
            [results.recovered(table, name, p, condition).share for p in ("general", "specific")]
            for table in (rows, changed)
        )
        print(
            f"{name:<9} {condition[0]:>3} points: as trained general {before[0]:.2f}, specific "
            f"{before[1]:.2f}; changed general {after[0]:.2f}, specific {after[1]:.2f}"
        )

# %% [markdown]
# Coefficients are fitted in any case, and were drawn anew for every training function. So there is
# no reason why other numbers should hurt, and the table shows no loss beyond its noise.
#
# ## 10 · Does it matter for the agent? (optional)
#
# *In the end an agent has to act.* The loop of notebook 10 with equations from four sources, after
# few and after many real steps; stored runs of `benchmarks/loop_ablation.py`. **Predict:** where
# will the four differ?

# %%
loop, made = results.stored_agents()
print(f"{made}, {len(loop)} runs")
style.show_figure(
    loop_ablations.final_returns(loop),
    "Final returns, a dot a run: on the pendulum all four "
    "sources of equations agree; on the car some runs of general weights and prior fall off.",
)
print(loop_ablations.summary(loop))

# %% [markdown]
# (Medians over three seeds; the car with a third of its usual updates.) On the pendulum all four
# have the right equations, and the policy cannot tell who found them. On the car, with 100 steps,
# the general weights and the general prior are sometimes wrong: knowing the world pays there,
# whether by fine-tuning or by a library that happens to fit.
#
# ### Exact, and wrong
#
# With 300 steps one run of the general weights ends far below the others, and its equations
# predict every held-back step to seven digits. **Predict:** how can that be? Here are the
# transitions of that run, and two formulas for $\Delta y$:

# %%
worst = min((run for run in loop if run["real steps"] == 300), key=lambda run: run["final_return"])
print(f"final return {worst['final_return']:.0f}, error of one step {worst['one_step_error']:.0e}")
speed, heading, moved = results.replayed(worst)
formulas = {
    "0.1·v′·sin ψ′": lambda v, psi: 0.1 * v * np.sin(psi),
    "−0.1·v′·|sin ψ′|": lambda v, psi: -0.1 * v * np.abs(np.sin(psi)),
}
errors = [np.abs(formula(speed, heading) - moved).max() for formula in formulas.values()]
for name, error in zip(formulas, errors, strict=True):
    print(f"{name:<18} largest error in 300 steps: {error:.0e} m")
style.show_figure(
    scene.two_formulas(heading, formulas),
    "Two curves over the heading: they agree on one "
    "half of the circle, where all headings of the data lie, and are opposite on the other.",
)
lab.record(sine_seen=np.sin(heading).max(), both_errors=errors)

# %% [markdown]
# Three short episodes, and the car never turned to one side. There $-|\sin\psi'|$ *is*
# $\sin\psi'$. No point of the data and no held-back step can tell the two apart, so which of them
# is returned is chance. The policy then drives where nobody had looked. What helps is another
# episode, or a prior in which a plain sine is likelier: that is what the specific weights and the
# library brought here.
#
# ## Quick quiz
#
# <details><summary>1. The specific weights recover more equations than the general ones. Is that
# the transformer's merit?</summary>Only as far as it beats blind draws from the same world prior:
# they know as much about the world and read nothing.</details>
# <details><summary>2. The loss on this world's held-out functions has fallen. Does it follow that
# fewer points are needed to find its equations?</summary>No. The network knows better which
# formulas are common, or reads better; the loss mixes both. A search has to show the
# rest.</details>
# <details><summary>3. Why are the found equations forbidden in training, and not only the true
# ones?</summary>What was found is often the truth: expert iteration would hand the answer
# over.</details>
# <details><summary>4. W has 160 rows and 640 columns. Up to which rank do adapters have fewer
# numbers?</summary>Up to 127: r (160 + 640) must stay below 160 · 640.</details>
# <details><summary>5. Bits of the answer: what would 0 bits mean?</summary>The prior draws nothing
# but the answer: no data are needed any more, and nothing is learned from them.</details>
#
# ## What to remember
#
# - A world's own data make a training set: its points, its roles, its nearly right equations.
# - A prior contains a part of the answer, and one can say how much: −log₂ p bits.
# - Keep the truth out of the training by keys, not by comparing texts.
# - Fine-tuning shifts a network towards a world and away from the rest; adapters make it cheap.
# - Beside every fine-tuned reader stands a blind search in the same prior. Here it did as well.
#
# ## What next
#
# Notebook 09 puts equations into a world model and asks how far ahead it sees. To fine-tune
# for another world: `symtut finetune --task NAME --out FOLDER`, then
# `SymbolicRegressor(weights="FOLDER/weights.safetensors")`.
#
# ## References
#
# - A. Gorodetskiy, K. Mironov, A. Panov: *Model-based Policy Optimization using Symbolic World
#   Model*. 2024. arXiv 2407.13518
# - E. Hu et al.: *LoRA: Low-Rank Adaptation of Large Language Models*. 2021. arXiv 2106.09685
# - T. Anthony, Z. Tian, D. Barber: *Thinking Fast and Slow with Deep Learning and Tree Search*
#   (expert iteration). 2017. arXiv 1705.08439
