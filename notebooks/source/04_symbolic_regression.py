# %% [markdown]
# # 04 · Symbolic regression
#
# A pendulum was watched while it swung gently. Which **formula** made these points, and can it be
# trusted where nobody has looked? Symbolic regression searches for the form of a law and for its
# numbers at the same time. The world models of the later notebooks are formulas that were found
# this way.
#
# **You will be able to**
# - read a formula as a tree and as a sequence of tokens;
# - fit its numbers, and say why the same fit succeeds from one start and fails from another;
# - find a form in three ways (sparse regression, evolution, blind search) and compare them fairly;
# - choose among formulas by length and fit, and know where such a formula must not be believed.
#
# **Before you start:** least squares, and what a gradient is. NumPy.
# **Time:** about 2 minutes of computing, on one core.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np

from symtut import SymbolicRegressor
from symtut.expressions import Expression
from symtut.lab import checks, style, trees
from symtut.lab.scenes import nb04_contests as contests
from symtut.lab.scenes import nb04_figures as figures
from symtut.lab.scenes import nb04_genetic as genetic
from symtut.lab.scenes import nb04_stack as stack

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(starts=12, seconds=0.4, seeds=1, problems=2, generations=10, updates=400, draws=4),
    lab=dict(starts=40, seconds=0.7, seeds=3, problems=6, generations=30, updates=2000, draws=24),
    paper=dict(
        starts=200, seconds=10, seeds=10, problems=6, generations=60, updates=8000, draws=100
    ),
)  # fmt: skip
plt.rcParams["figure.dpi"] = 72  # many figures: this keeps the file small

# %% [markdown]
# ## 1 · The same points, three fits
#
# *What happens beyond the data?* In each step of 0.05 s gravity changes the speed of our pendulum
# by $\Delta\dot\theta = 0.75\sin\theta$ (the angle $\theta$ in rad, 0 upright). We see 40 steps,
# all with $|\theta| < 1.2$, each with a measuring error of standard deviation 0.005 rad/s. Three
# models are fitted to them: a polynomial, a small neural network, and a formula. The formula was
# *found* among all sums of a few library functions; section 4 shows how.


# %%
def law(theta):  # the true increment of the speed, rad/s
    return 0.75 * np.sin(theta)


generator = np.random.default_rng(SEED)
seen = generator.uniform(-1.2, 1.2, (40, 1))
change = law(seen[:, 0]) + 0.005 * generator.standard_normal(40)

polynomial = np.polynomial.Polynomial.fit(seen[:, 0], change, 7)
network, network_size = contests.train_network(seen, change, budget.updates, SEED)
found = SymbolicRegressor(method="sparse", max_time=None, feature_names=("theta",))
found.fit(seen, change)
models = {
    "polynomial": lambda x: polynomial(x[:, 0]), "network": network, "formula": found.predict,
}  # fmt: skip
print("formula found:", found.equations_[0]["equation"])

# %% [markdown]
# **Predict:** which of the three leaves the truth first when the pendulum swings wider? Which last?

# %%
style.show_figure(
    figures.fits(seen, change, law, models),
    "Three models of 40 points in a grey band. All lie on the truth there; outside it the "
    "polynomial runs away, the network levels off, the formula stays on the sine.",
)


def r2(y, prediction):
    return 1 - np.mean((y - prediction) ** 2) / np.var(y)


fresh = np.linspace(-1.2, 1.2, 201)[:, None]
for name, predict in models.items():
    print(f"{name:<11} R² on fresh points inside: {r2(law(fresh[:, 0]), predict(fresh)):.5f}")
    lab.record(**{f"inside_{name}": r2(law(fresh[:, 0]), predict(fresh))})

# %% [markdown]
# $R^2 = 1 - \sum(y-\hat y)^2 / \sum(y-\bar y)^2$ is the share of the spread of $y$ that the
# prediction $\hat y$ explains. It says that all three are excellent. It says nothing about the
# white parts of the figure: the polynomial runs away, the network levels off, the formula stays.
# Section 7 puts numbers on that. A network that found the sine's next wave by itself would be a
# surprise.
#
# How does one search for a formula? Five questions: how is it written down (section 2), how do its
# numbers get their values and what should it explain (3), how is its form found (4, 5), and when
# is it long enough (6).
#
# ## 2 · A formula is a tree
#
# *How does a program hold a formula?* As a tree: each operator stands above its arguments;
# variables and numbers are the leaves. This is the increment of the pendulum's speed with a motor
# that pushes with the torque $u$ (N m):

# %%
names = ("theta", "u")
formula = Expression.from_text("0.75*sin(theta) + 0.15*u", names)
style.show_figure(
    trees.draw_tree(formula, names=names, numbered=True, title=formula.text(names)).figure,
    "A tree: + on top, below it 0.75 times sin(theta) and 0.15 times u. Nodes are numbered 0 to 7.",
)
print("prefix:    ", " ".join(formula.prefix))
print("constants: ", formula.constants)
print("complexity:", formula.complexity, "nodes")

