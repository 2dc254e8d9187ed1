# %% [markdown]
# # 13 · Reading the equations
#
# **What can you do with a world model that you can read, and could not do with one that you can
# only run?** A network of thousands of weights predicts; ask it for the energy of a pendulum, or
# for its behaviour under another gravity, and it has no answer. Two short equations have one. Here
# they are found from 200 random steps, and then a pencil (SymPy) does the rest: a policy that
# swings the pendulum up, with **no reinforcement learning and no training of any kind**.
#
# **You will be able to**
# - turn recovered increments into a differential equation and read physical constants off it, and
#   say which ones the data cannot tell apart;
# - derive energy, equilibria and their stability from a formula, and check each against the world;
# - design a controller (LQR and energy shaping) from the equations, and change it to fit another
#   pendulum without new data;
# - say where gradients through a model help and where they explode, and what the equations do not
#   say.
#
# **Before you start:** derivatives and 2 × 2 matrices; notebook
# [10](10_symbolic_mbpo.ipynb) for how the equations are found.
# **Time:** about 1 minute of computing, on one core.
# **Memory:** under 1.5 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import time

import gymnasium
import matplotlib.pyplot as plt
import numpy as np
import scipy.linalg
import sympy as sp
import torch
from IPython.display import Math, display

from symtut import SymbolicRegressor, make_task, progress
from symtut.agents.loop import Loop
from symtut.experiments import evaluate
from symtut.experiments.config import RunConfig
from symtut.lab import checks, explorers, films, style
from symtut.lab.scenes import nb13_phase_plane as phase_plane
from symtut.lab.scenes import nb13_trials as trials
from symtut.tasks import EVALUATION_SEEDS
from symtut.world_models import make_world_model

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(data_sets=3, network_updates=200, episodes=10, cells=31, iterations=40,
               proposer="sparse"),
    lab=dict(data_sets=10, network_updates=2000, episodes=100, cells=81, iterations=200,
             proposer="transformer+sparse"),
    paper=dict(data_sets=20, network_updates=5000, episodes=100, cells=121, iterations=500,
               proposer="transformer+sparse"),
)  # fmt: skip
plt.rcParams["figure.dpi"] = 80  # there are many figures: a little smaller

# %% [markdown]
# ## 1 · Ten seconds, two equations
#
# *What do we start from?* From the 200 random steps and the two equations of notebook 10. The state
# is the angle $\theta$ (0 is upright) and the angular velocity $\dot\theta$; the motor gives a
# torque $u$ of at most 2 N m. The model says by how much the state changes in one step,
# $\Delta\theta$ and $\Delta\dot\theta$.


# %%
def random_steps(name, steps, seed, **options):
    """A loop (notebook 10) that has taken real steps with random actions, and fitted nothing."""
    task = make_task(name)
    config = RunConfig.make(name, "symbolic", steps, seed)
    model = make_world_model("symbolic", task, seed, **options)
    loop = Loop(task, model, steps, config.loop, config.sac, seed)
    while loop.env_steps < steps:
        loop.interact()
    return loop


begun = time.process_time()
loop = random_steps("pendulum", 200, SEED)
loop.fit_model()
task, model = loop.task, loop.model
real, held_back = loop.transitions()
for equation in loop.report.equations:
    display(Math(equation["latex"]))
print(f"{time.process_time() - begun:.1f} CPU-seconds, {len(real)} real steps")

# %% [markdown]
# From here on they are SymPy expressions: things that can be differentiated, integrated and solved.

# %%
theta, omega, u = sp.symbols("theta theta_dot u", real=True)
names = (*task.state_names, *task.action_names)
delta_theta, delta_omega = (
    sp.expand(sp.expand(expression.sympy((theta, omega, u))), trig=True)
    for expression in model.expressions_
)


def tidy(expression, digits=4):
    """The same with rounded numbers, to look at; calculations go on with all digits."""

    def rounded(x):
        whole = abs(x - round(x)) < 1e-6
        return sp.Integer(round(x)) if whole else sp.Float(f"{float(x):.{digits}g}")

    return expression.xreplace({x: rounded(x) for x in expression.atoms(sp.Float)})


def show(name, expression):
    """Display ``name = expression``."""
    names = {theta: r"\theta", omega: r"\dot\theta"}
    display(Math(f"{name} = {sp.latex(tidy(expression), symbol_names=names)}"))


show(r"\Delta\theta", delta_theta)
show(r"\Delta\dot\theta", delta_omega)

# %% [markdown]
# ## 2 · Reading the physics
#
# *Which numbers of the world stand in these equations?* First a picture: every coefficient of
# $\Delta\theta$ beside the one of the same term in $\Delta\dot\theta$.
#
# **Predict:** what is the ratio of the two bars of each pair, and why should it be the same for
# both pairs?

# %%
terms = {r"$\sin\theta$": sp.sin(theta), "$u$": u}
in_angle = [float(delta_theta.coeff(term)) for term in terms.values()]
in_velocity = [float(delta_omega.coeff(term)) for term in terms.values()]

figure, axes = plt.subplots(figsize=(6.4, 2.6))
rows = np.arange(2)
axes.barh(rows - 0.18, in_velocity, 0.32, label=r"in $\Delta\dot\theta$ (rad/s)")
axes.barh(rows + 0.18, in_angle, 0.32, hatch="//", label=r"in $\Delta\theta$ (rad)")
for row, (small, large) in enumerate(zip(in_angle, in_velocity, strict=True)):
    axes.text(large, row - 0.18, f" {large:.4g}", va="center")
    axes.text(small, row + 0.18, f" {small:.4g}   ratio {small / large:.4f}", va="center")
axes.set(xscale="log", xlim=(2e-3, 4), yticks=rows, yticklabels=list(terms), ylim=(1.5, -0.5))
axes.set(xlabel="coefficient (logarithmic)")
axes.legend(loc="upper right", bbox_to_anchor=(1, 0.62), fontsize=8.5)
plt.show()

# %% [markdown]
# Both ratios equal the coefficient of $\dot\theta$ in $\Delta\theta$. So the angle's equation says
#
# $$\Delta\theta = c\,(\dot\theta + \Delta\dot\theta) = c\,\dot\theta',$$
#
# with $\dot\theta'$ the *new* velocity and $c$ one number in seconds: the time step. A simulator
# that moves the angle by the old velocity (**explicit Euler**) would have left $\sin\theta$ and $u$
# out of $\Delta\theta$. One that uses the new velocity is called **semi-implicit Euler**. We
# learned how the program works without reading it. Does the whole equation fit, not just two
# coefficients?

# %%
dt = float(delta_theta.coeff(omega))
left_over = sp.expand(delta_theta - dt * (omega + delta_omega))
biggest = max((abs(float(c)) for c in left_over.as_coefficients_dict().values()), default=0.0)
print(f"time step read from the data: {dt:.6f} s")
print(f"largest coefficient of Δθ − dt (θ̇ + Δθ̇): {biggest:.1e}")
acceleration = sp.expand(delta_omega / dt)
show(r"\ddot\theta \approx \Delta\dot\theta / \Delta t", acceleration)
lab.record(dt=dt, left_over=biggest)

# %% [markdown]
# ### Exercise 1 · Constants of nature (easy, 10 min)
#
# Textbooks derive: a uniform rod of mass $m$ and length $l$, turning about one end, has the moment
# of inertia $\tfrac13 m l^2$ and feels the torque $m g \tfrac l2 \sin\theta$ of gravity. With the
# motor's torque $u$ added, torque = moment of inertia × angular acceleration. Work out the
# acceleration, compare it term by term with the increment
# $\Delta\dot\theta = c_{\sin}\sin\theta + c_u\,u$ of one step of $\Delta t$ seconds, and return
# $g/l$ (in 1/s²) and $1/(m l^2)$ (in 1/(kg m²)).


# %%
def constants_of_rod(c_sin, c_u, dt):
    """Coefficients of the velocity's increment, and the time step -> array (g / l, 1 / (m l²))."""
    ### BEGIN SOLUTION
    # Acceleration = (m g l/2 sin θ + u) / (m l²/3) = 3g/(2l) sin θ + 3/(m l²) u.
    return np.array([c_sin / dt * 2 / 3, c_u / dt / 3])
    ### END SOLUTION


# %% tags=["check"]
constants_of_rod = checks.exercise("13.1", constants_of_rod)

# %%
g_over_l, inverse_inertia = constants_of_rod(*in_velocity, dt)
env = task.make_env().unwrapped
print(f"{'':<12}{'from the data':>14}{'Gymnasium':>12}")
print(f"{'g / l':<12}{g_over_l:14.6f}{env.g / env.l:12.6f}")
print(f"{'1 / (m l²)':<12}{inverse_inertia:14.6f}{1 / (env.m * env.l**2):12.6f}")
print(f"{'Δt':<12}{dt:14.6f}{env.dt:12.6f}")
lab.record(g_over_l=g_over_l, inverse_inertia=inverse_inertia)

# %% [markdown]
# ### What the data cannot tell
#
# We *assumed* a rod. Here are four pendulums. Which of them made the data?

