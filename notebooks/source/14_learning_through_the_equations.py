# %% [markdown]
# # 14 · Learning through the equations
#
# An equation can be differentiated; a real pendulum cannot, and most simulators do not offer it. So
# with equations a policy can be improved without trial and error: ask the chain rule by how much
# the return of a whole imagined rollout changes with each weight of the policy, and move the
# weights that way. This is the **analytic policy gradient** (APG). In this notebook you write it,
# and it learns to swing the pendulum up in seconds.
#
# **You will be able to**
# - differentiate a reward through one step of an equation by hand, and through many by
#   backpropagation;
# - say how far ahead a gradient can be trusted, in equations and in a network;
# - write an analytic policy gradient, and say which of its parts are precautions;
# - act by planning in the equations, with no learning at all, and say what each decision costs;
# - recognise worlds and rewards in which the gradient is wrong or zero, and mend one.
#
# **Before you start:** notebook [10](10_symbolic_mbpo.ipynb) for the equations and the loop;
# derivatives of a function of a function; a training loop in PyTorch.
# **Time:** about 2 minutes of computing, on one core.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import time

import numpy as np
import torch
from IPython.display import Math, display

from symtut import make_task
from symtut.experiments import evaluate
from symtut.lab import checks, films, style
from symtut.lab.scenes import nb14_figures as figures
from symtut.lab.scenes import nb14_learners as learners
from symtut.lab.scenes import nb14_rough_worlds as rough
from symtut.tasks import EVALUATION_SEEDS

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(sac=40, apg=8, updates=10, network_updates=40, episodes=4, plans=1),
    lab=dict(sac=8000, apg=150, updates=100, network_updates=2000, episodes=100, plans=10),
    paper=dict(sac=8000, apg=150, updates=200, network_updates=5000, episodes=100, plans=100),
)  # fmt: skip

# %% [markdown]
# ## 1 · Two learners in the same equations
#
# *Why another learner?* Because SAC does not look inside the world model. It tries actions, sees
# rewards, and has to find out from many samples which action was better. That is all one can do in
# a real world. But our world model is two short equations, found from 200 random steps:

# %%
STEPS = 200  # real steps: one episode, ten seconds of pendulum

task = make_task("pendulum")
loops = {name: learners.loop_of(task, STEPS, SEED, name.lower()) for name in ("SAC", "APG")}
model = loops["SAC"].model  # the other loop has found the same from the same steps
for equation in loops["SAC"].report.equations:
    display(Math(equation["latex"]))
print(f"fitted in {loops['SAC'].report.cpu_seconds:.1f} CPU-seconds")

# %% [markdown]
# Both learners below practise in these equations and nowhere else. Both are the ones of
# `symtut train`, with the settings that they have there (`--learner sac` and `--learner apg`). We
# look at their real returns now and then; nothing is learned from that.
#
# **Predict:** SAC will need some tens of CPU-seconds to solve the pendulum (a mean return of −160).
# How many does a learner need that is told the slope?

# %%
starts_of_evaluation = EVALUATION_SEEDS[: budget.episodes]


def real_return(act):
    """Mean real return of a policy: observations (B, O) -> actions (B, A) in [-1, 1]."""
    return evaluate(task, act, starts_of_evaluation).mean


updates = {"SAC": budget.sac, "APG": budget.apg}
curves = {
    name: learners.practise(loop, updates[name], 16, real_return) for name, loop in loops.items()
}
style.show_figure(
    figures.returns_over_time(curves, task.solved_return, task.best_return),
    "Real return over CPU-seconds, logarithmic. APG is at the solved return within seconds, "
    "SAC several times later; both end close to the best possible return.",
)


def seconds_to(curve, level):
    """CPU-seconds to the first return of at least ``level``; None if it was not reached."""
    there = curve[:, 1] >= level
    return float(curve[np.argmax(there), 0]) if there.any() else None


solved_after = {name: seconds_to(curve, task.solved_return) for name, curve in curves.items()}
for name, seconds in solved_after.items():
    reached = "not reached" if seconds is None else f"reached after {seconds:.1f} CPU-s"
    print(f"{name}: {task.solved_return:g} {reached}, in the end {curves[name][-1, 1]:.1f}")
lab.record(solved_after=solved_after, final={n: c[-1, 1] for n, c in curves.items()})

# %% [markdown]
# Mind the logarithmic axis. SAC's return stays low for the first points, 500 updates each, while
# its critic learns, and then rises; APG's rises almost at once. The equations are the same, and so
# is the shape of the policies. The difference is what a learner gets from the model: SAC gets
# samples of what happens, APG gets slopes. (One seed is an anecdote, and seconds depend on the
# machine: change `SEED` and look whether the order stays.)
#
# ## 2 · The chain rule through one step
#
# *What is the slope of a reward?* Take one step, by hand. With the velocity's and the angle's
# equation written as
#
# $$\dot\theta' = \dot\theta + a\sin\theta + b\,u, \qquad \theta' = \theta + h\,\dot\theta',$$
#
# the torque $u$ moves the new velocity $\dot\theta'$, and through it the new angle $\theta'$. The
# reward of a step is $-(\theta^2 + 0.1\,\dot\theta^2 + 0.001\,u^2)$, for the state in which the
# step *begins*. So the torque is paid at once, and what it does to the state is paid one step
# later. With no torque in the second step, both rewards together are
#
# $$J(u) = -0.001\,u^2 + \text{(a part without } u) - \theta'^2 - 0.1\,\dot\theta'^2 .$$
#
# The numbers $a$, $b$, $h$ stand in the equations above. The model itself tells them, too. From
# rest at $\theta = \pi/2$ the new velocity is $a$; from upright under a torque of 1 it is $b$; and
# a velocity of 1 at upright moves the angle by $h$.