# %% [markdown]
# The small numbers give the order in which the nodes are written down: an operator first, then its
# arguments, left before right. This is **prefix form**. It needs no brackets, because each operator
# has a fixed number of arguments. So every tree is one plain sequence of tokens, and a transformer
# (notebook 06) can read and write it. `x0` and `x1` stand for the variables, `C` for a number that
# is kept aside. A formula whose `C` have no values yet is a **skeleton**.
#
# To evaluate it, read the sequence **from right to left** with a stack. A number or variable is put
# on top; an operator takes its arguments off the top and puts its result there. (You write this
# machine in notebook 05.) At $\theta = 0.5$ rad, $u = 2$ N m:

# %% tags=["hide-input"]
stack.stack_film(formula, [0.5, 2.0], names=names)

# %% [markdown]
# Could one try all trees? With $U$ functions of one argument and $B$ of two, a tree with $n$ nodes
# has at its root one or the other, so the number $N_n$ of trees is
#
# $$N_n = U\,N_{n-1} + B \sum_{k=1}^{n-2} N_k\,N_{n-1-k}.$$

# %%
count = [0, 4]  # trees of one node: three variables and C
for n in range(2, 17):
    pairs = sum(count[k] * count[n - 1 - k] for k in range(1, n - 1))
    count.append(14 * count[n - 1] + 5 * pairs)
for n in (8, 12, 16):
    print(f"{n:>2} nodes: {count[n]:.1e} trees, {count[n] / 3.6e9:.1g} hours at a microsecond each")
lab.record(trees=count[8], growth=count[16] / count[12])

# %% [markdown]
# The pendulum's formula has 8 nodes. Each node more multiplies the work by more than ten. So
# something must *propose* formulas.
#
# ## 3 · The numbers, and what to explain
#
# *A skeleton is given. Which numbers fill it best?* In
#
# $$\hat y = w_0 + w_1\,t_1(x; c) + w_2\,t_2(x; c) + \dots$$
#
# the **outer** numbers $w_k$ multiply whole terms $t_k$ (and $w_0$ stands alone); the **inner**
# ones $c$ sit inside functions. With $c$ fixed the squared error is a parabola in $w$. It has one
# minimum, and one linear system gives it. Only $c$ has to be searched for.
#
# ### Exercise 1 · One step to the outer numbers (easy, required, 8 min)
#
# Let $A$ be the $(n, K+1)$ matrix with a column of ones and the $K$ columns of term values. Set the
# gradient of $\lVert A w - y\rVert^2$ with respect to $w$ to zero, and solve for
# $w = (w_0, w_1, \dots, w_K)$.
#
# <details><summary>Hint 1: the idea</summary>
# The gradient is 2 Aᵀ(A w − y). Where it is zero, AᵀA w = Aᵀy.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Build A with np.column_stack from np.ones(len(y)) and the columns. Then np.linalg.solve, or
# np.linalg.lstsq, which is kinder to columns that are nearly dependent.</details>


# %%
def outer_weights(columns, y):
    """(n, K) term values and (n,) targets -> (K + 1,) weights, the intercept first."""
    ### BEGIN SOLUTION
    matrix = np.column_stack([np.ones(len(y)), columns])
    return np.linalg.lstsq(matrix, y, rcond=None)[0]
    ### END SOLUTION


# %% tags=["check"]
outer_weights = checks.exercise("04.1", outer_weights)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# matrix = np.column_stack([np.ones(len(y)), columns])
# return np.linalg.lstsq(matrix, y, rcond=None)[0]
# ```
#
# The outer numbers enter linearly, so the best ones are the solution of one linear system: no
# start, no steps, no wrong valley. The column of ones makes the intercept one of them.
# </details>
#
# This trick is called *variable projection* (Golub and Pereyra, 1973): search over the inner
# numbers only, and solve for the outer ones at every step. Take $y = 1.5\sin(3x)$ and the skeleton
# $w_0 + w_1\sin(\omega x)$ with one inner number, $\omega$.
#
# **Predict:** how does the error of the best fit depend on $\omega$? One valley?

# %%
x = np.linspace(-4, 4, 60)
y = 1.5 * np.sin(3 * x)


def loss_at(omega):
    """1 − R² of the skeleton at this frequency, with your outer numbers."""
    column = np.sin(omega * x)[:, None]
    weights = outer_weights(column, y)
    return 1 - r2(y, weights[0] + column @ weights[1:])


omegas = np.linspace(0.05, 6, 400)
starts = {"a": (2.7, 0.5), "b": (1.0, 1.0), "c": (4.6, -1.5), "d": (2.3, -1.0)}
paths = {name: contests.descend(start, x, y) for name, start in starts.items()}
style.show_figure(
    figures.landscape(omegas, [loss_at(omega) for omega in omegas], x, y, paths),
    "Left: the error is near 1 with shallow dents, and 0 at frequency 3 alone. Right: over "
    "frequency and amplitude; of four searches one ends at the star, the others in side valleys.",
)
for name, path in paths.items():
    print(f"start {name} ends at ω = {path[-1, 0]:.3f}, amplitude {path[-1, 1]:.3f}, "
          f"1 − R² = {path[-1, 2]:.4f}")  # fmt: skip
lab.record(path_losses=[path[-1, 2] for path in paths.values()])