# %%
print(f"{'pendulum':<40}{'of sin θ':>10}{'of u':>8}")
for text, gravity, inertia in (
    ("rod, m = 1 kg, l = 1 m, g = 10 m/s²", 1 * 10 * 1 / 2, 1 * 1**2 / 3),
    ("rod, m = 0.25 kg, l = 2 m, g = 20 m/s²", 0.25 * 20 * 2 / 2, 0.25 * 2**2 / 3),
    ("weight on a light rod, 1/3 kg, 1 m, 15 m/s²", 15 / 3, 1 / 3),
    ("weight on a light rod, 1 kg, 2/3 m, 10 m/s²", 1 * 10 * 2 / 3, 1 * (2 / 3) ** 2),
):
    print(f"{text:<48}{gravity / inertia:8.3f}{1 / inertia:8.3f}")

# %% [markdown]
# The first three give the same two coefficients, so no experiment of this kind can tell them
# apart; two numbers can fix two unknowns, not $m$, $g$, $l$ and a shape. The fourth differs in the
# second coefficient. A formula shows what was *identified*, namely two ratios, and what remains an
# assumption.
#
# ### How sure are the numbers?
#
# So far the measurements were perfect. Now a sensor adds noise of standard deviation $\sigma$ to
# each measured angle (rad) and velocity (rad/s), and each experiment is repeated with other random
# steps. The terms are known by now; their coefficients come from least squares. The same constants
# can be read in two places: from $\Delta\dot\theta$ (divide by $\Delta t$), or from
# $\Delta\theta$ (divide by $\Delta t^2$).
#
# **Predict:** which of the two readings suffers more from the noise?

# %%
SIGMAS = (0.0, 0.001, 0.003, 0.01, 0.03)


def measured(data, sigma, generator):
    """Inputs (N, 3) and increments (N, 2) of one episode, seen through a noisy sensor."""
    kept = task.uncut(data.state, data.next_state)
    path = np.concatenate([data.state, data.next_state[-1:]])  # 201 states
    path = path + sigma * generator.normal(size=path.shape)
    x = np.column_stack([path[:-1], data.action])
    return x[kept], task.difference(path[1:], path[:-1])[kept]


def readings(x, increments):
    """(4,): g / l and 1 / (m l²), from the velocity's equation, then from the angle's."""
    columns = np.column_stack([np.sin(x[:, 0]), x[:, 2], x[:, 1]])  # the terms found: sin θ, u, θ̇
    c_velocity = np.linalg.lstsq(columns[:, :2], increments[:, 1], rcond=None)[0]
    c_angle = np.linalg.lstsq(columns, increments[:, 0], rcond=None)[0]
    return np.concatenate(
        [constants_of_rod(*c_velocity, dt), constants_of_rod(*c_angle[:2], dt**2)]
    )


generator = np.random.default_rng(SEED)
data_sets = [
    random_steps("pendulum", 200, 1000 + 100 * SEED + i).transitions()[0]
    for i in progress.steps(range(budget.data_sets), "experiments")
]
found = np.array(
    [[readings(*measured(d, sigma, generator)) for d in data_sets] for sigma in SIGMAS]
)

# %% tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3))
for column, (ax, truth, name) in enumerate(
    zip(axes, (10.0, 1.0), (r"$g/l$ (1/s$^2$)", r"$1/(ml^2)$ (1/(kg m$^2$))"), strict=True)
):
    for place, (offset, marker, colour) in enumerate(((-0.12, "o", 0), (0.12, "x", 1))):
        text = (r"from $\Delta\dot\theta$", r"from $\Delta\theta$")[place]
        values = found[:, :, 2 * place + column]  # (noise levels, data sets)
        at = np.repeat(np.arange(len(SIGMAS)) + offset, values.shape[1])
        ax.plot(at, values.ravel(), marker, color=style.OKABE_ITO[colour], label=text,
                markerfacecolor="none", markersize=6)  # fmt: skip
    ax.axhline(truth, color=style.INK, linewidth=1, linestyle=":")
    ax.set(xlabel="noise σ of the sensor (rad, rad/s)", ylabel=name)
    ax.set_xticks(range(len(SIGMAS)), [f"{sigma:g}" for sigma in SIGMAS])
axes[1].legend(loc="lower left", fontsize=8.5)
axes[0].set_title(f"{budget.data_sets} experiments at each noise; dotted: Gymnasium's")
plt.show()
for sigma, row in zip(SIGMAS, found, strict=True):
    parts = [f"{m:7.3f} ± {s:.3f}" for m, s in zip(row.mean(0), row.std(0, ddof=1), strict=True)]
    print(f"σ = {sigma:<6g} g/l {parts[0]}, 1/(ml²) {parts[1]}   from Δθ: {parts[2]}, {parts[3]}")
lab.record(worst_reading=np.abs(found[3, :, :2] / [10, 1] - 1).max(),
           worst_reading_angle=np.abs(found[3, :, 2:] / [10, 1] - 1).max())  # fmt: skip

# %% [markdown]
# Mean and spread (± one standard deviation over experiments) make a measurement. The velocity's
# equation is the better place to read: dividing by $\Delta t^2$ blows the noise up. Least squares
# is told which terms to use. What does the *regressor* write when it must find them in the noise?

# %%
for sigma in SIGMAS[2:]:
    x, increments = measured(data_sets[0], sigma, np.random.default_rng(SEED))
    for column, name in enumerate(("delta_theta", "delta_theta_dot")):
        regressor = SymbolicRegressor(method="sparse", max_time=None, feature_names=names)
        text = regressor.fit(x, increments[:, column]).equations_[0]["equation"]
        print(f"σ = {sigma:<6g} {name:<16} = {text}")

# %% [markdown]
# It writes no more digits than the data support, and it leaves out a term that drowns: at the
# largest noise the torque is gone from the angle's equation. Physics would be lost there if the
# velocity's equation were not beside it.
#
# ## 3 · Energy
#
# *Nobody measured energy. Where is it?* In the acceleration. Without torque,
# $\ddot\theta = f(\theta)$; multiply by $\dot\theta$ and both sides are time derivatives, so
#
# $$E(\theta, \dot\theta) = \tfrac12\dot\theta^2 - \int f(\theta)\,\mathrm{d}\theta$$
#
# does not change along the motion. $E$ is in rad²/s²; times the moment of inertia it is in joules.

# %%
force = acceleration.subs(u, 0)  # f(θ)
energy = omega**2 / 2 - sp.integrate(force, theta)
show("E", energy)
energy_of = sp.lambdify((theta, omega), energy, "numpy")
E_up = float(energy.subs({theta: 0, omega: 0}))
E_down = float(energy.subs({theta: sp.pi, omega: 0}))
print(f"energy at rest: upright {E_up:.3f}, hanging {E_down:.3f} rad²/s²")

# %% [markdown]
# A pendulum without torque moves along a line of equal energy, so these lines *are* its possible
# motions. Circles are the 200 states that were visited.
#
# **Predict:** there are three kinds of motion. Which line separates them, and which fixed point
# does it pass through?

# %%
LEVELS = (-10, 0, 10, 20, 30)  # rad²/s²
figure, axes = plt.subplots(figsize=(5.6, 3.2))
phase_plane.portrait(axes, energy_of, LEVELS, highlight=E_up)
axes.plot(*real.state.T, "o", color="white", markeredgecolor=style.OKABE_ITO[0], markersize=4)
axes.plot(0, 0, "X", color=style.INK, markersize=8)
axes.plot([-np.pi, np.pi], [0, 0], "o", color=style.INK, markersize=8, clip_on=False)
paper = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 1.5}
for text, place in (("upright", (0, 0.9)), ("hanging", (2.65, 0.6)), ("swings", (2.2, -2.2)),
                    ("turns over and over", (0, 6.6))):  # fmt: skip
    axes.text(*place, text, fontsize=9, ha="center", bbox=paper)
axes.set_title(f"Lines of equal energy; thick: E = {E_up:.1f}, that of standing upright")
plt.show()

# %% [markdown]
# The thick line, the **separatrix**, is a gift: whoever has the energy of standing upright, and
# waits, arrives there. Section 6 makes a policy out of this sentence.
#
# Move the slider: below the separatrix the pendulum swings, above it turns over, and near it takes
# its time.


# %% tags=["hide-input"]
def draw_energy(energy_level):
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 3))
    phase_plane.portrait(axes[0], energy_of, LEVELS, highlight=energy_level)
    lowest = np.pi - 1e-9, np.sqrt(2 * (energy_level - E_down))  # all of it is motion
    path = trials.imagined(task.true_step, np.array([lowest]), trials.coast, 120).states[:, 0]
    axes[0].plot(*path.T, ".", color=style.OKABE_ITO[0], markersize=3)
    axes[1].plot(0.05 * np.arange(len(path)), style.break_wraps(path[:, 0]))
    axes[0].set_title(f"E = {energy_level:g} rad²/s² and a simulated path")
    axes[1].set(xlabel="time (s)", ylabel=style.label("theta"), ylim=(-3.3, 3.3))
    axes[1].set_title("The same path over time, from the lowest point")


explorers.explore(draw_energy, energy_level=(-14.5, 16.5, 0.5, 14.5))

# %% [markdown]
# ### Is it conserved?
#
# Look closely: the dots do not lie exactly on the line. Is the energy wrong? Let real pendulums
# coast for ten seconds, and ask SymPy how $E$ changes in *one step* of the recovered map, as a
# power series in the step $h$.

# %%
h, a, c = sp.symbols("h a c", real=True)  # step, the coefficient of sin θ, and a number to find


def after_step(expression):
    """The expression one torque-free, semi-implicit step of length h later."""
    new_omega = omega + h * a * sp.sin(theta)
    return expression.subs({theta: theta + h * new_omega, omega: new_omega}, simultaneous=True)


