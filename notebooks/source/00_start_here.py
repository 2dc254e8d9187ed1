# %% [markdown]
# # 00 · Start here
#
# This course teaches one idea from the ground up: **learn the equations of a world from a few
# seconds of experience, then learn to act by practising in those equations**. It follows
# Gorodetskiy, Mironov and Panov,
# [*Model-based Policy Optimization using Symbolic World Model*](https://arxiv.org/abs/2407.13518)
# (2024).
#
# **You will be able to**
# - see that your set-up works;
# - find your way through the course;
# - run the whole method with one call, and read what it leaves behind.
#
# **Before you start:** Python, NumPy, and the idea of a gradient.
# **Time:** about 1 minute of computing, on two cores.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import numpy as np
from IPython.display import Math, display

from symtut import make_task, train
from symtut.doctor import doctor
from symtut.lab import checks, curves, films, style

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(profile="smoke", every=150),
    lab=dict(profile="default", every=1000),
    paper=dict(profile="default", every=250),
)

# %% [markdown]
# ## 1 · Is everything there?
#
# `symtut doctor` on the command line asks the same questions.

# %%
problems = doctor()
lab.record(doctor=problems)

# %% [markdown]
# ## 2 · What you will build
#
# A pendulum hangs down. Its motor is too weak to lift it in one go: it has to swing. The learner
# may watch it for **200 steps, ten seconds**, pushed at random. Then the real pendulum is taken
# away, and only what was learned from those ten seconds is left.
#
# The next cell does all of it: collects the steps, finds the equations, practises in them. It
# takes about a minute.

# %%
result = train(
    task="pendulum",
    method="symbolic",
    steps=200,
    seed=SEED,
    out=lab.workspace() / "pendulum",
    profile=budget.profile,
    evaluate_every=budget.every,
    proposer="transformer",  # alone; else a library of terms is asked before it
)

# %% [markdown]
# These are the equations that it practised in, found by a transformer that reads points and writes
# formulas:

# %%
for equation in result.equations:
    display(Math(equation["latex"]))

# %% [markdown]
# They come from the data alone. Gymnasium's source code, which the learner never saw, says
# $\Delta\dot\theta = 0.75\sin\theta + 0.15\,u$ and
# $\Delta\theta = 0.05\,\dot\theta + 0.0375\sin\theta + 0.0075\,u$.
#
# And this is the policy, on the real pendulum, beside one that pushes at random. The green arc is
# the torque.


# %%
generator = np.random.default_rng(SEED)
pendulum = make_task("pendulum")
at_random = films.play(pendulum, lambda observation: generator.uniform(-2, 2, 1), SEED)
trained = films.play(pendulum, result.policy(), SEED)
lab.record(final_return=result.final_return, film_return=trained[2])
films.pendulum(
    np.stack([at_random[0], trained[0]]),
    np.stack([at_random[1], trained[1]]),
    titles=[f"random: {at_random[2]:.0f}", f"trained: {trained[2]:.0f}"],
)

# %% [markdown]
# The numbers are returns: minus the summed distance from standing upright at rest. How the policy
# got there:

# %% tags=["hide-input"]
curve = {name: [row[name] for row in result.curve] for name in result.curve[0]}
axes = curves.learning_curve(
    curve["gradient_updates"], curve["mean_return"], curve["std_return"],
    label="symbolic, 200 real steps", xlabel="gradient updates, all in imagination",
    marks=[(pendulum.best_return, "best possible")],
)  # fmt: skip
axes.set_title("Mean return in the real environment, 100 fixed starts")
axes.legend(loc="lower right")
style.show_figure(
    axes.figure,
    "Mean return over gradient updates, with a band over the starts: it rises from the level of a "
    f"policy that cannot swing up to {result.final_return:.0f}, near the dotted line of the best "
    "possible.",
)
print(f"mean real return {result.final_return:.1f} after {result.summary['env_steps']} real steps")

# %% [markdown]
# ## 3 · The map
#
# <!-- course map -->
# <!-- end of the course map -->
#
# *After* names the notebooks that one builds on. *Minutes* are those of reading and exercises: at
# 180 words and 15 lines of code a minute, a minute for each *Predict* and each figure, and for an
# exercise what its heading says. What stands behind a + is optional.
#
# If you know reinforcement learning, open 10. A word that you do not know may stand in the
# [glossary](../docs/glossary.md).
#
# ## 4 · How the notebooks work
#
# - **Profiles.** `PROFILE` in the parameters cell sets the budget: `smoke` (a test run), `lab`
#   (yours), `paper` (long).
# - **Exercises.** In the folder `exercises` the solutions are cut out. A check follows each: it
#   says *right*, *not done yet*, or what is wrong; then the reference stands in, so the rest of
#   the notebook runs in any case. Here is one to try it on.
#
# ### Exercise 1 · Upright (easy, required, 5 min)
#
# The environment shows $(\cos\theta, \sin\theta, \dot\theta)$ with $\theta = 0$ upright. Recover
# $\theta$ in $(-\pi, \pi]$.
#
# <details><summary>Hint 1: the idea</summary>
# Cosine and sine are the two coordinates of a point on a circle; the angle is its direction. One of
# the two alone does not tell left from right, or up from down.</details>
#
# <details><summary>Hint 2: the structure</summary>
# np.arctan2 takes the sine first, then the cosine; columns 1 and 0.</details>


# %%
def angle(observation):
    """(N, 3) observations -> (N,) angles in rad, 0 upright."""
    ### BEGIN SOLUTION
    return np.arctan2(observation[:, 1], observation[:, 0])
    ### END SOLUTION


# %% tags=["check"]
angle = checks.exercise("00.1", angle)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return np.arctan2(observation[:, 1], observation[:, 0])
# ```
#
# The function of two arguments looks at both signs, so it knows all four quarters of the circle.
# The sine divided by the cosine knows two, and divides by zero when the pendulum is level.
# </details>
#
# ## Quick quiz
#
# <details><summary>How many real steps did the policy above see?</summary>
# 200, all by a random policy. Everything else was imagined in the two equations; the real returns
# in the figure were measured for you, not for the learner.</details>
#
# <details><summary>Why can practice in equations replace practice in the world?</summary>
# Because these equations hold where the data never were. How one knows that without looking is
# the subject of notebook 10.</details>
#
# ## What to remember
#
# Experience → equations → practice in the equations → a policy. The model is readable, and it
# extrapolates if its form is right.
#
# ## What next
#
# [Notebook 10](10_symbolic_mbpo.ipynb) takes the one call apart.