# %%
probes = torch.tensor([[np.pi / 2, 0.0], [0.0, 0.0], [0.0, 1.0]])  # states (θ, θ̇)
pushes = torch.tensor([[0.0], [1.0], [0.0]])
after = model.predict(probes, pushes)
a, b, h = after[0, 1].item(), after[1, 1].item(), after[2, 0].item()
print(f"a = {a:.4f}, b = {b:.4f}, h = {h:.4f} s")

# %% [markdown]
# ### Exercise 1 · The slope by hand (easy, required, 8 min)
#
# Derive $\mathrm{d}J/\mathrm{d}u$ with pencil and paper, and write it down. There are three paths
# from $u$ to $J$.
#
# <details><summary>Hint 1: the idea</summary>
# One path is direct (the price of the torque), one goes through the new velocity, one through the
# new velocity and then the new angle. The slope is the sum over the paths; along a path slopes
# multiply.</details>
#
# <details><summary>Hint 2: the structure</summary>
# First compute the new velocity and the new angle. Then dθ̇'/du is b, and dθ'/du is h times that.
# The three terms are −0.002 u, −2 θ' dθ'/du and −0.2 θ̇' dθ̇'/du.</details>


# %%
def slope_by_hand(theta, theta_dot, u, a, b, h):
    """Arrays (N,) of angles (rad), velocities (rad/s), torques (N m); numbers a, b, h.

    Returns dJ/du, (N,). No automatic differentiation.
    """
    ### BEGIN SOLUTION
    new_velocity = theta_dot + a * np.sin(theta) + b * u
    new_angle = theta + h * new_velocity
    through_velocity = -0.2 * new_velocity * b
    through_angle = -2 * new_angle * h * b
    return -0.002 * u + through_velocity + through_angle
    ### END SOLUTION


# %% tags=["check"]
slope_by_hand = checks.exercise("14.1", slope_by_hand)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# new_velocity = theta_dot + a * np.sin(theta) + b * u
# new_angle = theta + h * new_velocity
# through_velocity = -0.2 * new_velocity * b
# through_angle = -2 * new_angle * h * b
# return -0.002 * u + through_velocity + through_angle
# ```
#
# Each path from $u$ to $J$ contributes the product of the slopes along it, and the paths add up.
# The angle's path has two links, so it carries one factor more, $h$: a push moves the angle twenty
# times less than the velocity within one step.
# </details>
#
# Backpropagation does the same by machine. It walks the computation from the reward back to the
# torque and multiplies and adds slopes on the way. Here are both, in five states:

# %%
generator = torch.Generator().manual_seed(SEED)
state = (2 * torch.rand(5, 2, generator=generator) - 1) * torch.tensor([2.5, 4.0])
u = (4 * torch.rand(5, 1, generator=generator) - 2).requires_grad_()


def two_rewards(state, u):
    """(B, S), (B, 1) -> (B,): the reward of a step with u and of the next one without."""
    following = model.predict(state, u)
    return task.reward(state, u, following) + task.reward(following, 0 * u, following)


(by_machine,) = torch.autograd.grad(two_rewards(state, u).sum(), u)
numbers = [x.detach().double().numpy() for x in (state[:, 0], state[:, 1], u[:, 0])]
by_hand = slope_by_hand(*numbers, a, b, h)
print(f"{'state':>6}{'by hand':>10}{'by machine':>12}")
for i, (mine, its) in enumerate(zip(by_hand, by_machine[:, 0], strict=True)):
    print(f"{i + 1:>6}{mine:10.4f}{its:12.4f}")
worst = np.abs(by_hand - by_machine[:, 0].numpy()).max()
print(f"largest difference {worst:.0e}")
lab.record(hand_against_machine=worst)

# %% tags=["hide-input"]
torques = torch.linspace(-2, 2, 41)
with torch.no_grad():
    lines = [two_rewards(s.expand(len(torques), 2), torques[:, None]).numpy() for s in state[:3]]
    values = two_rewards(state, u).numpy()
style.show_figure(
    figures.tangents(torques.numpy(), lines, numbers[2][:3], values[:3], by_hand[:3]),
    "Reward of two steps over the torque in three states: nearly straight curves, one rising, one "
    "falling, one flat. A dashed line with your slope touches each of them.",
)

# %% [markdown]
# The dashed lines have *your* slopes and touch the curves. After one step the reward is a flat
# parabola of the torque: nothing in it says "swing up". What a push is good for shows many steps
# later. So we need the chain rule through many steps.
#
# ## 3 · Through many steps
#
# *How far ahead can a gradient see?* A policy $\pi$ with weights $w$ acts in a rollout of $H$
# steps, and the return of it is
#
# $$\begin{gathered} J(w) = \sum_{t=0}^{H-1} \gamma^t\, r(s_t, a_t, s_{t+1}), \\
# a_t = \pi_w(s_t), \quad s_{t+1} = f(s_t, a_t). \end{gathered}$$
#
# A weight acts on every action, every action on all later states. Nobody wants to write these paths
# down. It is enough to write the *rollout*, in differentiable operations; backpropagation finds the
# paths. First the policy, a network from the observation $(\cos\theta, \sin\theta, \dot\theta)$ to
# a torque. The tanh keeps the torque within ±2 N m, and is smooth.