E_general = omega**2 / 2 + a * sp.cos(theta)
change = sp.series(after_step(E_general) - E_general, h, 0, 3).removeO()
print("change of E in one step:                ", sp.factor(change), "+ O(h³)")

shadow_general = E_general + c * h * omega * a * sp.sin(theta)
change = sp.series(after_step(shadow_general) - shadow_general, h, 0, 3).removeO()
second_order = sp.expand(sp.expand(change).coeff(h, 2))
(best_c,) = sp.solve(second_order.coeff(omega, 2), c)
print(f"change of E + c h θ̇ a sin θ with c = {best_c}: ", sp.simplify(change.subs(c, best_c)),
      "+ O(h³)")  # fmt: skip

# %% [markdown]
# In one step, $E$ changes by a term of order $h^2$. But a nearby quantity,
#
# $$E_s = E + \tfrac12\,h\,\dot\theta\, f(\theta),$$
#
# has no such term. It is called a **shadow energy**: semi-implicit Euler follows, almost exactly,
# *another* energy close to the true one. Because it keeps returning to the same lines, $E$ may
# wobble but cannot run away. Now in the real simulator, without torque:

# %%
shadow_of = sp.lambdify((theta, omega), energy + sp.Rational(1, 2) * dt * omega * force, "numpy")
COAST_STARTS = np.array([[2.0, 0.0], [1.0, 0.0], [0.2, 0.0]])  # the last is near the separatrix
env = task.make_env()
coasting = [trials.real(env, start, trials.coast, 200).states for start in COAST_STARTS]
seconds = dt * np.arange(201)

figure, axes = plt.subplots(1, 2, figsize=(8.4, 3), sharey=True)
for path, dash in zip(coasting, ("-", "--", ":"), strict=True):
    for ax, measure in zip(axes, (energy_of, shadow_of), strict=True):
        values = measure(*path.T)
        ax.plot(seconds, values - values[0], dash, label=f"from {path[0, 0]:g} rad")
axes[0].set(xlabel="time (s)", ylabel="change (rad²/s²)", title="Energy E")
axes[1].set(xlabel="time (s)", title="Shadow energy, same scale")
axes[0].legend(fontsize=8.5, ncols=3, loc="upper center")
axes[0].set_ylim(-4, 4)
plt.show()
wobble = {n: max(np.ptp(m(*p.T)) for p in coasting) for n, m in
          (("energy", energy_of), ("shadow", shadow_of))}  # fmt: skip
print("largest range along a path: " + ", ".join(f"{k} {v:.3f}" for k, v in wobble.items()))
print(f"for scale: upright minus hanging is {E_up - E_down:.1f} rad²/s²")
lab.record(energy_range=wobble["energy"], shadow_range=wobble["shadow"])

# %% [markdown]
# ### Ask a network for its energy
#
# A small network, fitted to the same points (as in notebook 10), has no energy to read. But it can
# be run without torque, and the energy of what it imagines can be followed.
#
# **Predict:** its error in one step is small. What happens to the energy in 200 of them?

# %%
torch.manual_seed(SEED)
network = torch.nn.Sequential(
    torch.nn.Linear(4, 64), torch.nn.SiLU(), torch.nn.Linear(64, 64), torch.nn.SiLU(),
    torch.nn.Linear(64, 2),
)  # fmt: skip


def features(state, action):
    observation = task.observation_from_state(state)
    return torch.cat([observation * torch.tensor([1.0, 1.0, 0.25]), action / 2], dim=1)


kept = ~held_back & task.uncut(real.state, real.next_state)
state, action = (torch.tensor(x[kept], dtype=torch.float32) for x in (real.state, real.action))
increments = torch.tensor(task.difference(real.next_state, real.state)[kept], dtype=torch.float32)
scale = increments.std(0)
optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
for _ in progress.steps(range(budget.network_updates), "network"):
    loss = ((network(features(state, action)) - increments / scale) ** 2).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
print(f"network: {sum(p.numel() for p in network.parameters())} weights, R² {1 - loss.item():.6f}")


# %%


def network_step(state, torque):
    state, torque = (torch.as_tensor(x, dtype=torch.float32) for x in (state, torque))
    with torch.no_grad():
        return task.advance(state, network(features(state, torque)) * scale).numpy().astype(float)


def model_step(state, torque):
    """One step of the recovered equations, (N, 2) and (N, 1) arrays -> (N, 2)."""
    with torch.no_grad():
        return model.predict(torch.as_tensor(state), torch.as_tensor(torque)).numpy()


figure, axes = plt.subplots(figsize=(7, 3))
drift = {}
for kind, step in (("symbolic", model_step), ("mbpo", network_step)):
    name = {"symbolic": "equations", "mbpo": "network"}[kind]
    paths = trials.imagined(step, COAST_STARTS, trials.coast, 200).states
    changes = shadow_of(*paths.T).T - shadow_of(*COAST_STARTS.T)
    drift[name] = np.abs(changes[-50:]).mean()  # over the last quarter
    look = style.method_style(kind) | {"marker": "", "linewidth": 1.5}
    for i in range(3):
        axes.plot(seconds, changes[:, i], label=name if i == 0 else None, **look)
axes.set(xlabel="time (s)", ylabel="change (rad²/s²)")
axes.set_title("Shadow energy of coasting in imagination, from the same three starts")
axes.legend(fontsize=8.5, loc="lower left")
plt.show()
print("mean |change| in the last quarter: " + ", ".join(f"{k} {v:.3f}" for k, v in drift.items()))
lab.record(drift_equations=drift["equations"], drift_network=drift["network"])

# %% [markdown]
# Equations and network were fitted to the same points and both fit them. But small errors of a
# network add up with no law against it: from some starts (not all) its pendulum keeps losing or
# gaining energy, where the real one does neither. Energy was conserved by the equations because of
# their *form*; nobody asked for it.
#
# ## 4 · Standing still, and staying there
#
# *Where can the pendulum rest, and which rest is stable?* It rests where the acceleration is zero
# and the velocity too. A constant torque shifts these places:

# %%
figure, axes = plt.subplots(figsize=(7, 3))
angles = np.linspace(-np.pi, np.pi, 200)
for torque, dash in ((-2, "--"), (0, "-"), (2, ":")):
    values = sp.lambdify(theta, acceleration.subs(u, torque), "numpy")(angles)
    axes.plot(angles, values, dash, label=f"u = {torque} N m")
axes.axhline(0, color=style.INK, linewidth=1)
axes.set(xlabel=style.label("theta"), ylabel=r"acceleration (rad/s$^2$)")
axes.legend(fontsize=8.5)
plt.show()
print("without torque:", sp.solve(sp.nsimplify(tidy(acceleration.subs(u, 0))), theta))

# %% [markdown]
# ### Exercise 2 · Equilibria under a constant torque (easy, 8 min)
#
# With the acceleration $f_s\sin\theta + f_u u$, both positive, and a constant torque $u$ that is
# too weak to lift the pendulum, find both equilibrium angles: the one near upright first, then the
# one near hanging, each in $(-\pi, \pi]$. Look at the figure first: with $u = +2$ N m, on which
# side of upright does the pendulum balance?


# %%
def equilibria(f_s, f_u, torque):
    """1/s², 1/(kg m²), N m -> array (angle near upright, angle near hanging) in rad."""
    ### BEGIN SOLUTION
    lean = np.arcsin(-f_u * torque / f_s)
    other = np.pi - lean  # the second angle with this sine
    return np.array([lean, other - 2 * np.pi if other > np.pi else other])
    ### END SOLUTION


# %% tags=["check"]
equilibria = checks.exercise("13.2", equilibria)

# %%
f_s, f_u = float(force.coeff(sp.sin(theta))), float(acceleration.coeff(u))
for torque in (0, 2):
    up, down = np.degrees(equilibria(f_s, f_u, torque)) + 0.0  # no minus before a zero
    print(f"u = {torque} N m: rests at {up:6.1f}° and {down:6.1f}°")
reach = abs(equilibria(f_s, f_u, 2.0)[0])
lab.record(reach=reach)

# %% [markdown]
# The number for 2 N m tells the motor's limit before anything is tried: at a lean of more than
# `reach` (printed in degrees) no torque that it has can hold the pendulum. This will limit every
# controller below.
#
# ### Exercise 3 · The Jacobian of the discrete map (medium, 12 min)
#
# Is a rest stable? Move the state a little and see whether one *step* brings it closer. In first
# order the deviation $x = (\delta\theta, \delta\dot\theta)$ is multiplied by the Jacobian $A$ of
# the map from state to next state. Write $A$ at the angle $\theta$ for the map
# $\dot\theta' = \dot\theta + h\,(f_s \sin\theta + f_u u)$, $\theta' = \theta + h\,\dot\theta'$.


# %%
def jacobian(angle, f_s, h):
    """rad, 1/s², s -> A (2, 2): row 0 is the new angle, row 1 the new velocity."""
    ### BEGIN SOLUTION
    slope = h * f_s * np.cos(angle)  # of the new velocity, by the angle
    return np.array([[1 + h * slope, h], [slope, 1.0]])
    ### END SOLUTION


# %% tags=["check"]
jacobian = checks.exercise("13.3", jacobian)

# %% [markdown]
# The same from the recovered equations by SymPy, and from the **real simulator** by moving its
# state a little to either side and taking one step:

# %%
next_state = sp.Matrix([theta + delta_theta, omega + delta_omega])
A_formula = next_state.jacobian([theta, omega])
B_formula = next_state.jacobian([u])
env = task.make_env()
env.reset(seed=0)