# %% [markdown]
# The star is the truth. Around it lie side valleys: at some frequencies a wrong wave agrees with
# the right one a little more than its neighbours do. **BFGS** is a descent method that estimates
# the curvature from the gradients along its way. It only goes down, and ends in a valley near its
# start. Remember this sign: *the skeleton is right, the fit is bad.*
#
# How often does it work? The package can search over all numbers (`bfgs`, the paper's way) or solve
# for the outer ones (`levenberg_marquardt`). Both begin at the same random constants:

# %%
begin, ends = contests.sine_from_starts(x, y, budget.starts, np.random.default_rng(SEED))
style.show_figure(
    figures.starts_and_ends(begin, ends, true=3),
    "Left: where searches end over where they began; by either method few end on the dotted line "
    "at 3. Right: the chance that one of several starts succeeds rises towards 1.",
)
for name, (end, milliseconds) in ends.items():
    share = np.mean(end[:, 1] < 1e-6)
    print(f"{name:<20} {share:.0%} of {len(begin)} starts succeed, {milliseconds:.1f} CPU-ms each")
    lab.record(**{f"success_{name}": share, f"ms_{name}": milliseconds})

# %% [markdown]
# Points on the dotted line have arrived; the others sit in side valleys, by either method. Solving
# for the outer numbers does not remove the valleys of $\omega$. It saves time, and time buys the
# remedy: if one start succeeds with probability $p$, at least one of $k$ does with probability
# $1-(1-p)^k$ (right). A start that succeeded from everywhere would be a surprise for a wave.
#
# ### What should the formula explain?
#
# *A world model predicts the next state. So is the next state the thing to fit?* Here are real
# transitions of the pendulum: its state is $(\theta, \dot\theta)$, its action a random torque $u$.
# Three predictions of the next speed: *nothing changes*, *only gravity acts*, and the simulator's
# own equation. **Predict** the $R^2$ of the first.

# %%
# those that the simulator's limit of speed has not cut
state, action, after = contests.pendulum_steps(400, SEED)
X, NAMES = np.column_stack([state, action]), ("theta", "theta_dot", "u")
speed, next_speed = state[:, 1], after[:, 1]
gravity, push = 0.75 * np.sin(state[:, 0]), 0.15 * action[:, 0]
print(f"{'prediction':<20} {'R² of the next speed':>22} {'R² of its increment':>22}")
for name, step in {
    "nothing changes": 0 * speed, "only gravity": gravity, "gravity and motor": gravity + push,
}.items():  # fmt: skip
    scores = r2(next_speed, speed + step), r2(next_speed - speed, step)
    print(f"{name:<20} {scores[0]:22.4f} {scores[1]:22.4f}")
    lab.record(**{f"r2_{name.replace(' ', '_')}": scores})

# %% [markdown]
# *Nothing changes* gets a fine $R^2$ of the next speed, because the next speed is nearly the speed.
# A model without the motor gets a still finer one, and the motor is all that a policy can use.
#
# ### Exercise 2 · Choose the target (easy, required, 3 min)
#
# What will you hand to the regressor as `y`?
#
# - `"a"`: the next speed, $\dot\theta'$, because the highest $R^2$ were reached on it
# - `"b"`: the increment, $\Delta\dot\theta = \dot\theta' - \dot\theta$
# - `"c"`: the relative change, $(\dot\theta' - \dot\theta)/\dot\theta$
# - `"d"`: the next speed, divided by its standard deviation
#
# <details><summary>Hint 1: the idea</summary>
# A target is good if missing the motor costs a lot of R².</details>
#
# <details><summary>Hint 2: the structure</summary>
# Look at the second row of the table above, in both columns. Then ask what each choice does where
# the speed is zero, and what scaling does to R².</details>

# %%
target_choice = None
### BEGIN SOLUTION
target_choice = "b"
### END SOLUTION

# %% tags=["check"]
target_choice = checks.exercise("04.2", target_choice)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# target_choice = "b"
# ```
#
# The spread of the increment is the physics, so whoever misses the motor loses R². The spread of
# the next speed is mostly that of the speed, which explains nothing.
# </details>

# %%
with np.errstate(divide="ignore"):
    y = {
        "a": next_speed, "b": next_speed - speed, "c": (next_speed - speed) / speed,
        "d": next_speed / next_speed.std(),
    }[target_choice]  # fmt: skip
style.show_figure(
    figures.target(state, action, y),
    "Your target over the angle; for the increment a sine, shifted up or down by the torque.",
)

# %% [markdown]
# Your target is a sine of the angle, shifted up and down by the torque (the colour). A regressor
# sees what you see. All that follows is fitted to your target.
#
# ## 4 · Sparse regression: choose from a library
#
# *If outer numbers are that easy, why not write down every term one can think of, and solve?* That
# is **sparse regression**, known in dynamics as SINDy (Brunton, Proctor and Kutz, 2016): a library
# of $K$ functions, one column of values for each, and coefficients that should mostly be zero. We
# begin with a handful of terms. Columns and target have mean 0 and norm 1, so that coefficients can
# be compared. The sensor is now noisy (0.02 rad/s).