# %%
class Policy(torch.nn.Module):
    """States (B, 2) -> torques (B, 1) in N m."""

    def __init__(self, seed, hidden=128):
        super().__init__()
        torch.manual_seed(seed)
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(3, hidden), torch.nn.ReLU(),
            torch.nn.Linear(hidden, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 1),
        )  # fmt: skip

    def forward(self, state):
        seen = task.observation_from_state(state) / torch.tensor([1.0, 1.0, 4.0])  # similar sizes
        return 2 * torch.tanh(self.layers(seen))

    @torch.no_grad()
    def unit_action(self, observation):
        """As `evaluate` asks for it: (B, 3) -> (B, 1) in [-1, 1]."""
        return self(task.state_from_observation(observation)) / 2


# %% [markdown]
# ### Exercise 2 · The return of a rollout (medium, required, 8 min)
#
# Roll the policy out in a model and add up the discounted rewards, so that gradients can flow
# through all of it.
#
# <details><summary>Hint 1: the idea</summary>
# It is the loop of every simulation: act, step, collect, go on from the new state. Do nothing that
# cuts the graph: no <code>.detach()</code>, no <code>.item()</code>, no NumPy, no
# <code>torch.no_grad()</code>.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Begin with total = 0 (a number takes the type of what is added). For each t in range(horizon):
# action from the policy, following from step, add gamma to the power t times the reward of (state,
# action, following), then state becomes following.</details>


# %%
def imagined_return(step, reward, policy, state, horizon, gamma):
    """Return of one rollout from each state: (B, S) -> (B,), differentiable.

    policy : (B, S) -> (B, A); step : (B, S), (B, A) -> (B, S);
    reward : (B, S), (B, A), (B, S) -> (B,), of a state, the action in it, and the state after it.
    """
    ### BEGIN SOLUTION
    total = 0
    for t in range(horizon):
        action = policy(state)
        following = step(state, action)
        total = total + gamma**t * reward(state, action, following)
        state = following
    return total
    ### END SOLUTION


# %% tags=["check"]
imagined_return = checks.exercise("14.2", imagined_return)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# total = 0
# for t in range(horizon):
#     action = policy(state)
#     following = step(state, action)
#     total = total + gamma**t * reward(state, action, following)
#     state = following
# return total
# ```
#
# The gradient comes for free because every line is an operation that torch can differentiate, and
# the state carries the graph from step to step. A single `.detach()` on the state would leave each
# action responsible for its own step only, and after one step there is nothing to be learned.
# </details>
#
# ### Gradients grow
#
# The slope of a late state by an early action is a product of as many factors as there are steps
# between them. Notebook 13 found a factor of about 1.21 a step near upright. So gradients may
# explode, as in recurrent networks. Below: the gradient of the mean return of 64 rollouts by all
# weights of a fresh policy, over the horizon, through four models. One is our equations. Three are
# networks of two hidden layers, fitted to the same 200 steps from different first weights. The
# simulator's own equations, which no learner knows, serve as the truth.
#
# **Predict:** up to which horizon will the networks' gradients point where the simulator's does? A
# cosine of 1 is the same direction, 0 a right angle, −1 the opposite.

# %%
HORIZONS = (1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100)

data = loops["SAC"].transitions()[0]
models = {"equations": model.predict}
for i in (1, 2, 3):
    models[f"network {i}"] = learners.network(task, data, budget.network_updates, SEED + i)
fresh = Policy(SEED)
states = task.start_state(64, torch.Generator().manual_seed(SEED))


def gradient_by_weights(step, policy, horizon):
    """The gradient of the mean return by all weights, as one vector."""
    value = imagined_return(step, task.reward, policy, states, horizon, 1.0).mean()
    pieces = torch.autograd.grad(value, list(policy.parameters()))
    return torch.cat([piece.flatten() for piece in pieces])


truth = [gradient_by_weights(task.true_step, fresh, horizon) for horizon in HORIZONS]
norms, alike = {}, {}
for name, step in models.items():
    found = [gradient_by_weights(step, fresh, horizon) for horizon in HORIZONS]
    norms[name] = np.array([g.norm().item() for g in found])
    pairs = zip(found, truth, strict=True)
    alike[name] = np.array([torch.cosine_similarity(g, t, dim=0).item() for g, t in pairs])
style.show_figure(
    figures.gradients(HORIZONS, norms, alike),
    "Left, norms of the gradient, logarithmic, rise with the horizon by many orders of magnitude. "
    "Right, the equations' cosine stays at 1; the networks' leave it after about 40 steps.",
)
print(f"{'':<10} norm at 1 and 100 steps   cosine at 100   first below 0.9")
for name in models:
    wrong = [f"{hor} steps" for hor, c in zip(HORIZONS, alike[name], strict=True) if c < 0.9]
    print(f"{name:<10} {norms[name][0]:>12.1e} {norms[name][-1]:.1e} "
          f"{alike[name][-1]:>17.2f}   {(*wrong, 'never')[0]}")  # fmt: skip