def real_step(state, torque=0.0):
    env.unwrapped.state = np.array(state, dtype=float)
    env.step(np.array([torque]))
    return np.array(env.unwrapped.state, dtype=float)


RESTS, eps = {"upright": 0.0, "hanging": np.pi}, 1e-5
found_eigenvalues, real_eigenvalues, worst = {}, {}, 0.0
for name, angle in RESTS.items():
    A = np.array(A_formula.subs({theta: angle, omega: 0}), dtype=float)
    rest = np.array([angle, 0.0])
    A_real = np.column_stack(
        [(real_step(rest + eps * e) - real_step(rest - eps * e)) / (2 * eps) for e in np.eye(2)]
    )
    worst = max(worst, np.abs(A - A_real).max(), np.abs(A - jacobian(angle, f_s, dt)).max())
    found_eigenvalues[name] = np.linalg.eigvals(A)
    real_eigenvalues[name] = np.linalg.eigvals(A_real)
    size = np.sort(np.abs(found_eigenvalues[name]))
    print(f"{name}: det A = {np.linalg.det(A):.6f}, sizes of the eigenvalues {size.round(6)}")
print(f"largest difference between the three Jacobians: {worst:.1e}")
lab.record(jacobian_difference=worst, unstable=np.abs(found_eigenvalues["upright"]).max(),
           marginal=np.abs(found_eigenvalues["hanging"]).max())  # fmt: skip

# %%
figure, axes = plt.subplots(figsize=(6.4, 3.6))
groups = {f"{name}, equations": ("os"[i], found_eigenvalues[name]) for i, name in enumerate(RESTS)}
groups |= {f"{name}, simulator": ("+x"[i], real_eigenvalues[name]) for i, name in enumerate(RESTS)}
phase_plane.eigenvalues(axes, groups)
axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.02, 0.5))
axes.set(
    xlim=(0.6, 1.35),
    ylim=(-0.35, 0.35),
    title="Eigenvalues (grey: size below 1)",
)
plt.show()
growth = np.abs(found_eigenvalues["upright"]).max()
tenfold = np.log(10) / np.log(growth)
print(f"upright: a deviation grows by {growth:.4f} a step, "
      f"tenfold in {tenfold:.1f} steps or {dt * tenfold:.2f} s")  # fmt: skip

# %% [markdown]
# - **Upright**: one eigenvalue outside the unit circle. The printed growth per step is how fast it
#   falls, and the deadline of any controller.
# - **Hanging**: a pair *on* the circle. The deviation turns round and neither grows nor shrinks:
#   **marginal**. The linearisation alone could not promise that it stays there for good (an error
#   in the tenth digit of a coefficient could push the pair off); the energy does, because it has
#   its minimum there.
# - The determinant is 1 at both: a step moves areas about in the plane without changing them, as
#   real mechanics without friction does.
#
# ## 5 · Balancing: LQR
#
# *How to stay upright?* Near upright the world is linear, $x' = Ax + Bu$, and the task's cost is
# quadratic: $\theta^2 + 0.1\,\dot\theta^2 + 0.001\,u^2$ per step. Which **linear** feedback
# $u = -Kx$ makes the sum of all costs to come smallest? This **linear-quadratic regulator** (LQR)
# has an exact answer: the cost to come is $x^\top P x$, with a symmetric matrix $P$ that solves
#
# $$P = Q + A^\top P A - A^\top P B\,K, \qquad K = (R + B^\top P B)^{-1} B^\top P A,$$
#
# the **discrete Riccati equation**. $Q = \mathrm{diag}(1, 0.1)$ and $R = 0.001$ are the weights of
# the cost.
#
# ### Exercise 4 · Riccati by iteration (medium, 15 min)
#
# Begin with $P = Q$ (one step to go). Each pass through the two formulas looks one step further
# ahead. Iterate, and return $K$ for the last $P$.


# %%
def riccati_gain(A, B, Q, R, iterations=1000):
    """(2, 2), (2, 1), (2, 2), (1, 1) -> the gain K (1, 2) of the control u = -K x."""
    ### BEGIN SOLUTION
    P = Q
    for _ in range(iterations):
        K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)
        P = Q + A.T @ P @ A - A.T @ P @ B @ K
    return np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)
    ### END SOLUTION


# %% tags=["check"]
riccati_gain = checks.exercise("13.4", riccati_gain)


# %%
def by_scipy(A, B, Q, R):
    """The gain for infinitely many passes, by SciPy's solver."""
    P = scipy.linalg.solve_discrete_are(A, B, Q, R)
    return np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)


A, B = (np.array(m.subs({theta: 0, omega: 0}), dtype=float) for m in (A_formula, B_formula))
Q, R = np.diag([1.0, 0.1]), np.array([[0.001]])
K = riccati_gain(A, B, Q, R)
closed = np.abs(np.linalg.eigvals(A - B @ K))
print(f"K = {K.round(3)}; sizes of the eigenvalues of A − B K: {closed.round(3)}")
lab.record(closed_loop=closed.max())

# %% [markdown]
# Under control both eigenvalues lie inside the unit circle. Now the **real** pendulum, from a lean
# of 0.2 rad. Beside the right gain, three gains that come from mistakes that are really made:
#
# - *wrong sign*: $u = +Kx$;
# - *not discrete*: the matrices of the differential equation,
#   $\bigl(\begin{smallmatrix}0&1\\f_s&0\end{smallmatrix}\bigr)$ and
#   $\bigl(\begin{smallmatrix}0\\f_u\end{smallmatrix}\bigr)$, given to the discrete solver;
# - *increments*: $A - I$, the Jacobian of the recovered $\Delta s$ instead of the next state.
#
# **Predict:** which of the three fall over? Does the solver complain about any?

# %%
mistaken = {
    "right": K,
    "wrong sign": -K,
    "not discrete": by_scipy(np.array([[0, 1], [f_s, 0]]), np.array([[0], [f_u]]), Q, R),
    "increments": by_scipy(A - np.eye(2), B, Q, R),
}
env = task.make_env()
figure, axes = plt.subplots(figsize=(7.6, 3.3))
balance = {}
for (name, gain), dash in zip(mistaken.items(), ("-", "--", "-.", ":"), strict=True):
    trial = trials.real(env, [0.2, 0.0], lambda x, gain=gain: -x @ gain.T, 200)
    size = np.abs(np.linalg.eigvals(A - B @ gain)).max()
    balance[name] = bool(trials.upright(trial.states))
    axes.plot(seconds[:81], style.break_wraps(trial.states[:81, 0]), dash, label=name)
    print(f"{name:<13} K = {gain.round(2)!s:<18} largest eigenvalue of A − B K: {size:.3f}, "
          f"upright at the end: {balance[name]}")  # fmt: skip
axes.set(xlabel="time (s)", ylabel=style.label("theta"), ylim=(-3.3, 3.3))
axes.set_title("The real pendulum under four gains, first four seconds")
axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
lab.record(balance=balance)

# %% [markdown]
# The solver raised no error in any case: it solved the problem it was given. The eigenvalue of
# $A - BK$, with the *true* $A$ and $B$ of one step, would have told each time: only a size below 1
# balances. The gain from continuous matrices is the sly one: its eigenvalues lie so close to 1 that
# the pendulum neither falls nor comes back within the ten seconds; it leans.
#
# ### From how far away?
#
# $K x$ knows nothing of the motor's limit. From which starts does the cut control still win? Each
# point of the next map is a start that was played for five seconds *in the equations*. Two of them
# are then played in the real pendulum.


# %%
def lqr(state):
    return -state @ K.T


def balances(starts, control, steps=100):
    """(N, 2) starts -> (N,) bool: ends upright without having fallen below the horizontal."""
    trial = trials.imagined(model_step, starts, control, steps)
    return trials.upright(trial.states) & (np.abs(trial.states[..., 0]).max(0) < np.pi / 2)


def box(angle, speed):
    axis_a, axis_s = np.linspace(-angle, angle, budget.cells), np.linspace(-speed, speed, 41)
    return axis_a, axis_s, np.stack(np.meshgrid(axis_a, axis_s), -1).reshape(-1, 2)


axis_a, axis_s, starts = box(1.2, 4.5)
inside = balances(starts, lqr).reshape(41, -1)
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3))
phase_plane.region(axes[0], axis_a, axis_s, inside)
axes[0].axvspan(-reach, reach, color="#888888", alpha=0.18, linewidth=0)
for start, name, colour in (((0.35, 0.0), "inside", 0), ((0.45, 0.0), "outside", 1)):
    trial = trials.real(env, start, lqr, 100)
    look = {"color": style.OKABE_ITO[colour], "linestyle": ("-", "--")[colour]}
    axes[0].plot(*start, "oX"[colour], color=look["color"], markersize=8)
    axes[1].plot(seconds[:101], style.break_wraps(trial.states[:, 0]), label=name, **look)
    lab.record(**{f"fell_{name}": bool(np.abs(trial.states[:, 0]).max() > np.pi / 2)})
axes[0].set(xlim=(-1.2, 1.2), ylim=(-4.5, 4.5), xlabel=style.label("theta"),
            ylabel=style.label("theta_dot"), title="Blue: starts that LQR balances")  # fmt: skip