# %%
TERMS = (
    "theta", "theta_dot", "u", "sin(theta)", "cos(theta)", "theta**2", "theta_dot**2", "u**2",
    "theta*theta_dot", "theta*u", "theta_dot*u", "theta_dot*sin(theta)", "theta_dot*cos(theta)",
    "u*sin(theta)", "u*cos(theta)", "abs(theta_dot)*theta_dot",
)  # fmt: skip
columns = contests.library_columns([Expression.from_text(term, NAMES) for term in TERMS], X)
noisy = y + 0.02 * np.random.default_rng(SEED).standard_normal(len(y))
target = (noisy - noisy.mean()) / np.linalg.norm(noisy - noisy.mean())
size = np.abs(outer_weights(columns, target)[1:])
for k in np.argsort(-size)[:4]:
    print(f"{TERMS[k]:<25} {size[k]:.4f}")
print(f"{np.sum(size > 1e-4)} of {len(TERMS)} coefficients are above 0.0001")
lab.record(above=np.sum(size > 1e-4))

# %% [markdown]
# Two terms stand out, but every other term takes a share in explaining the noise. **Sequential
# thresholding** makes the answer sparse: solve, throw out every coefficient that is smaller than a
# threshold, solve again *with what is left*, and so on, until none is thrown out.
#
# ### Exercise 3 · Sequential thresholding (hard, required, 15 min)
#
# Write it. There is no intercept, since all columns have mean 0. If nothing is left, return zeros.
#
# <details><summary>Hint 1: the idea</summary>
# Keep a boolean mask of the columns that are still in. A column that is out never comes
# back.</details>
#
# <details><summary>Hint 2: the structure</summary>
# In a loop: coefficients are zeros of length K; if any column is in, put np.linalg.lstsq
# (rcond=1e-10) of those columns into their places; survivors are in *and* at least as large as the
# threshold; if survivors equal the mask, return; otherwise the mask becomes survivors.</details>


# %%
def sequential_thresholding(columns, y, threshold):
    """(n, K), (n,) -> (K,) coefficients, each 0 or of size ``threshold`` at least."""
    ### BEGIN SOLUTION
    kept = np.ones(columns.shape[1], dtype=bool)
    while True:
        coefficients = np.zeros(len(kept))
        if kept.any():
            coefficients[kept] = np.linalg.lstsq(columns[:, kept], y, rcond=1e-10)[0]
        survivors = kept & (np.abs(coefficients) >= threshold)
        if (survivors == kept).all():
            return coefficients
        kept = survivors
    ### END SOLUTION


# %% tags=["check"]
sequential_thresholding = checks.exercise("04.3", sequential_thresholding)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# kept = np.ones(columns.shape[1], dtype=bool)
# while True:
#     coefficients = np.zeros(len(kept))
#     if kept.any():
#         coefficients[kept] = np.linalg.lstsq(columns[:, kept], y, rcond=1e-10)[0]
#     survivors = kept & (np.abs(coefficients) >= threshold)
#     if (survivors == kept).all():
#         return coefficients
#     kept = survivors
# ```
#
# Coefficients of overlapping columns depend on each other, so after a column goes, the others must
# be solved for again, and some may now be small. The loop ends because each round but the last
# throws out at least one column.
# </details>
#
# Now on the pendulum, and with the package's own library beside your handful: $x$, $x^2$, $x^3$,
# $|x|$, $\sin x$, $\cos x$ of each variable and the products of two of them. **Predict:** does a
# larger library make the result better?

# %%
large = contests.package_library(X.shape[1])
libraries = {"handful": columns, "package's library": contests.library_columns(large, X)}
thresholds, left = np.logspace(-3, -0.2, 15), {}
for name, matrix in libraries.items():
    solved = [sequential_thresholding(matrix, target, threshold) for threshold in thresholds]
    left[name] = [np.count_nonzero(weights) for weights in solved]
    condition = np.linalg.cond(matrix)
    print(f"{name:<18} {matrix.shape[1]:>3} functions, condition number {condition:.1e}")
    lab.record(**{f"left_{name.split()[0]}": left[name], f"condition_{name.split()[0]}": condition})
style.show_figure(
    figures.plateau(thresholds, left, true=2),
    "Functions left over the threshold, logarithmic. The handful falls to 2 and stays there over a "
    "wide range; the package's library falls slowly from over 100 and has no plateau.",
)
weights = sequential_thresholding(columns, target, 0.05)
print("handful at 0.05:", {TERMS[k]: round(float(weights[k]), 3) for k in np.flatnonzero(weights)})
lab.record(handful=[TERMS[k] for k in np.flatnonzero(weights)])
weights = sequential_thresholding(libraries["package's library"], target, 0.05)
largest = [large[k].text(NAMES) for k in np.argsort(-np.abs(weights))[:4]]
print(f"library at 0.05: {np.count_nonzero(weights)} left; the largest are\n{largest}, "
      f"up to {np.abs(weights).max():,.0f}")  # fmt: skip