lab.record(norms=norms, alike=alike, horizons=HORIZONS)

# %% [markdown]
# **The size explodes, in the equations as well.** The left axis is logarithmic: from 1 step to 100
# the norm grows by more than a hundred thousand. That is no error of the model, for the true
# gradient grows as much. An optimiser that moved by a fixed rate times this vector would hardly
# move at horizon 5 and jump at horizon 100. Hence a precaution: scale the gradient down to a fixed
# norm (**clipping**), so that its direction counts and not its size.
#
# **The direction is right in the equations at every horizon, in the networks only at short ones.**
# A network is fitted to values and not to slopes. Each step multiplies by another slightly wrong
# matrix of slopes (a Jacobian), and after some tens of steps the product points elsewhere, now and
# then the opposite way. What would surprise is a network whose cosine stays at 1 up to 100 steps.
#
# ## 4 · Write the learner
#
# *What is left to do?* Go uphill. One update draws start states, takes the gradient of their mean
# return, clips it, and lets Adam make a step. Two more precautions: a batch whose gradient is not
# finite is left out (one infinite number would spoil all weights for ever), and in the second half
# the learning rate falls to 0, so that the policy comes to rest.
#
# ### Exercise 3 · An analytic policy gradient (hard, required, 20 min)
#
# `objective(policy, states)` gives the returns (B,) of rollouts from `states`; it will call your
# function of exercise 2. There are $U$ updates. Update $i = 0, 1, \dots, U - 1$ uses the batch
# `starts[i]` and multiplies the learning rate by $\min(1,\; 2\,(1 - i/U))$.
#
# <details><summary>Hint 1: the idea</summary>
# It is an ordinary training loop in PyTorch, with the negative mean return as the loss: optimisers
# go downhill. The clipping stands between backward and the step.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Make torch.optim.Adam(policy.parameters()) once. In the loop: set param_groups[0]["lr"]; mean
# return; zero_grad; backward of its negative; norm = torch.nn.utils.clip_grad_norm_(parameters,
# clip); optimizer.step() only if torch.isfinite(norm); append the mean return as a
# float.</details>