axes[1].set(xlabel="time (s)", ylabel=style.label("theta"), title="Two starts, really played")
axes[1].legend(fontsize=8.5)
plt.show()
at_rest = inside[20]  # the row of zero velocity
widest = np.abs(axis_a[at_rest]).max()
spacing = np.degrees(axis_a[1] - axis_a[0])
print(f"at rest, balanced up to a lean of {np.degrees(widest):.1f}° (points of the map are "
      f"{spacing:.1f}° apart); the motor can hold {np.degrees(reach):.1f}°")  # fmt: skip
lab.record(widest=widest)

# %% [markdown]
# At rest the border is the lean that the motor can hold, which exercise 2 read off the equation;
# with a velocity towards upright, LQR wins from further out. The region is a slanted band: outside
# it, the linear formula is right about the world's slope and wrong about what the motor can do.
# (The pendulum that fell on the right may come up again on the other side, slowly enough to be
# caught there. That is luck, and the map does not count it.)
#
# Now try weights and starts yourself. A larger weight on the torque makes a lazier controller.


# %% tags=["hide-input"]
def draw_lqr(start_angle, torque_weight):
    gain = by_scipy(A, B, Q, np.array([[torque_weight]]))
    trial = trials.real(env, [start_angle, 0.0], lambda x: -x @ gain.T, 100)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3))
    axes[0].plot(seconds[:101], style.break_wraps(trial.states[:, 0]))
    axes[0].axhspan(-reach, reach, color="#888888", alpha=0.18, linewidth=0)
    axes[1].step(seconds[:100], trial.torques, where="post", color=style.OKABE_ITO[2])
    end = "balances" if trials.upright(trial.states) else "does not balance"
    axes[0].set(xlabel="time (s)", ylabel=style.label("theta"), title=f"Real pendulum: {end}")
    axes[1].set(xlabel="time (s)", ylabel=style.label("u"), ylim=(-2.2, 2.2))
    axes[1].set_title(f"K = ({gain[0, 0]:.1f}, {gain[0, 1]:.1f})")


explorers.explore(draw_lqr, start_angle=(-0.8, 0.8, 0.05, 0.35), torque_weight=[0.001, 0.1, 10.0])

# %% [markdown]
# ## 6 · Swinging up: the energy says how
#
# *And from hanging?* The separatrix leads upright: give the pendulum the energy $E^*$ of standing
# upright, and it will come by. How does the torque change the energy?
#
# ### Exercise 5 · Which way to push (medium, 12 min)
#
# Derive $\mathrm{d}E/\mathrm{d}t$ under the torque $u$, with
# $\ddot\theta = f_s\sin\theta + f_u u$ and $E = \tfrac12\dot\theta^2 + f_s\cos\theta$. Then choose
# $u = k\,(E^* - E)\,(\ldots)$ such that with $k > 0$ the energy *always moves towards* $E^*$, be it
# too low or too high. Cut $u$ to ±2 N m.


# %%
def push(state, E_star, k, f_s):
    """(N, 2) states, rad²/s², gain, 1/s² -> (N, 1) torques in N m, in [-2, 2]."""
    ### BEGIN SOLUTION
    # dE/dt = θ̇ θ̈ − f_s sin θ θ̇ = f_u u θ̇: push along the motion to gain energy.
    missing = E_star - (state[:, 1] ** 2 / 2 + f_s * np.cos(state[:, 0]))
    return np.clip(k * missing * state[:, 1], -2, 2)[:, None]
    ### END SOLUTION


# %% tags=["check"]
push = checks.exercise("13.5", push)

# %% [markdown]
# SymPy confirms the derivative, and the real pendulum shows what the sign is worth: from a small
# swing, the energy over time with the right gain and with its negative.

# %%
power = sp.simplify(sp.diff(energy, omega) * acceleration + sp.diff(energy, theta) * omega)
show(r"\mathrm{d}E/\mathrm{d}t", sp.expand(power))

figure, axes = plt.subplots(figsize=(7, 3))
swing_energy = {}
for k, dash in ((1.0, "-"), (-1.0, "--")):
    trial = trials.real(env, [2.6, 0.0], lambda x, k=k: push(x, E_up, k, f_s), 200)
    values = energy_of(*trial.states.T)
    swing_energy[k] = values[-1]
    axes.plot(seconds, values, dash, label=f"gain {k:+g}")
axes.axhline(E_up, color=style.INK, linewidth=1, linestyle=":")
axes.text(4.2, E_up + 0.7, "upright", ha="center", fontsize=9)
axes.axhline(E_down, color=style.INK, linewidth=1, linestyle=":")
axes.text(4.2, E_down + 0.7, "hanging", ha="center", fontsize=9)
axes.set(xlabel="time (s)", ylabel="energy (rad²/s²)", ylim=(E_down - 2, E_up + 5))
axes.set_title("The real pendulum, from 2.6 rad at rest")
axes.legend(fontsize=8.5, loc="center right")
plt.show()
lab.record(energy_pumped=swing_energy[1.0], energy_damped=swing_energy[-1.0])

# %% [markdown]
# With the wrong sign it is a brake. With the right one the energy comes to $E^*$ and stays about
# it: the pendulum passes the top again and again, but does not stop there. For that there is LQR.
#
# ### The whole policy
#
# *When to hand over from pushing to balancing?* Where LQR's demand $|Kx|$ is not absurd: below a
# threshold of some N m. Two numbers are open, this threshold and the gain $k$. They are chosen
# **in the equations**: 200 imagined episodes for each of twelve settings, scored with the task's
# reward, cost no real step.


# %%
def make_policy(f_s, gain, k, hand_over):
    """A control from the coefficient of sin θ (also E*), LQR's gain, k and the threshold in N m."""

    def control(state):
        demand = -state @ gain.T
        return np.where(np.abs(demand) < hand_over, demand, push(state, f_s, k, f_s))

    return control


def imagined_return(step, control, starts):
    trial = trials.imagined(step, starts, control, task.horizon)
    return task.reward(trial.states[:-1], trial.torques[..., None], None).sum(0).mean()


generator = np.random.default_rng(SEED)
practice = generator.uniform(-1, 1, (200, 2)) * [np.pi, 1.0]  # like the task's own starts
scores = {
    (k, limit): imagined_return(model_step, make_policy(f_s, K, k, limit), practice)
    for k in (0.1, 0.3, 1.0)
    for limit in (2.0, 4.0, 8.0, 12.0)
}
for k in (0.1, 0.3, 1.0):
    row = "  ".join(f"{limit:g} N m: {scores[k, limit]:7.1f}" for limit in (2.0, 4.0, 8.0, 12.0))
    print(f"k = {k:<4g} hand over below {row}")
best = max(scores, key=scores.get)
policy = make_policy(f_s, K, *best)
print(f"chosen: k = {best[0]:g}, threshold {best[1]:g} N m")

# %% [markdown]
# **Predict:** the best possible mean return on the evaluation starts is known (dynamic
# programming). How close does a policy come that was never trained?

# %%
starts = EVALUATION_SEEDS[: budget.episodes]
torch_generator = torch.Generator().manual_seed(SEED)


def at_random(observation):
    return 2 * torch.rand((len(observation), 1), generator=torch_generator) - 1


returns = {
    "random": evaluate(task, at_random, starts),
    "LQR alone": evaluate(task, trials.as_agent(task, lqr), starts),
    "energy + LQR": evaluate(task, trials.as_agent(task, policy), starts),
}
for name, result in returns.items():
    error = result.std / np.sqrt(len(starts))
    print(f"{name:<14}{result.mean:8.1f} ± {error:.1f} (mean and its standard error)")
print(f"{'best possible':<14}{task.best_return:8.1f} (over all {len(EVALUATION_SEEDS)} starts)")
lab.record(**{f"return_{n.replace(' + ', '_').replace(' ', '_')}": r.mean
              for n, r in returns.items()}, optimum=task.best_return)  # fmt: skip

# %% [markdown]
# (On *all* starts the numbers can be compared with the best possible and with what notebook 10
# prints for its trained policy, which practised for thousands of updates.) Pushing is not the
# best possible way up, but it is close, and every part of it can be explained.
#
# The film shows six seconds from hanging at rest (above it, the return of all ten). On paper,
# $\dot\theta = 0$ gives $u = 0$ and it hangs for ever: an equilibrium of the *controlled*
# pendulum. See whether it does.

# %%
hand = {"LQR alone": lqr, "energy + LQR": policy}
played = {name: trials.real(env, [np.pi, 0.0], control, 200) for name, control in hand.items()}
moved = np.abs(task.difference(played["energy + LQR"].states, np.array([np.pi, 0.0])))[:, 0] > 0.01
print(f"energy + LQR: moved by 0.01 rad after {dt * np.argmax(moved):.2f} s" if moved.any()
      else "energy + LQR: never moved")  # fmt: skip
lab.record(film_upright=bool(trials.upright(played["energy + LQR"].states)))
films.pendulum(
    np.stack([trial.states[:120, 0] for trial in played.values()]),
    np.stack([trial.torques[:120] for trial in played.values()]),
    titles=[f"{name}: {trial.reward:.0f}" for name, trial in played.items()],
    size=110,
    every=4,
)

# %% [markdown]
# It was freed by a speck: π has no exact representation in a computer, so $\sin\theta$ is not
# quite 0 at the start (`np.sin(np.pi)` is about $10^{-16}$), and the law multiplies the speck at
# every step. Do not rely on it: in a design, add a kick.
#
# In the plane of states the recipe is visible: spiral out to the separatrix, ride on it, and be
# caught.

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(5.6, 3.2))
phase_plane.portrait(axes, energy_of, LEVELS, highlight=E_up)
path = played["energy + LQR"].states
pushing = np.abs(path @ K[0]) >= best[1]
axes.plot(*path[pushing].T, "o", color=style.OKABE_ITO[0], markersize=3.5, label="pushing")
axes.plot(*path[~pushing].T, "s", color=style.OKABE_ITO[2], markersize=5, label="balancing (LQR)")
axes.set_title("The real episode of the film")
axes.legend(fontsize=8.5, loc="upper right", frameon=True, facecolor=style.PAPER, framealpha=1)
plt.show()