# %% [markdown]
# Both lines are made by your code. With the handful there is a plateau: over a wide range of
# thresholds the same two terms remain, and they are the right ones. With the large library there is
# none. Its columns are nearly dependent (for $|u| \le 2$ the sine of $u$ is nearly a cubic). A huge
# *condition number* says so: errors in $y$ may come out magnified by up to that factor. The
# coefficients are huge, of opposite signs, and cancel, so *large* no longer means *important*. More
# candidates made the answer worse.
#
# The package's `method="sparse"` uses the same large library and goes the other way: it **adds**
# terms one by one, with exchanges, and a price for length ends it.

# %%
sparse = SymbolicRegressor(method="sparse", max_time=None, feature_names=NAMES).fit(X, noisy)
print(f"{sparse.equations_[0]['equation']}, in {sparse.fit_time_:.2f} CPU-s (true: 0.75 and 0.15)")
lab.record(sparse=sparse.equations_[0]["equation"])

# %% [markdown]
# If the terms are in the library, this is hard to beat. The catch is the "if".
#
# ## 5 · Evolution: search for the form itself
#
# *What if the term is in no library?* A swing that dies away, $y = 1.5\,e^{-0.3t}\sin(2t)$, has
# inner numbers; no library has them all. **Genetic programming** (Koza, 1992) keeps a *population*
# of trees. Good ones have children: two parents exchange subtrees (**crossover**), or a subtree is
# replaced by a random one (**mutation**). A subtree in prefix form is a contiguous piece of the
# sequence, so both are cut and paste:

# %%
mother = Expression.from_text("x0*exp(-0.3*x0)")
father = Expression.from_text("x0 + sin(2*x0)")
cut, taken = 1, 2  # the mother gives up her first leaf, the father lends his sine
child = Expression(genetic.replace_subtree(mother.prefix, cut, father.prefix[taken:]))
style.show_figure(
    figures.crossing(mother, father, child, cut, taken),
    "Three trees: in the mother a leaf is marked, in the father the sine and what is below it; in "
    "the child the sine stands where the leaf was.",
)

# %% [markdown]
# Marked is what goes, what is copied, and where it stands now. Who becomes a parent? In a
# **tournament**, four members are drawn at random, and the best one wins. Best means the lowest
# **cost**, the error plus a price for length:
#
# $$\text{cost} = n \ln(1-R^2) + p\,(2 \cdot \text{nodes} + \ln n \cdot \text{numbers}),$$
#
# with $n$ points and $p = 1$ unless said otherwise. Evolution proposes skeletons only; the numbers
# are fitted as in section 3.

# %%
t = np.linspace(0, 6, 80)[:, None]
swing = 1.5 * np.exp(-0.3 * t[:, 0]) * np.sin(2 * t[:, 0])
losses = []
for k in range(3):
    draw = np.random.default_rng([SEED, k])
    run = genetic.evolve(t, swing, draw, generations=budget.generations, population=128)
    losses.append(run[-1].best.loss)
    print(f"{len(run)} generations, {run[-1].evaluated} skeletons: 1 − R² = {losses[-1]:.0e}\n"
          f"    {run[-1].best.expression().text(('t',), 3)[:72]}")  # fmt: skip
lab.record(evolved_losses=losses)

# %% [markdown]
# Each run is a gamble. The three differ in nothing but their random numbers, and may end in
# different formulas. Close to the points is not yet the law: only $1-R^2$ at the level of rounding
# is.
#
# ### A fair race
#
# *Is evolution better than guessing?* The cheapest opponent that can find any form is **blind
# search**: draw skeletons at random from a fixed distribution over formulas, the **prior**
# (notebook 05), fit the numbers, keep the best. Both get the same CPU time on the same points.
# `sparse` joins them. The problems come from two collections: Nguyen's benchmark, and increments of
# mechanical systems.
#
# **Predict:** who wins?

# %%
chosen = [
    "nguyen-5", "pendulum.omega", "nguyen-7", "nguyen-9", "cart.v", "projectile.vx",
][: budget.problems]  # fmt: skip
problems = contests.problems(chosen)
results = contests.race(problems, budget.seconds, budget.seeds, SEED)
style.show_figure(
    figures.race_chart(results, chosen),
    "Errors of all runs on six problems, in the same region and in one half as wide again. Left of "
    "1e-8 stand mostly runs of the prior; in the wider region fewer runs of any method.",
)
print(f"exact, {budget.seconds} CPU-s each, {len(chosen) * budget.seeds} runs:")
for method, loss in results.items():
    near, both = (loss[..., 0] < 1e-8).sum(), (loss < 1e-8).all(-1).sum()
    print(f"  {method:<10} {near:>3} in the same region, {both:>3} in both")
    lab.record(**{f"exact_{method}": near, f"exact_both_{method}": both})

# %% [markdown]
# Left of the dotted line a run is exact for all practical purposes. In the run stored with this
# notebook blind search (`prior`) wins. Do not conclude that evolution is useless: our program is
# small and untuned, while the prior was written with mechanics in mind, and the package also
# combines the terms of good draws. What the race shows is how strong a baseline *guess, fit,
# combine* is. A method that cannot beat it at equal time has not earned its complications.
#
# Compare the two panels. Points that move right when the region grows are wrong formulas that
# imitate the right one to eight digits, where they were asked.
#
# ## 6 · How long may a formula be?
#
# *With noise a longer formula always fits better. When should one stop?* First, do it wrong. Here
# are 30 noisy points of a wave. Evolution runs three times with the price for length and three
# times without ($p = 0$).
#
# **Predict:** which fits the points better? Which is nearer to the truth?