# %%
def apg(objective, policy, starts, learning_rate, clip):
    """Improve ``policy`` (a torch.nn.Module) in place, one update for each batch of starts.

    objective     : policy, (B, S) -> (B,), differentiable
    starts        : (U, B, S)
    learning_rate : of Adam, whose other settings are torch's defaults
    clip          : largest norm of the gradient of all weights together

    Returns the list of all U mean returns, floats, each from before its update.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(policy.parameters(), learning_rate)
    history = []
    for i, states in enumerate(starts):
        remaining = 1 - i / len(starts)
        optimizer.param_groups[0]["lr"] = learning_rate * min(1, 2 * remaining)
        mean_return = objective(policy, states).mean()
        optimizer.zero_grad()
        (-mean_return).backward()
        norm = torch.nn.utils.clip_grad_norm_(policy.parameters(), clip)
        if torch.isfinite(norm):
            optimizer.step()
        history.append(mean_return.item())
    return history
    ### END SOLUTION


# %% tags=["check"]
apg = checks.exercise("14.3", apg)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# optimizer = torch.optim.Adam(policy.parameters(), learning_rate)
# history = []
# for i, states in enumerate(starts):
#     remaining = 1 - i / len(starts)
#     optimizer.param_groups[0]["lr"] = learning_rate * min(1, 2 * remaining)
#     mean_return = objective(policy, states).mean()
#     optimizer.zero_grad()
#     (-mean_return).backward()
#     norm = torch.nn.utils.clip_grad_norm_(policy.parameters(), clip)
#     if torch.isfinite(norm):
#         optimizer.step()
#     history.append(mean_return.item())
# return history
# ```
#
# There is no critic, no replay buffer and no noise: SAC needs them to *estimate* a slope from
# samples, and here the slope is computed. What remains are precautions against its size (clip,
# falling rate) and against a batch that went wrong (the finite norm).
# </details>
#
# Now your learner gets the pendulum's equations. Rollouts begin anywhere: angles all the way round,
# velocities up to the bound of 8 rad/s. They last 35 steps, not the 200 of an episode.

# %%
HORIZON = 35


def random_starts(updates, seed, rollouts=128):
    """(updates, rollouts, 2) states, uniform over the whole plane."""
    unit = 2 * torch.rand(updates, rollouts, 2, generator=torch.Generator().manual_seed(seed)) - 1
    return unit * torch.tensor([np.pi, 8.0])


def objective_in(step, reward=task.reward, horizon=HORIZON):
    """What the learner climbs: the return of rollouts in a model, with a reward."""
    return lambda policy, states: imagined_return(step, reward, policy, states, horizon, 1.0)


watched = learners.Watched(objective_in(model.predict), every=budget.updates // 10)
policy = Policy(SEED)
history = apg(watched, policy, random_starts(budget.updates, SEED), 5e-3, 1.0)
watched.keep(policy)
curves["yours"] = watched.curve(lambda kept: real_return(kept.unit_action))
style.show_figure(
    figures.returns_over_time(curves, task.solved_return, task.best_return),
    "The figure of section 1 with a third line, yours: it rises to the solved return as steeply as "
    "APG's, long before SAC's.",
)
for name, curve in curves.items():
    print(f"{name:<6} {curve[-1, 0]:6.1f} CPU-s, mean real return {curve[-1, 1]:7.1f} "
          f"over {len(starts_of_evaluation)} starts")  # fmt: skip
lab.record(yours=curves["yours"][-1, 1], yours_seconds=curves["yours"][-1, 0],
           first_imagined=history[0], last_imagined=history[-1])  # fmt: skip

# %% [markdown]
# The line of `yours` is your code: about twenty lines, from the rollout to the Adam step, and no
# real step beyond the 200. It should rise as steeply as `APG`, far to the left of SAC; a line that
# stays low would mean that the gradient does not get through. `APG` is the same idea with two
# additions that other tasks need (units of the observations measured from the data, and a
# small cost that keeps the policy away from the flat ends of tanh); `symtut/agents/` has it in
# `analytic_gradient.py`. Here is your policy, from hanging at rest:

# %% tags=["report", "hide-input"]
before, mine = (
    films.play(
        task, lambda seen, p=p: 2 * p.unit_action(torch.tensor(seen).float()[None])[0].numpy(), SEED
    )
    for p in (fresh, policy)
)
films.pendulum(
    np.stack([before[0], mine[0]]), np.stack([before[1], mine[1]]),
    titles=[f"fresh: {before[2]:.0f}", f"yours: {mine[2]:.0f}"], size=150, every=3,
)  # fmt: skip

# %% [markdown]
# ### How long should a rollout be?
#
# Too short, and swinging up never pays within the rollout. Too long, and the gradient explodes.
# Both can be tried: your learner again, with other horizons and as many updates each. Then once
# more through network 1, at your horizon.
#
# **Predict:** which of the horizons 5, 15, 35 and 100 fails? And the network at 35 steps?

# %%
trials = {f"equations, {n} steps": (model.predict, n) for n in (5, 15, HORIZON, 100)}
trials[f"network 1, {HORIZON} steps"] = models["network 1"], HORIZON
by_horizon = {}
print(f"{'learned through':<22}{'real return':>12}{'CPU-s':>8}")
for name, (step, horizon) in trials.items():
    begun, tried = time.process_time(), Policy(SEED)
    apg(objective_in(step, horizon=horizon), tried, random_starts(budget.updates, SEED), 5e-3, 1.0)
    spent = time.process_time() - begun
    by_horizon[name] = real_return(tried.unit_action)
    print(f"{name:<22}{by_horizon[name]:12.1f}{spent:8.1f}")
growth = [gradient_by_weights(model.predict, p, 100).norm().item() for p in (fresh, policy)]
print(f"norm of the gradient at 100 steps: fresh policy {growth[0]:.1f}, yours {growth[1]:.1f}")
lab.record(by_horizon=by_horizon, norm_fresh=growth[0], norm_trained=growth[1])

# %% [markdown]
# *Too short*: within five steps a swing backwards costs something and pays nothing, so the policy
# does not learn to swing up. *Too long*: at 100 steps the gradient is still right, and the policy
# is worse after as many updates, which took three times as long. One likely reason: in the mean
# over a batch, the few rollouts with the largest gradients decide the direction.
#
# The network at 35 steps is about as good as the equations. That may disappoint; it agrees with the
# figure in section 3, where the networks' directions were right up to about 40 steps. From exact
# measurements of so small a world a network can be good enough. What it lacks is the reach.
#
# The last line says that the gradient of *your* policy no longer explodes. Under a policy that
# balances, deviations shrink from step to step instead of growing, and slopes with them.
#
# ## 5 · Planning: no learning at all
#
# *Is a policy needed?* The equations are cheap to ask. So one may decide anew in every step:
# imagine many sequences of torques from the present state, take the mean of the good ones, and
# apply its first torque. This is **model predictive control**. The variant here, MPPI (model
# predictive path integral, Williams et al. 2017), disturbs the last plan by noise and takes the
# mean of the disturbed plans, weighted by their returns.
#
# ### Exercise 4 · A better plan (medium, required, 8 min)
#
# $K$ plans are tried: $\text{plan} + \text{noise}_k$, cut to ±2 N m. Plan $k$ has the return $R_k$
# and the weight $w_k \propto \exp(R_k / \text{temperature})$; the weights sum to 1. The new plan is
# the weighted mean of the plans that were tried. Beware: $\exp(-1500)$ is 0 on a computer.
#
# <details><summary>Hint 1: the idea</summary>
# The weights are a softmax of the returns over the temperature: the best plan gets most, and with a
# high temperature all get about the same. torch.softmax subtracts the largest before it takes
# exponentials.</details>
#
# <details><summary>Hint 2: the structure</summary>
# tried = (plan + noise) cut to the bounds, (K, H, 1); weights = torch.softmax(returns_of(tried) /
# temperature, 0), (K,); the result is the sum over k of weights[k] · tried[k], (H, 1).</details>


# %%
def better_plan(returns_of, plan, noise, temperature):
    """MPPI: plan (H, 1) and noise (K, H, 1) in N m -> new plan (H, 1).

    returns_of : plans (K, H, 1) -> their returns (K,)
    """
    ### BEGIN SOLUTION
    tried = (plan + noise).clamp(-2, 2)
    weights = torch.softmax(returns_of(tried) / temperature, 0)
    return (weights[:, None, None] * tried).sum(0)
    ### END SOLUTION


# %% tags=["check"]
better_plan = checks.exercise("14.4", better_plan)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# tried = (plan + noise).clamp(-2, 2)
# weights = torch.softmax(returns_of(tried) / temperature, 0)
# return (weights[:, None, None] * tried).sum(0)
# ```
#
# Differences of returns count and not their level, so subtracting the largest changes nothing but
# keeps one exponential at 1. The mean is over what was tried (after the cut), because those are the
# plans whose returns we know.
# </details>
#
# Your function in the real pendulum. In each of the 200 decisions of an episode, 64 plans are
# imagined, and the first torque of the new plan is applied. What is left of the plan, with a 0 at
# its end, is where the next decision begins. No gradient is taken and nothing else is remembered.


# %%
@torch.no_grad()
def planned_episode(horizon, seed, plans=64, temperature=1.0):
    """(real return, CPU-milliseconds a decision) of one episode from an evaluation start."""
    generator, env = torch.Generator().manual_seed(seed), task.make_env()
    observation, total, spent, plan = env.reset(seed=seed)[0], 0.0, 0.0, torch.zeros(horizon, 1)
    for _ in range(task.horizon):
        begun = time.process_time()
        state = task.state_from_observation(torch.tensor(observation)[None]).expand(plans, 2)

        def returns_of(tried, state=state):
            sequence = iter(tried.unbind(1))  # a policy that plays what was planned
            play = lambda state: next(sequence)  # noqa: E731
            return imagined_return(model.predict, task.reward, play, state, horizon, 1.0)

        noise = torch.randn(plans, horizon, 1, generator=generator)
        plan = better_plan(returns_of, plan, noise, temperature)
        spent += time.process_time() - begun
        observation, reward, *_ = env.step(plan[0].numpy())
        total += float(reward)
        plan = torch.cat([plan[1:], torch.zeros(1, 1)])
    env.close()
    return total, 1000 * spent / task.horizon


# %% [markdown]
# **Predict:** a plan of how many steps is long enough for a swing-up? Your policy learned from 35.

# %%
PLANNED = (3, 8, 15, 30)  # steps of a plan
episodes = EVALUATION_SEEDS[: budget.plans]
played = np.array([[planned_episode(n, seed) for seed in episodes] for n in PLANNED])
same_starts = evaluate(task, policy.unit_action, episodes).mean
cost = played[:, :, 1].mean(1)
style.show_figure(
    figures.planning(PLANNED, played[:, :, 0], cost, same_starts),
    "Left, real returns over the length of the plan: low for 3 and 8 steps, close to your policy "
    "from 15 on. Right, bars of milliseconds a decision, which grow with the length.",
)
one = torch.zeros(1, 3)
begun = time.process_time()
for _ in range(200):
    policy.unit_action(one)
policy_cost = 1000 * (time.process_time() - begun) / 200
for n, returns, price in zip(PLANNED, played[:, :, 0].mean(1), cost, strict=True):
    print(f"plans of {n:>2} steps: {returns:7.1f}, {price:5.2f} CPU-ms a decision")
print(f"your policy:       {same_starts:7.1f}, {policy_cost:5.2f} CPU-ms a decision")
lab.record(planned=dict(zip(map(str, PLANNED), played[:, :, 0].mean(1), strict=True)),
           policy_same_starts=same_starts, plan_cost=cost, policy_cost=policy_cost)  # fmt: skip

# %% [markdown]
# Plans of 3 and 8 steps end before a swing backwards pays, and the pendulum is not swung up. From
# 15 steps on, planning comes close to your policy, and nothing was learned for it. It is paid for
# in every decision: compare the milliseconds. A decision costs more the longer the plan is, and the
# policy's cost does not depend on what lies ahead. What would surprise is that ever longer plans
# get ever better: 64 disturbed plans are few for a long one. Try 60 steps.
#
# `symtut show RUN --plan` plans like this in the equations of any finished run. Its planner
# (`symtut/agents/planning.py`) differs from yours in three points: noise that changes slowly from
# step to step, a temperature in units of the spread of the returns, and the undisturbed plan as one
# of those that are tried.
#
# ## 6 · Where the gradient says nothing
#
# *When would you not do this?* When a small change of an action changes the return by a jump, or
# not at all. Five worlds follow. In each, a policy with a single number, its gain, balances the
# pendulum for a second. The slope of the mean return by the gain is taken twice: through the
# rollouts by backpropagation, and by the difference of two mean returns over 20,000 starts, which
# is what an optimiser needs.
#
# **Predict:** in which of them do the two agree?

# %%
slopes = {world: rough.slopes(world, SEED) for world in rough.WORLDS}
print(f"{'world':<34}{'gradient':>10}{'difference':>12}")
for world, (by_gradient, by_difference) in slopes.items():
    print(f"{world:<34}{by_gradient:10.2f}{by_difference:12.2f}")
lab.record(slopes=slopes)

# %% [markdown]
# Only in the first. Where the reward is a step, or where it counts steps until the end, the
# gradient is 0, though more gain is plainly better: a slightly different angle earns exactly the
# same, until it crosses the edge. At the wall and under dry friction there is a gradient, and it is
# wrong. It knows how the motion changes between two impacts; it does not know that with a little
# more gain some rollouts miss the impact altogether. This is the dangerous case: a plausible
# number, and no error message. When in doubt, take the difference as well.
#
# A bound that cuts, like the speed limit of 8 rad/s, is harmless in comparison: nothing jumps, and
# only while the bound acts is the slope of the speed 0.
#
# ### Exercise 5 · A reward with a slope (easy, optional, 5 min)
#
# The wish "within 0.2 rad of upright" can be said softly: a reward that is ½ at the edge, rises to
# 1 inside and falls to 0 outside, over a width called softness $c$:
# $\sigma\!\left((\text{half width} - |\theta|) / c\right)$ with the logistic function
# $\sigma(x) = 1/(1 + e^{-x})$.
#
# <details><summary>Hint 1: the idea</summary>
# It is one line. torch has the logistic function, and the distance from upright is the absolute
# value of the angle.</details>
#
# <details><summary>Hint 2: the structure</summary>
# torch.sigmoid of (half_width minus the absolute angle), divided by the softness.</details>


# %%
def soft_upright(theta, half_width, softness):
    """Angles (B,) in rad -> rewards (B,) between 0 and 1, differentiable."""
    ### BEGIN SOLUTION
    return torch.sigmoid((half_width - theta.abs()) / softness)
    ### END SOLUTION


# %% tags=["check"]
soft_upright = checks.exercise("14.5", soft_upright)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return torch.sigmoid((half_width - theta.abs()) / softness)
# ```
#
# The step function has slope 0 everywhere but at its edge, so the gradient is 0 however wrong the
# policy is. The soft one has a slope wherever it is not yet flat, and the softness says how far
# from the edge that is.
# </details>
#
# Your learner with the hard reward, and with your soft one at three softnesses. All are judged by
# the hard one: the share of the time that the policy then spends within 0.2 rad of upright.
#
# **Predict:** is the softness that resembles the wish most, 0.05, the best one to learn from?

# %%
HALF_WIDTH, SOFTNESSES = 0.2, (0.05, 0.3, 2.0)


def soft_reward(softness):
    return lambda state, action, following: soft_upright(state[:, 0], HALF_WIDTH, softness)


def hard_reward(state, action, following):
    """1 within the half width; times an action's 0, so that a gradient exists, if only a 0."""
    return (state[:, 0].abs() < HALF_WIDTH).float() + 0 * action[:, 0]