# %% [markdown]
# ## 7 · Gradients through the equations
#
# *Could we have let the gradient find the torques?* The model is a differentiable program: a
# rollout is a composition of the same two formulas, and torch differentiates it. Take 60 torques
# (three seconds) $u_0, \dots, u_{59}$ from hanging at rest and minimise the distance from standing
# upright at the end, $\tfrac12\dot\theta_T^2 + f_s(1-\cos\theta_T)$. The torques are played
# without looking: **open loop**.

# %%
formulas = [regressor.torch() for regressor in model.regressors_]  # tensors (..., 3) -> (...)


def rollout(state, torques):
    """(N, 2) states and (N, T) torques, float64 -> (N, 2) states after T steps, no wrapping."""
    for torque in torques.unbind(1):
        x = torch.cat([state, torque[:, None]], dim=1)
        state = state + torch.stack([formula(x) for formula in formulas], dim=1)
    return state


def miss(state):
    """How far from standing upright, (N,); zero only there. The cosine needs no wrapping."""
    return state[:, 1] ** 2 / 2 + f_s * (1 - torch.cos(state[:, 0]))


def optimise(horizon, iterations, tries=8):
    """Adam on torques from several random beginnings; returns torques (tries, T), the history."""
    generator = torch.Generator().manual_seed(SEED)
    raw = 0.5 * torch.randn((tries, horizon), generator=generator, dtype=torch.float64)
    raw.requires_grad_()
    optimiser, history = torch.optim.Adam([raw], lr=0.1), []
    hanging = torch.tensor([[np.pi, 0.0]], dtype=torch.float64).expand(tries, 2)
    for _ in progress.steps(range(iterations), "gradient steps"):
        missed = miss(rollout(hanging, 2 * torch.tanh(raw)))  # tanh keeps them within the limit
        optimiser.zero_grad()
        missed.sum().backward()
        optimiser.step()
        history.append(missed.detach().numpy())
    return 2 * torch.tanh(raw).detach(), np.array(history)


begun = time.process_time()
torques, history = optimise(60, budget.iterations)
chosen = int(np.argmin(history[-1]))
print(f"{time.process_time() - begun:.1f} CPU-s; best of {len(torques)} tries misses by "
      f"{history[-1, chosen]:.3f}, the worst by {history[-1].max():.3f} rad²/s²")  # fmt: skip

# %% [markdown]
# First, is the gradient right? Finite differences move one torque at a time, two rollouts for each;
# the backward pass gives all 60 at once. Then the torques in the real pendulum: exactly as
# planned, and with the start off by 0.05 rad.

# %%
hanging = torch.tensor([[np.pi, 0.0]], dtype=torch.float64)
trial_torques = (0.5 * torques[chosen]).requires_grad_()
(gradient,) = torch.autograd.grad(miss(rollout(hanging, trial_torques[None])).sum(), trial_torques)
moves = 1e-5 * torch.eye(60, dtype=torch.float64)
both = [miss(rollout(hanging.expand(60, 2), trial_torques.detach() + s * moves)) for s in (1, -1)]
differences = (both[0] - both[1]) / 2e-5
print(f"largest difference of the 60 gradients: {(gradient - differences).abs().max():.1e} "
      f"(largest gradient {gradient.abs().max():.2f})")  # fmt: skip
lab.record(gradient_error=(gradient - differences).abs().max() / gradient.abs().max())


# %%
def open_loop_then(control=None):
    """A control that plays the torques found, and then hands over to ``control``."""
    plan = iter(torques[chosen].numpy())

    def play(state):
        torque = next(plan, None)
        if torque is not None:
            return np.array([[torque]])
        return control(state) if control else trials.coast(state)

    return play


cases = {
    "planned torques, then none": ([np.pi, 0.0], None),
    "start off by 0.05 rad, then none": ([np.pi - 0.05, 0.0], None),
    "start off by 0.05 rad, then the policy": ([np.pi - 0.05, 0.0], policy),
}
figure, axes = plt.subplots(figsize=(7.6, 3.2))
landed = []  # distance from upright at rest after the planned three seconds
for (name, (start, control)), dash in zip(cases.items(), ("-", ":", "--"), strict=True):
    trial = trials.real(env, start, open_loop_then(control), 160)
    axes.plot(seconds[:161], style.break_wraps(trial.states[:, 0]), dash, label=name)
    state = trial.states[60]
    landed.append(np.hypot(*state))
    print(f"{name}: after 3 s at {state[0]:+.3f} rad and {state[1]:+.3f} rad/s")
axes.axvline(3, color=style.INK, linewidth=1, linestyle=":")
lab.record(landed=landed, caught=bool(trials.upright(trial.states)))
axes.set(
    xlabel="time (s)",
    ylabel=style.label("theta"),
    title="The real pendulum; dotted: the plan ends",
    ylim=(-3.3, 5.6),
)
axes.legend(fontsize=8.5, loc="upper left")
plt.show()

# %% [markdown]
# The gradient found a swing-up, and the real pendulum follows it, because the equations are exact.
# It is a plan for *one* start, blind to everything that happens. Feedback makes it a policy.
#
# ### Where the gradient explodes
#
# Take the torques that the policy applied in an imagined episode of ten seconds, hold them fixed,
# and ask how the state after $T$ steps depends on the *first* torque. By the chain rule this is
# $A_{T-1}\cdots A_1 B$, the product of the Jacobians of exercise 3 along the way.
#
# **Predict:** for the part of the episode that is spent near upright, at which rate will it grow?

# %%
episode = trials.imagined(model_step, np.array([[2.6, 0.0]]), policy, 200)
angles, first = episode.states[:-1, 0, 0], B[:, 0]
sensitivity = [np.linalg.norm(first)]
for angle in angles[1:]:
    first = jacobian(angle, f_s, dt) @ first
    sensitivity.append(np.linalg.norm(first))
arrived = int(np.argmax(np.abs(episode.states[:-1, 0] @ K[0]) < best[1]))

fixed = torch.tensor(episode.torques[:, 0])
begin = torch.tensor(episode.states[:1, 0])
push_size = 1e-4  # N m, of the finite difference
nudged = torch.stack([fixed, fixed])
nudged[0, 0] += push_size
nudged[1, 0] -= push_size
state, paths = begin.expand(2, 2), []
for torque in nudged.T:
    state = rollout(state, torque[:, None])
    paths.append(state.numpy())
paths = np.array(paths)  # (200, 2, 2)
by_difference = np.linalg.norm(paths[:, 0] - paths[:, 1], axis=1) / (2 * push_size)

figure, axes = plt.subplots(figsize=(7, 3.3))
steps = np.arange(1, 201)
axes.semilogy(steps, sensitivity, label="gradient (chain rule)")
axes.semilogy(steps, by_difference, "--", label=f"finite difference, ±{push_size:g} N m")
later = steps[arrived + 20 :]  # by then it is near upright
predicted = sensitivity[arrived + 20] * growth ** (later - later[0])
axes.semilogy(
    later, 30 * predicted, ":", color=style.INK, label="the eigenvalue's growth (shifted)"
)
axes.axvline(arrived, color="#888888", linewidth=1)
axes.set(xlabel="steps T after the first torque", ylabel=r"$|\partial s_T/\partial u_0|$")
axes.set_title("How much the first torque matters; grey line: LQR takes over")
axes.legend(fontsize=8.5, loc="upper left")
plt.show()
rate = (sensitivity[-1] / sensitivity[arrived + 20]) ** (1 / (len(later) - 1))
print(f"growth per step while balancing: {rate:.4f}; the unstable eigenvalue: {growth:.4f}")
print(f"after 200 steps: gradient {sensitivity[-1]:.1e}, finite difference {by_difference[-1]:.1e}")
lab.record(gradient_growth=rate, explosion=sensitivity[-1] / sensitivity[0])

# %% [markdown]
# The gradient is *right*: it is the slope on a scale far below $10^{-4}$ N m. It is *useless* for
# an optimiser whose steps are larger than that: the landscape turns long before. The finite
# difference stops growing as soon as the two pendulums have fallen to different sides. And the
# rate was printed in section 4 already: while balancing, the product grows by the unstable
# eigenvalue at every step. What a policy should take from this: close the loop (as in section 5,
# where $A - BK$ shrinks), or keep the horizon short.
#
# Does it matter for the optimiser? The same as above with a longer horizon:

# %%
long_torques, long_history = optimise(160, budget.iterations, tries=4)
figure, axes = plt.subplots(figsize=(7, 3))
for name, values, look in (
    ("60 steps", history, {"color": style.OKABE_ITO[0], "linestyle": "-"}),
    ("160 steps", long_history, {"color": style.OKABE_ITO[1], "linestyle": "--"}),
):
    for i in range(2):  # two of them are enough to see it
        axes.semilogy(values[:, i], linewidth=1, label=name if i == 0 else None, **look)