# %%
wave = contests.evolve_wave(budget.generations, SEED)
style.show_figure(
    figures.bloat(wave),
    "Left: with a price the fits follow the wave; without one they bend to the points and run away "
    "outside the grey band. Right: without a price the mean number of nodes grows on and on.",
)
inside = np.linspace(-3, 3, 300)[:, None]
for name, three in wave.best.items():
    errors = [1 - r2(np.sin(2 * inside[:, 0]), best(inside)) for best in three]
    sizes = [best.complexity for best in three]
    row = [np.median(values) for values in (sizes, wave.r2[name], errors)]
    print(f"{name:<12} median: {row[0]:2.0f} nodes, R² on the points {row[1]:.3f}, "
          f"1 − R² to the truth {row[2]:.3f}")  # fmt: skip
    lab.record(**{f"bloat_{name.replace(' ', '_')}": row})

# %% [markdown]
# Without a price the formulas grow (**bloat**, right), come nearer to the points, and go further
# from the truth: they have fitted the noise. Beyond the points it is a lottery, and nothing on the
# points tells which one explodes.
#
# An honest regressor therefore does not return *the* formula but all those that no shorter one
# beats: the **Pareto front** of error and length, in the package `reg.equations_`. Here it is for
# $\Delta\dot\theta = 0.75\sin\theta + 0.15\,u$ and 25 noisy points. Another 25 are **held back**:
# the fit does not see them, and they only judge.

# %%
x, y = contests.noisy_points(25, 0.1, np.random.default_rng(SEED))
x_held, y_held = contests.noisy_points(25, 0.1, np.random.default_rng(SEED + 1000))
regressor = SymbolicRegressor(
    method="prior", max_time=None, n_candidates=128, random_state=SEED, feature_names=names
).fit(x, y)
front = []
for row in sorted(regressor.equations_, key=lambda row: (row["complexity"], row["loss"])):
    if not front or row["loss"] < front[-1]["loss"]:  # rounding its numbers may cost one its place
        front.append(row | {"held": np.mean((row["expression"](x_held) - y_held) ** 2)})
style.show_figure(
    figures.front(front, regressor.equations_[0], noise=0.1),
    "Error over nodes. On the points fitted it falls with every node, on those held back to about "
    "the noise and no further; the package's choice, in a ring, stands there.",
)
for row in front:
    print(f"{row['complexity']:>5} nodes: {row['equation'][:70]}")
lab.record(front_errors=[row["loss"] for row in front])

# %% [markdown]
# On its own points the error falls with every node. Once it is below the dotted noise, what is
# fitted *is* the noise, and the error on points held back falls no further. Look also at *which*
# formula was chosen: within $|\theta| < 1.5$ and with this noise $\tanh\theta$ and $\sin\theta$ are
# hard to tell apart. Length can be judged from such data; the form, not always.
#
# If there are no points to spare, one can correct the error for the numbers that were fitted to it.
# Akaike's criterion for small samples (Hurvich and Tsai, 1989) is
#
# $$\text{AICc} = n \ln\frac{\text{RSS}}{n} + 2k + \frac{2k(k+1)}{n-k-1},$$
#
# with $n$ points, the sum RSS of squared residuals, and $k$ fitted numbers: the constants of the
# formula **plus one** for the noise variance, which is estimated too. The smallest value wins.
#
# ### Exercise 4 · AICc (medium, required, 8 min)
#
# Write the criterion.
#
# <details><summary>Hint 1: the idea</summary>
# The first term rewards the fit, the other two charge for the numbers. All three need n and
# k.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Count k once, at the top: the constants and the variance. RSS is the sum of the squared residuals;
# np.log is the natural logarithm.</details>