@torch.no_grad()
def share_upright(policy):
    """Share of an episode in the simulator's equations within the half width, over 200 starts."""
    starts = task.start_state(200, torch.Generator().manual_seed(SEED))
    value = imagined_return(task.true_step, hard_reward, policy, starts, task.horizon, 1.0)
    return value.mean().item() / task.horizon


rewards = {"hard": hard_reward} | {f"soft, c = {c:g}": soft_reward(c) for c in SOFTNESSES}
shares = {}
for name, reward in rewards.items():
    learned = Policy(SEED)
    objective = objective_in(model.predict, reward)
    apg(objective, learned, random_starts(budget.updates, SEED), 5e-3, 1.0)
    shares[name] = share_upright(learned)
angles = torch.linspace(-np.pi, np.pi, 401)
seen = torch.stack([angles, torch.zeros(401)], 1)
shapes = {name: reward(seen, torch.zeros(401, 1), seen).numpy() for name, reward in rewards.items()}
style.show_figure(
    figures.soft_rewards(angles.numpy(), shapes, shares),
    "Left, a box round upright and three soft peaks, narrow to wide. Right, the time upright that "
    "each has taught: hardly any for the box, most of the time for the widest peak.",
)
print("time upright: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))
print(f"your policy from section 4: {share_upright(policy):.0%}")
lab.record(shares=shares)

# %% [markdown]
# The hard reward teaches nothing. The narrow soft one resembles the wish most and teaches little:
# it has a slope only within some tenths of a radian of upright, and a hanging pendulum is not
# there. The wide one has a slope everywhere, and its policy stays upright for most of the time,
# which is what was wished. (The order of the two narrower ones depends on the seed.) So a reward
# for gradients is chosen for its slope *where the policy is now*, and judged by the wish.
#
# ## 7 · When to use which
#
# The table collects what this notebook has measured, on one seed and this machine. A planner has
# nothing to learn: it can act at once, however well or badly.

# %% tags=["hide-input"]
rows = [
    ("SAC", curves["SAC"], "samples of any model, or none"),
    ("APG", curves["APG"], "gradients over tens of steps"),
    ("yours", curves["yours"], "the same"),
]
print(f"{'':<15}{'solved after':>12}{'the end':>9}{'a decision':>12}  needs")
for name, curve, needs in rows:
    seconds = seconds_to(curve, task.solved_return)
    when = "not reached" if seconds is None else f"{seconds:.1f} CPU-s"
    print(f"{name:<15}{when:>12}{curve[-1, 1]:9.1f}{policy_cost:9.2f} ms  {needs}")
for n, returns, price in zip(PLANNED, played[:, :, 0].mean(1), cost, strict=True):
    name = f"plans, {n} steps"
    print(f"{name:<15}{'at once':>12}{returns:9.1f}{price:9.2f} ms  a model that is fast to ask")

# %% [markdown]
# One seed is an anecdote. Stored runs (`benchmarks/learners.py`) have both learners on all three
# tasks with method `symbolic`, both on one core, one after the other. Their seconds are those of
# the whole run: the equations are fitted in them, too.
#
# **Predict:** on which task does the gradient gain most?

# %% tags=["hide-input"]
made, runs, stored = learners.stored_runs()
cells = {("pendulum", 200): -160.0, ("car2d", 300): -23.0, ("reacher", 500): -5.0}
style.show_figure(
    figures.ten_seeds(stored, cells),
    "Real return over CPU-seconds of stored runs, a panel a task: on all three the lines of APG "
    "rise to the threshold earlier than those of SAC.",
)
print(f"made on {made['date'][:10]} at commit {made['commit'][:7]}\n")
print(
    f"{'':<14}{'learner':<9}{'seeds':>5}{'reached':>9}{'CPU-s to it':>13}{'median in the end':>19}"
)
waits = {}
for task_name, steps in cells:
    for learner in ("sac", "apg"):
        chosen = {"task": task_name, "env_steps": steps, "learner": learner}
        some = runs[(runs[list(chosen)] == list(chosen.values())).all(axis=1)]
        wait = some["cpu_seconds_to_threshold"].fillna(np.inf)  # later than any that got there
        waits[task_name, learner] = wait.median()
        print(f"{task_name + f' {steps}':<14}{learner:<9}{len(some):>5}{np.isfinite(wait).sum():>9}"
              f"{wait.median():>13.0f}{some['final_return'].median():>19.1f}")  # fmt: skip
faster = {t: waits[t, "sac"] / waits[t, "apg"] for t, _ in cells}
said = ", ".join(f"{factor:.1f} on {name}" for name, factor in faster.items())
print(f"\nSAC's seconds over APG's: {said}")
lab.record(faster=faster)

# %% [markdown]
# Each line is a run, each dotted line a threshold. The gradient's lines rise earlier on all three
# tasks; the last line of the output has the factors. SAC's runs are older, and their equations took
# some 8 CPU-seconds longer on the car and 16 on Reacher. With these taken off, too, the car
# gains most. A steering wheel acts on where the car will be many steps later. SAC's critic needs a
# long time to find that out from samples; the chain rule says it at once. What would surprise is a
# much better return *in the end*: both practise in the same equations, and with time both find what
# these allow.
#
# - **Gradients through the equations** where there are equations, the reward has a slope, and
#   nothing jumps: the cheapest way to a policy in this notebook.
# - **SAC in the equations** where rewards are sparse, episodes end, or bodies touch: it needs
#   rewards, not slopes, and tries actions by itself.
# - **Planning** where there is no time to learn but time for each decision: the goal changes from
#   day to day, or the equations were found a minute ago.
# - **No equations**: SAC in the real world (notebook 02), or in an ensemble (notebook 03). With
#   wrong equations all three optimise the model, mistakes included (notebook 10, section 8).
#
# ## Quick quiz
#
# <details><summary>SAC's actor is trained by backpropagation, too. What is the
# difference?</summary>
# SAC differentiates its critic, a network that has to be learned from samples first. APG
# differentiates the world model and the reward themselves.</details>
#
# <details><summary>Why does clipping the gradient's norm not harm here?</summary>
# It leaves the direction as it is. The size says how steep the return is in the steepest direction,
# which after many steps of an unstable world is no guide to how far it is safe to move.</details>
#
# <details><summary>A network may be close to the world in every step and have a wrong gradient far
# ahead. Why?</summary>
# It is fitted to values, not to slopes; a curve can be close to another everywhere and oscillate
# about it. The gradient of a long rollout multiplies the slopes of all its steps.</details>
#
# <details><summary>An episode ends when the pendulum falls. Which gradient does the reward "1 a
# step" give?</summary>
# None: 0. The number of steps is a whole number, and a small change of a weight does not change
# it, until it jumps.</details>
#
# ## What to remember
#
# - The gradient of a return through equations is a sum over paths of products of slopes;
#   backpropagation through a rollout computes it exactly.
# - Its size grows with the horizon where the world is unstable: clip it, and keep rollouts short.
# - A model that predicts well may have wrong gradients; equations of the right form have right
#   ones.
# - An analytic policy gradient is a training loop of a dozen lines: no critic, no buffer, no noise.
# - A planner learns nothing and pays in every decision.
# - Steps, terminations and contacts have gradients that are zero or wrong. Smooth the reward, or
#   take a learner that needs none.
#
# ## What next
#
# Give your learner one second of data: `STEPS = 20`. Or change `HALF_WIDTH` and find the largest
# softness that still keeps the pendulum within it. From the command line:
# `symtut train --task pendulum --method symbolic --learner apg --steps 20 --seed 0 --out
# runs/through`.
#
# ## References
#
# - N. Heess et al., *Learning Continuous Control Policies by Stochastic Value Gradients*, NeurIPS
#   2015, arXiv 1510.09142: SVG(∞) is what is done here.
# - H. J. T. Suh et al., *Do Differentiable Simulators Give Better Policy Gradients?*, ICML 2022,
#   arXiv 2202.00817: wrong gradients at contacts.
# - G. Williams et al., *Information Theoretic MPC for Model-Based Reinforcement Learning*, ICRA
#   2017: MPPI.
# - J. Degrave, M. Hermans, J. Dambre, F. wyffels, *A Differentiable Physics Engine for Deep
#   Learning in Robotics*, Frontiers in Neurorobotics 2019, arXiv 1611.01652.