axes.set(
    xlabel="steps of Adam",
    ylabel="miss (rad²/s²)",
    title="Optimising open-loop torques, two tries each",
)
axes.legend(fontsize=8.5, loc="lower left")
plt.show()
jumps = [np.mean(np.diff(np.log(v), axis=0) > np.log(1.5)) for v in (history, long_history)]
print(f"median miss at the end: 60 steps {np.median(history[-1]):.3f}, "
      f"160 steps {np.median(long_history[-1]):.3f}")  # fmt: skip
print(f"Adam steps that made the miss worse by half: {jumps[0]:.1%} and {jumps[1]:.1%}")
lab.record(miss_short=np.median(history[-1]), miss_best=history[-1].min(),
           miss_long=np.median(long_history[-1]))  # fmt: skip

# %% [markdown]
# More torques to choose from, yet no easier: compare medians and the share of steps that made
# things much worse.
#
# ## 8 · Another pendulum, by pencil
#
# *Tomorrow the rod is half as long again. What is lost?* A network would need new data. In the
# equation we know what each number is made of, so it can be edited.
#
# ### Exercise 6 · Edit the equation (medium, 10 min)
#
# The acceleration is $f_s\sin\theta + f_u u$, with $f_s \propto g/l$ and $f_u \propto 1/(ml^2)$
# (this holds for the rod and for the weight on a light rod alike). Gravity, length and mass are
# multiplied by given factors. Return the two new coefficients.


# %%
def edited(f_s, f_u, gravity=1.0, length=1.0, mass=1.0):
    """Old coefficients and three factors -> array (new f_s, new f_u)."""
    ### BEGIN SOLUTION
    return np.array([f_s * gravity / length, f_u / (mass * length**2)])
    ### END SOLUTION


# %% tags=["check"]
edited = checks.exercise("13.6", edited)

# %% [markdown]
# Now the whole design as *one function of two numbers*, from section 4 to section 6. Two new
# worlds, and on each three policies: the old one, untouched; the design redone with the edited
# numbers; random.


# %%
def design(f_s, f_u):
    """Coefficients of the acceleration -> a policy. Everything above, without any data."""
    A = jacobian(0.0, f_s, dt)
    B = np.array([[dt**2 * f_u], [dt * f_u]])
    return make_policy(f_s, riccati_gain(A, B, Q, R), *best)


class Elsewhere(type(task)):
    """The pendulum task with another gravity and length in its real environment."""

    def __init__(self, g, l):  # noqa: E741 (Gymnasium's name)
        self.g, self.l = g, l

    def make_env(self):
        env = gymnasium.make("Pendulum-v1", g=self.g, disable_env_checker=True)
        env.unwrapped.l = self.l
        return env


worlds = {"half the gravity": (0.5, 1.0), "rod of 1.5 m": (1.0, 1.5)}
transfer = {}
print(f"{'world':<20}{'f_s':>6}{'f_u':>6}{'random':>10}{'old':>10}{'edited':>10}")
for name, (gravity, length) in worlds.items():
    elsewhere = Elsewhere(10.0 * gravity, length)
    new = edited(f_s, f_u, gravity, length, 1.0)
    row = [
        evaluate(elsewhere, act, starts).mean
        for act in (at_random, trials.as_agent(task, policy), trials.as_agent(task, design(*new)))
    ]
    transfer[name] = dict(zip(("random", "old", "edited"), row, strict=True))
    print(f"{name:<20}{new[0]:6.2f}{new[1]:6.2f}" + "".join(f"{value:10.1f}" for value in row))
lab.record(transfer=transfer)

# %% [markdown]
# The edit cost no step in the new world. (The best possible returns there are not known, so only
# the columns can be compared with each other.) The old policy has a wrong $E^*$ and a wrong slope,
# and pays for both.
#
# ## 9 · What the equations do not say
#
# *When would all of this mislead us?* Where the world does something that the data did not show.
# Two cases.
#
# **A bound.** The simulator clips the velocity to ±8 rad/s. Those transitions were left out of the
# fit (notebook 10, exercise 2), and no equation mentions them. Coasting from a fast start:

# %%
fast = np.array([0.0, 3.5])
truth = trials.real(env, fast, trials.coast, 60).states
deltas = [sp.lambdify((theta, omega, u), d, "numpy") for d in (delta_theta, delta_omega)]


def formula_step(state, torque):
    """The two formulas and nothing else: no bound, no wrapping."""
    return state + np.stack([delta(*state.T, torque[:, 0]) for delta in deltas], axis=1)


dream = trials.imagined(formula_step, fast[None], trials.coast, 60).states[:, 0]
figure, axes = plt.subplots(figsize=(6.4, 2.8))
for path, name, dash in ((truth, "real", "-"), (dream, "equations", "--")):
    axes.plot(seconds[:61], path[:, 1], dash, label=name)
axes.axhline(8, color=style.INK, linewidth=1, linestyle=":")
axes.set(xlabel="time (s)", ylabel=style.label("theta_dot"), ylim=(0, 9))
axes.set_title("Coasting over the top; dotted: the bound")
axes.legend(fontsize=8.5, loc="lower right", ncols=2)
plt.show()
lost = shadow_of(*truth[0]) - shadow_of(*truth[-1])
print(f"shadow energy lost in reality: {lost:.2f} rad²/s²; "
      f"in the equations: {shadow_of(*dream[0]) - shadow_of(*dream[-1]):.2f}")  # fmt: skip
needed = np.sqrt(2 * (E_up - E_down))
print(f"to coast up from the lowest point takes {needed:.2f} rad/s there; the bound is 8")
print(f"from {(8 / needed) ** 2:.3f} times the gravity on, the bound forbids it")
lab.record(energy_lost_at_bound=lost,
           gravity_limit=(8 / needed) ** 2)  # fmt: skip

# %% [markdown]
# In reality each meeting with the bound takes energy away; the equations know nothing of it. The
# separatrix of section 3 stays just below the bound, which is luck: with a little more gravity (the
# printed factor) it would lie beyond, and an edited equation would promise what
# the world does not keep.
#
# **A term that was never excited.** Another world: our pendulum in thicker air, with a drag of
# $-0.02\,\dot\theta|\dot\theta|$ rad/s² and a sensor of noise 0.005. One data set is *gentle*
# (torques up to 0.2 N m from hanging), one is *lively* (up to 2 N m, beginning at 7 rad/s).
#
# **Predict:** in which of the two does the regression find the drag?

# %%
DRAG = 0.02


def thick_air(state, torque):
    """Semi-implicit steps of a pendulum with drag, (N, 2) and (N, 1) -> (N, 2)."""
    velocity = state[:, 1]
    pull = 15 * np.sin(state[:, 0]) + 3 * torque[:, 0] - DRAG * velocity * np.abs(velocity)
    velocity = np.clip(velocity + 0.05 * pull, -8, 8)
    return task.advance(state * [1, 0], np.stack([0.05 * velocity, velocity], axis=1))


generator = np.random.default_rng(SEED)
seen = {}
for kind, start, most in (("gentle", [np.pi, 0.0], 0.2), ("lively", [np.pi, 7.0], 2.0)):
    trial = trials.imagined(
        thick_air, [start], lambda s, most=most: generator.uniform(-most, most, (1, 1)), 200
    )
    path = trial.states[:, 0]
    kept = task.uncut(path[:-1], path[1:])
    measured = path + 0.005 * generator.normal(size=path.shape)
    increments = task.difference(measured[1:], measured[:-1])[kept, 1]
    x = np.column_stack([measured[:-1], trial.torques])[kept]
    regressor = SymbolicRegressor(method="sparse", max_time=None, feature_names=names)
    seen[kind] = regressor.fit(x, increments)
    print(f"{kind}: speeds up to {np.abs(path[:, 1]).max():.2f} rad/s")
    print(f"   delta_theta_dot = {regressor.equations_[0]['equation']}")
lab.record(drag_found={k: "theta_dot" in r.equations_[0]["equation"] for k, r in seen.items()})


# %%
def step_of(regressor):
    """The semi-implicit step with a fitted increment of the velocity."""

    def step(state, torque):
        velocity = state[:, 1] + regressor.predict(np.column_stack([state, torque]))
        return task.advance(state * [1, 0], np.stack([0.05 * velocity, velocity], axis=1))

    return step


figure, axes = plt.subplots(figsize=(7, 3))
for kind, step, text, look in (
    ("air", thick_air, "the world itself", {"color": "#BBBBBB", "linewidth": 5}),
    ("gentle", step_of(seen["gentle"]), "equation of the gentle data", {"linestyle": "--"}),
    ("lively", step_of(seen["lively"]), "equation of the lively data", {"linestyle": "-"}),
):
    path = trials.imagined(step, [[0.2, 0.0]], trials.coast, 200).states[:, 0]
    axes.plot(seconds, shadow_of(*path.T), label=text, **look)
    lab.record(**{f"end_{kind}": shadow_of(*path[-1])})
axes.set(xlabel="time (s)", ylabel="energy (rad²/s²)", ylim=(-16, 26))
axes.set_title("Coasting from 0.2 rad beside upright")
axes.legend(fontsize=8.5, loc="upper right", ncols=2)
plt.show()

# %% [markdown]
# Moving slowly, the drag is far below the noise, and the regression is right to leave it out: the
# shorter formula explains the gentle data as well. But "no drag term was found" is not "there is
# no drag". A formula extrapolates *its own terms*; what it left out, it extrapolates as zero.
#
# ## 10 · The same reading for a car
#
# *Does this work beyond pendulums?* `car2d` is a small car on a plane: position $x, y$, heading
# $\psi$, speed $v$; the controls are a throttle $a_1$ and a steering wheel $a_2$, both in
# [−1, 1]. Its equations, from 300 random steps (a prime marks new values):