# %%
def aicc(residuals, n_constants):
    """(n,) residuals of a fit with so many constants -> the criterion, a number."""
    ### BEGIN SOLUTION
    n, k = len(residuals), n_constants + 1
    return n * np.log(np.sum(residuals**2) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    ### END SOLUTION


# %% tags=["check"]
aicc = checks.exercise("04.4", aicc)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# n, k = len(residuals), n_constants + 1
# return n * np.log(np.sum(residuals**2) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
# ```
#
# A number that is fitted lowers the error even if it is useless, on average by about what 2k gives
# back. With few points it lowers it more, and the last term grows without bound as k approaches n.
# </details>
#
# One draw of noise proves nothing. So: many draws, a front each (from `sparse`, which is fast), and
# four ways to choose from it; the second is yours. *Error* is the distance to the true law on fresh
# points from the same region.


# %%
def mean_square(x, y):
    return lambda expression: np.mean((expression(x) - y) ** 2)


rules = {"least error": [], "AICc (yours)": [], "held back": [], "package": []}
for k in range(budget.draws):
    draw = np.random.default_rng([SEED, k])
    (x, y), (x_held, y_held) = (contests.noisy_points(25, 0.1, draw) for _ in range(2))
    error = mean_square(*contests.noisy_points(200, 0.0, draw))
    regressor = SymbolicRegressor(method="sparse", max_time=None).fit(x, y)
    front = [row["expression"] for row in regressor.equations_]  # the package's choice first
    for name, score in zip(rules, (
        mean_square(x, y), lambda e, x=x, y=y: aicc(e(x) - y, len(e.constants)),
        mean_square(x_held, y_held), front.index,
    ), strict=True):  # fmt: skip
        expression = min(front, key=score)
        rules[name].append((expression.complexity, np.sqrt(error(expression))))
rules = {name: np.array(rows) for name, rows in rules.items()}
style.show_figure(
    figures.choices(rules, true_nodes=8),
    "Dots for draws, bars for medians, four rules. Left: the least error takes the longest "
    "formulas. Right: the errors overlap widely.",
)
for name, rows in rules.items():
    (nodes, error), long = np.median(rows, axis=0), np.mean(rows[:, 0] > 8)
    print(f"{name:<13} longer than the truth in {long:4.0%}; medians: "
          f"{nodes:2.0f} nodes, error {error:.3f} rad/s")  # fmt: skip
    lab.record(**{f"choice_{name.split()[0]}": [nodes, error, long]})

# %% [markdown]
# Each dot is a draw, each bar a median. The least error always takes the longest formula of the
# front, and pays for it on fresh points. Your AICc takes shorter ones, yet often too long ones. It
# charges for numbers that were *fitted*; it knows nothing of the hundred functions that these few
# terms were *chosen* from, and the best of many useless terms looks useful by chance. The package's
# price, which counts nodes as well, and points held back are stricter. (Points held back are not
# free: they are 25 more measurements.) In the error the three differ by less than one draw differs
# from the next; it would be a surprise to see one of them win everywhere.
#
# ## 7 · Beyond the data, in numbers
#
# *Why bother with formulas at all?* Back to section 1. Two more models make the comparison fairer:
# a formula of the *wrong* form, $c_1\theta + c_2\theta^3$, and a network that is given $\sin\theta$
# and $\cos\theta$ instead of $\theta$. **Predict** their places.

# %%
cubic = contests.cubic(seen, change)
informed, informed_size = contests.train_network(
    seen, change, budget.updates, SEED, lambda x: np.column_stack([np.sin(x), np.cos(x)])
)
contest = {
    "polynomial": (models["polynomial"], 8), "network": (network, network_size),
    "formula, wrong form": (cubic, len(cubic.constants)),
    "network of sin, cos": (informed, informed_size),
    "formula found": (found.predict, len(found.expression().constants)),
}  # fmt: skip
distance, errors = np.linspace(0, 7, 141)[:, None], {}
for name, (predict, numbers) in contest.items():
    sides = [np.abs(predict(x) - law(x[:, 0])) for x in (distance, -distance)]
    errors[name] = np.maximum(*sides)
    inside, far = (np.sqrt(np.mean(errors[name][place] ** 2))
                   for place in (distance[:, 0] <= 1.2, distance[:, 0] >= 2.4))  # fmt: skip
    print(f"{name:<20} {numbers:>5} numbers; rms error: inside {inside:.4f}, "
          f"far {far:8.4g} rad/s")  # fmt: skip
    lab.record(**{f"beyond_{name.replace(',', '').replace(' ', '_')}": [inside, far]})
style.show_figure(
    figures.beyond(distance[:, 0], errors),
    "Error over the angle, logarithmic. All are small in the grey band. Outside the polynomial "
    "grows fastest, then the wrong form; the formula found has no error.",
)

# %% [markdown]
# (*Inside*: up to 1.2 rad, *far*: from 2.4 to 7 rad.) In the grey band all five are alike, with
# errors at or below the noise. Outside, not the number of parameters decides but the form. The
# polynomial and the formula of the wrong form run away: to be short and readable did not help. The
# plain network levels off somewhere. The network of sines and cosines does far better: it was
# *given* the form. The formula found is right everywhere, because the true term was in its library,
# and the price for length preferred it. If the alphabet can spell the law, one gets the law;
# otherwise one gets a fit.
#
# ## 8 · What it cannot do (optional)
#
# **Missing operators.** Dry friction pushes against the motion with the same force at every speed:
# it needs the sign of $\dot\theta$, which is not in the library. What does sparse regression do,
# with no noise at all?

# %%
draw = np.random.default_rng(SEED)
x = draw.uniform([-np.pi, -8, -2], [np.pi, 8, 2], (300, 3))
rubbed = 0.75 * np.sin(x[:, 0]) + 0.15 * x[:, 2] - 0.4 * np.sign(x[:, 1])
for title, points, columns in (
    ("without the sign", x, NAMES),
    ("with it as a feature", np.column_stack([x, np.sign(x[:, 1])]), (*NAMES, "sign")),
):
    regressor = SymbolicRegressor(method="sparse", max_time=None, feature_names=columns)
    best = regressor.fit(points, rubbed).equations_[0]
    print(f"{title}: R² {best['r2']:.5f}, {best['complexity']} nodes\n    {best['equation'][:72]}")
    lab.record(**{f"friction_{title.split()[0]}": best["r2"]})

# %% [markdown]
# It builds a long substitute from what it has, and stays wrong. The remedy is not more search but a
# better alphabet: one feature made by hand. The sign to watch for is a long formula that is still
# not exact.
#
# **Numbers that the data do not determine.** Two skeletons, and the landscape of their error:

# %%
line, near = np.linspace(-3, 3, 80), np.linspace(-0.3, 0.3, 80)
both, short = np.sin(2 * line) + np.sin(3 * line), 0.75 * np.sin(near)
frequencies, factors = np.linspace(0.5, 4.5, 81), np.linspace(0.2, 3, 81)
twins = [[1 - r2(both, np.sin(a * line) + np.sin(b * line)) for a in frequencies]
         for b in frequencies]  # fmt: skip
valley = np.array([[1 - r2(short, w * np.sin(c * near)) for c in factors] for w in factors])
style.show_figure(
    figures.valleys(twins, valley, frequencies, factors),
    "Left: two equal dark spots with stars, mirrored at the diagonal. Right: one long dark valley "
    "along which the product of w and c is the same; the star stands in it.",
)
half = np.argmin(np.abs(factors - 0.5))
print(f"c = {factors[half]:.2f}: 1 − R² = {valley[:, half].min():.1e} at w = "
      f"{factors[valley[:, half].argmin()]:.2f}")  # fmt: skip
lab.record(valley=valley[:, half].min())

# %% [markdown]
# Left: exchange the two numbers and nothing changes. Both stars are right. Right: near the origin
# $\sin(c\theta) \approx c\theta$, so only the product $w\,c$ is determined, and a whole valley of
# formulas fits. No regressor can know which of them is right, and beyond ±0.3 rad they disagree.
#
# **Too much noise, too few points.** In how many draws are exactly the two right terms found?

# %%
levels, amounts = (0.02, 0.1, 0.2, 0.4), (10, 20, 50, 150)
tries = max(2, budget.draws // 6)
shares = [[contests.recovered(n, noise, tries, SEED) for n in amounts] for noise in levels]
print("noise (rad/s)   points:", *(f"{n:5d}" for n in amounts))
for noise, row in zip(levels, shares, strict=True):
    print(f"{noise:<23}", *(f"{share:5.0%}" for share in row))
lab.record(recovered=shares)

# %% [markdown]
# Noise and points trade against each other: the border runs along the diagonal. Where the noise is
# of the size of the term itself (the torque's part has a standard deviation of
# $0.15 \cdot 2/\sqrt{3} = 0.17$ rad/s), only many points help.
#
# ## Quick quiz
#
# <details><summary>How does symbolic regression differ from fitting the parameters of a fixed
# form?</summary> It searches for the form, too, in a discrete space of trees, and fits numbers for
# each form that it tries. So it can come out with the law itself, and it needs a price for
# length.</details>
#
# <details><summary>The skeleton is right but R² is 0.1. What has happened?</summary>
# The inner constants sit in a side valley. Try more starts, or a better guess.</details>
#
# <details><summary>Why is sin(2x) harder for sparse regression than 2·sin(x)?</summary>
# The 2 in front is an outer number, solved for at once. The 2 inside is an inner one: the library
# must contain that very column.</details>
#
# <details><summary>Your regressor explains the next state with R² = 0.995. Are you
# pleased?</summary> Not before comparing with "nothing changes".</details>
#
# ## What to remember
#
# - A formula is a tree, a tree is a prefix sequence; a subtree is a contiguous piece of it.
# - Outer numbers are solved for; inner numbers are searched for, from several starts.
# - Fit increments, and compare every $R^2$ with "nothing changes" and with the noise.
# - Know your cheap baselines: sparse regression, then blind search at equal CPU time.
# - The front of error and length is the result; noise and points held back say where to stop.
# - Only the right form extrapolates, and only data that show the form can tell it.
#
# ## What next
#
# Blind search was drawn from a distribution over formulas: notebook 05 builds it, and notebook 06
# trains a transformer to do better than blind. [Notebook 10](10_symbolic_mbpo.ipynb) uses what it
# finds to learn a policy.
#
# ## References
#
# - J. R. Koza, *Genetic Programming: On the Programming of Computers by Means of Natural
#   Selection*, MIT Press, 1992.
# - S. L. Brunton, J. L. Proctor, J. N. Kutz, *Discovering governing equations from data by sparse
#   identification of nonlinear dynamical systems*, PNAS 113(15), 2016.
# - G. H. Golub, V. Pereyra, *The differentiation of pseudo-inverses and nonlinear least squares
#   problems whose variables separate*, SIAM Journal on Numerical Analysis 10(2), 1973.
# - C. M. Hurvich, C.-L. Tsai, *Regression and time series model selection in small samples*,
#   Biometrika 76(2), 1989.
# - N. Q. Uy et al., *Semantically-based crossover in genetic programming: application to
#   real-valued symbolic regression*, Genetic Programming and Evolvable Machines 12(2), 2011.
# - A. Gorodetskiy, K. Mironov, A. Panov, *Model-based Policy Optimization using Symbolic World
#   Model*, arXiv:2407.13518, 2024.