# %%
car_loop = random_steps("car2d", 300, SEED, proposer=budget.proposer)
car_loop.fit_model()
for equation in car_loop.report.equations:
    display(Math(equation["latex"]))

# %%
car, car_model = car_loop.task, car_loop.model
symbol = {name: sp.Symbol(name, real=True) for name in car_model.names}
state_of_car = [symbol[name] for name in car.state_names]
controls = [symbol[name] for name in car.action_names]
after = [
    now + expression.sympy([symbol[car_model.names[j]] for j in used])
    for now, expression, used in zip(
        state_of_car, car_model.expressions_, car_model.columns_, strict=True
    )
]
new_values = {symbol[f"{name}_next"]: value
              for name, value in zip(car.state_names, after, strict=True)}  # fmt: skip
for _ in after:  # new values stand in other equations: insert until none is left
    after = [value.subs(new_values) for value in after]
car_A = sp.Matrix(after).jacobian(state_of_car)
car_B = sp.Matrix(after).jacobian(controls)


def at(matrix, speed, heading=0.5):
    """The matrix at the origin, at a heading and speed, with both controls at zero."""
    values = dict(zip([*state_of_car, *controls], [0, 0, heading, speed, 0, 0], strict=True))
    return np.array(matrix.subs(values), dtype=float)


for speed in (0.0, 1.0):
    print(f"at {speed:g} m/s: what a unit of each control changes in one step")
    for name, row in zip(car.state_names, at(car_B, speed), strict=True):
        print(f"   {name:<4} throttle {row[0]:7.4f}   steering {row[1]:7.4f}")

# %% [markdown]
# (Should a shifted cosine stand in the list, with a shift of 7.854 for instance: that is 5π/2, and
# −cos(ψ + 5π/2) = sin ψ. A formula has many spellings.)
#
# At rest the whole column of the steering wheel is zero: **a car that stands cannot turn**. In the
# equation of $\psi$ the wheel $a_2$ stands only in products, with the speed or with the throttle.
#
# Over several steps a linear system reaches the directions in the columns of
# $[B,\; AB,\; A^2B,\; A^3B]$, the **controllability matrix**. All four coordinates can be steered
# if its rank is 4.
#
# **Predict:** the rank at rest, and at 1 m/s.

# %%
ranks = {}
for speed in (0.0, 1.0):
    A_car, B_car = at(car_A, speed), at(car_B, speed)
    reachable = np.hstack([np.linalg.matrix_power(A_car, n) @ B_car for n in range(4)])
    ranks[speed] = int(np.linalg.matrix_rank(reachable, tol=1e-6))
    print(f"{speed:g} m/s: rank {ranks[speed]} of 4")
    if ranks[speed] < 4:
        ahead = np.array([np.cos(0.5), np.sin(0.5), 0, 0])  # the heading of `at` is 0.5 rad
        aside = np.array([-np.sin(0.5), np.cos(0.5), 0, 0])
        for name, way in (("ahead", ahead), ("aside", aside), ("heading", np.eye(4)[2]),
                          ("speed", np.eye(4)[3])):  # fmt: skip
            print(f"   {name:<8} moved by the controls: {np.abs(way @ reachable).max() > 1e-6}")
        try:
            by_scipy(A_car, B_car, np.eye(4), np.eye(2))
            refused = False
        except np.linalg.LinAlgError as error:
            refused = True
            print(f"   LQR at rest: {type(error).__name__}: {error}")
lab.record(car_ranks=list(ranks.values()), car_lqr_refused=refused)

# %% [markdown]
# At rest only two directions can be steered: the speed, and the way ahead. Heading and the way
# sideways are out of reach of any controller that is designed from this linearisation.
#
# **But beware:** this is a statement about the *linearisation*. Any driver parks sideways. Read the
# recipe off the equations: invert the equation of $v$ to get the throttle for a wanted speed; steer
# left, then right, so that the heading cancels; come back straight.

# %%
v = symbol["v"]
keeps, gains = (float(sp.expand(after[3]).coeff(s)) for s in (v, controls[0]))  # v' from v and a1
car_step = sp.lambdify([*state_of_car, *controls], after, "numpy")
wave = 0.8 * np.sin(np.pi * np.arange(1, 21) / 20)  # m/s: speeds up, slows down, stands
turn = np.where(np.arange(20) < 10, wave[10:].sum() / wave[:10].sum(), -1.0)  # they cancel


def plan(wanted, steering):
    """Speeds wanted after each step (T,) and steering (T,) -> controls (T, 2)."""
    before = np.concatenate([[0.0], wanted[:-1]])
    return np.column_stack([(wanted - keeps * before) / gains, steering])


place = np.zeros(4)
for action in plan(wave, turn):  # in the equations: how far ahead does it come?
    place = np.array(car_step(*place, *action), dtype=float)
back = place[0] / (0.1 * wave.sum())  # a step moves the car by 0.1 s times the speed
actions = np.vstack([plan(wave, turn), plan(-back * wave, 0 * wave)])

env_car = car.make_env()
env_car.reset(seed=0, options={"state": [0.0, 0.0, 0.0, 0.0]})
driven = [np.zeros(4)]
for action in actions:
    observation = env_car.step(action)[0]
    driven.append(car.state_from_observation(observation))
driven = np.array(driven)
print(
    "the real car at the end: "
    + ", ".join(
        f"{name} {value:+.4f}" for name, value in zip(car.state_names, driven[-1], strict=True)
    )
)
print(f"largest control used: {np.abs(actions).max():.2f}")
lab.record(parked=driven[-1], largest_control=np.abs(actions).max())

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(6, 3))
for part, marker, name in ((slice(0, 21), "o", "ahead: left, then right"),
                           (slice(20, 41), "s", "back, straight")):  # fmt: skip
    axes.plot(*driven[part, :2].T, marker, markersize=4, label=name)
arrows = driven[::4]
axes.quiver(*arrows[:, :2].T, np.cos(arrows[:, 2]), np.sin(arrows[:, 2]), scale=22, width=0.004,
            color=style.INK)  # fmt: skip
axes.set(xlabel="x (m)", ylabel="y (m)", aspect="equal", xlim=(-0.3, 1.7), ylim=(-0.2, 0.8))
axes.set_title("Moved sideways: the real car, with its headings")
axes.legend(fontsize=8.5, loc="lower right")
plt.show()

# %% [markdown]
# The real car ends beside its start (printed), with the heading it began with. The rank said what
# *small* controls do near rest, in first order; large ones in the right order do more. (Nonlinear
# control theory turns this into a calculation with Lie brackets.)
#
# ## Quick quiz
#
# <details><summary>Why can g and l not be read separately?</summary>
# Only the coefficients of sin θ and u are seen. Any pendulum with the same two makes the same data:
# two numbers cannot fix m, g, l and a shape.</details>
#
# <details><summary>The energy of the real simulator wobbles. Is the simulator wrong?</summary>
# It is semi-implicit Euler with a finite step. It conserves, very nearly, a shadow energy close to
# E, so E wobbles and does not run away.</details>
#
# <details><summary>Hanging has eigenvalues of size 1. Why does the linearisation not settle whether
# it is stable?</summary>
# On the unit circle the terms that were left out, however small, decide. Here the energy does: it
# has its minimum there and is (nearly) conserved.</details>
#
# <details><summary>A solver returned an LQR gain without complaint. Is the loop stable?</summary>
# Only for the matrices it was given. Check the eigenvalues of A − BK with the A and B of one step
# of the world.</details>
#
# <details><summary>The gradient through 200 steps was exact. Why was it useless?</summary>
# It is the slope on a scale far smaller than any step of the optimiser: near upright, deviations
# grow by the unstable eigenvalue at every step.</details>
#
# ## What to remember
#
# - Divide increments by Δt; the form of the angle's equation even shows the integrator.
# - What is identified is what stands in the formula: ratios, not masses and lengths.
# - Energy, equilibria, Jacobians and LQR follow from two lines by calculus, and each is checked
#   against the world.
# - Pumping energy up to the separatrix and catching with LQR swings the pendulum up without any
#   training; an edited number makes a policy for another pendulum.
# - A formula is silent about bounds and about terms that the data never excited.
#
# ## What next
#
# Hand over by another rule: play the imagined map of section 5 for the cut LQR and use it as the
# condition. Does the return improve? Or fit the equations at sensor noise 0.01 and run the whole
# design from those numbers: which part suffers first? For the limits of the method as a whole,
# return to the map in [notebook 00](00_start_here.ipynb).
#
# ## References
#
# - A. Gorodetskiy, K. Mironov, A. Panov, *Model-based Policy Optimization using Symbolic World
#   Model*, 2024, arXiv 2407.13518.
# - K. J. Åström, K. Furuta, *Swinging up a pendulum by energy control*, Automatica 36, 2000.
# - E. Hairer, C. Lubich, G. Wanner, *Geometric Numerical Integration*, Springer, 2nd edition 2006
#   (shadow, or modified, energies of symplectic methods).
# - B. D. O. Anderson, J. B. Moore, *Optimal Control: Linear Quadratic Methods*, Prentice Hall,
#   1990.
# - R. Pascanu, T. Mikolov, Y. Bengio, *On the difficulty of training recurrent neural networks*,
#   ICML 2013, arXiv 1211.5063 (exploding gradients).
