# %% [markdown]
# # 13 · Reading the equations
#
# **What can you do with a world model that you can read, and could not do with one that you can
# only run?** A network of thousands of weights predicts; ask it for the energy of a pendulum, or
# for its behaviour under another gravity, and it has no answer. Two short equations have one. Here
# they are found from 200 random steps. Calculus (with SymPy) does the rest: a policy that swings
# the pendulum up, with **no reinforcement learning and no training of any kind**.
#
# **You will be able to**
# - turn recovered increments into a differential equation and read physical constants off it, and
#   say which ones the data cannot tell apart;
# - derive energy, equilibria and their stability from a formula, and check each against the world;
# - design a controller (LQR and energy shaping) from the equations, and change it to fit another
#   pendulum without new data;
# - say what the equations do not say.
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
import numpy as np
import sympy as sp
import torch
from IPython.display import Math, display

from symtut import SymbolicRegressor
from symtut.experiments import evaluate
from symtut.lab import checks, films, style
from symtut.lab.scenes import nb13_figures as figures
from symtut.lab.scenes import nb13_trials as trials
from symtut.lab.scenes import nb13_worlds as worlds
from symtut.tasks import EVALUATION_SEEDS

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(data_sets=3, network_updates=200, episodes=10, cells=31, proposer="sparse"),
    lab=dict(data_sets=10, network_updates=2000, episodes=100, cells=81,
             proposer="transformer+sparse"),
    paper=dict(data_sets=20, network_updates=5000, episodes=100, cells=121,
               proposer="transformer+sparse"),
)  # fmt: skip

# %% [markdown]
# ## 1 · Ten seconds, two equations
#
# *What do we start from?* From the 200 random steps and the two equations of notebook 10. The state
# is the angle $\theta$ (0 is upright) and the angular velocity $\dot\theta$; the motor gives a
# torque $u$ of at most 2 N m. The model says by how much the state changes in one step,
# $\Delta\theta$ and $\Delta\dot\theta$. From now on the two are SymPy expressions: things that can
# be differentiated, integrated and solved.

# %%
loop = worlds.random_steps("pendulum", 200, SEED)
loop.fit_model()
task, model = loop.task, loop.model
real, held_back = loop.transitions()

theta, omega, u = sp.symbols("theta theta_dot u", real=True)
delta_theta, delta_omega = (
    sp.expand(sp.expand(expression.sympy((theta, omega, u))), trig=True)
    for expression in model.expressions_
)
worlds.show_formula(r"\Delta\theta", delta_theta)
worlds.show_formula(r"\Delta\dot\theta", delta_omega)

# %% [markdown]
# ## 2 · Reading the physics
#
# *Which numbers of the world stand in these equations?* Both have a term in $\sin\theta$ and one in
# $u$. **Predict:** what is the ratio of the two coefficients of $\sin\theta$, and is it the same
# for $u$?

# %%
dt = float(delta_theta.coeff(omega))
for term in (sp.sin(theta), u):
    in_angle, in_velocity = (float(d.coeff(term)) for d in (delta_theta, delta_omega))
    print(f"{term!s:<11} {in_angle:8.5f} / {in_velocity:.5f} = {in_angle / in_velocity:.5f}")
print(f"coefficient of the velocity in Δθ: {dt:.5f}")
left_over = sp.expand(delta_theta - dt * (omega + delta_omega))
biggest = max((abs(float(c)) for c in left_over.as_coefficients_dict().values()), default=0.0)
print(f"largest coefficient of Δθ − {dt:.2f} (θ̇ + Δθ̇): {biggest:.1e}")
acceleration = sp.expand(delta_omega / dt)
worlds.show_formula(r"\ddot\theta \approx \Delta\dot\theta / \Delta t", acceleration)
lab.record(dt=dt, left_over=biggest)

# %% [markdown]
# Both ratios equal the coefficient of $\dot\theta$ in $\Delta\theta$. So the angle's equation says
#
# $$\Delta\theta = \Delta t\,(\dot\theta + \Delta\dot\theta) = \Delta t\,\dot\theta',$$
#
# with $\dot\theta'$ the *new* velocity, and the one number $\Delta t$ is the time step. A simulator
# that moves the angle by the old velocity (**explicit Euler**) would have left $\sin\theta$ and $u$
# out of $\Delta\theta$. One that uses the new velocity is called **semi-implicit Euler**. We
# learned how the program works without reading it.
#
# ### Exercise 1 · Constants of nature (easy, required, 8 min)
#
# Textbooks derive: a uniform rod of mass $m$ and length $l$, turning about one end, has the moment
# of inertia $\tfrac13 m l^2$ and feels the torque $m g \tfrac l2 \sin\theta$ of gravity. With the
# motor's torque $u$ added, torque = moment of inertia × angular acceleration. Work out the
# acceleration, compare it term by term with the increment
# $\Delta\dot\theta = c_{\sin}\sin\theta + c_u\,u$ of one step of $\Delta t$ seconds, and return
# $g/l$ (in 1/s²) and $1/(m l^2)$ (in 1/(kg m²)).
#
# <details><summary>Hint 1: the idea</summary>
# Two expressions for the same acceleration: one from the textbook, one from the data. Each has a
# number before sin θ and one before u.</details>
#
# <details><summary>Hint 2: the structure</summary>
# The acceleration is (m g l/2 · sin θ + u) / (m l²/3). Simplify it; then c_sin/Δt equals the number
# before sin θ, and c_u/Δt the one before u. Solve each for what is asked.</details>


# %%
def constants_of_rod(c_sin, c_u, dt):
    """Coefficients of the velocity's increment, and the time step -> array (g / l, 1 / (m l²))."""
    ### BEGIN SOLUTION
    # Acceleration = (m g l/2 sin θ + u) / (m l²/3) = 3g/(2l) sin θ + 3/(m l²) u.
    return np.array([c_sin / dt * 2 / 3, c_u / dt / 3])
    ### END SOLUTION


# %% tags=["check"]
constants_of_rod = checks.exercise("13.1", constants_of_rod)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# # Acceleration = (m g l/2 sin θ + u) / (m l²/3) = 3g/(2l) sin θ + 3/(m l²) u.
# return np.array([c_sin / dt * 2 / 3, c_u / dt / 3])
# ```
#
# In the acceleration the mass cancels between weight and inertia, so $\sin\theta$ tells $g/l$ and
# nothing else. The motor's torque is divided by the inertia alone, so $u$ tells $m l^2$.
# </details>
#
# Your function on the two coefficients, beside what Gymnasium's program has. Then a sensor adds
# noise of standard deviation $\sigma$ to each measured angle and velocity, and each experiment is
# repeated with other random steps; least squares finds the coefficients, your function reads them.
# The constants can be read in two places: from $\Delta\dot\theta$ (divide by $\Delta t$), or from
# $\Delta\theta$ (divide by $\Delta t^2$).
#
# **Predict:** which of the two readings suffers more from the noise?

# %%
c_sin, c_u = float(delta_omega.coeff(sp.sin(theta))), float(delta_omega.coeff(u))
read = constants_of_rod(c_sin, c_u, dt)
pendulum = task.make_env().unwrapped
truth = (pendulum.g / pendulum.l, 1 / (pendulum.m * pendulum.l**2))
for name, mine, its in zip(("g / l", "1 / (m l²)"), read, truth, strict=True):
    print(f"{name:<12} from the data {mine:.6f}, Gymnasium {its:.6f}")

SIGMAS = (0.0, 0.001, 0.003, 0.01, 0.03)
found = worlds.readings(constants_of_rod, dt, budget.data_sets, SIGMAS, SEED)
style.show_figure(
    figures.noisy_readings(found, SIGMAS),
    "Readings of two constants over the sensor's noise. Circles, from the velocity, stay close to "
    "the true values; crosses, from the angle, scatter more and more.",
)
mean, std = found[3].mean(0), found[3].std(0, ddof=1)
print(f"σ = {SIGMAS[3]}: g / l {mean[0]:.2f} ± {std[0]:.2f} from the velocity, "
      f"{mean[2]:.2f} ± {std[2]:.2f} from the angle")  # fmt: skip
lab.record(g_over_l=read[0], inverse_inertia=read[1],
           worst_reading=np.abs(found[3, :, :2] / [10, 1] - 1).max(),
           worst_reading_angle=np.abs(found[3, :, 2:] / [10, 1] - 1).max())  # fmt: skip

# %% [markdown]
# At the left all marks lie on the dotted line: without noise the constants are exact. To the right
# they spread, the crosses much more than the circles: dividing by $\Delta t^2$ magnifies the noise
# by another factor of twenty. So the velocity's equation is the place to read. Circles that spread
# and stay *beside* the line would be a surprise; that would be a wrong formula, not noise.
#
# **What the data cannot tell.** We *assumed* a rod. A rod of 0.25 kg and 2 m under $g = 20$ m/s²
# has the same two coefficients (try it: $g/l$ and $m l^2$ are the same), and so has a weight of
# 1/3 kg at the end of a light rod of 1 m under $g = 15$ m/s². Two numbers cannot fix $m$, $g$, $l$
# and a shape. A formula shows what was *identified*, namely two ratios, and what remains an
# assumption.
#
# ## 3 · Energy
#
# *Nobody measured energy. Where is it?* In the acceleration. We want it because it will tell us how
# to swing up. Without torque, $\ddot\theta = f(\theta)$; multiply by $\dot\theta$ and both sides
# are time derivatives, so
#
# $$E(\theta, \dot\theta) = \tfrac12\dot\theta^2 - \int f(\theta)\,\mathrm{d}\theta$$
#
# does not change along the motion. $E$ is in rad²/s²; times the moment of inertia it is in joules.
# A pendulum without torque moves along a line of equal energy, so these lines *are* its possible
# motions.
#
# **Predict:** there are three kinds of motion. Which line separates them, and which point of rest
# does it pass through?

# %%
force = acceleration.subs(u, 0)  # f(θ)
energy = omega**2 / 2 - sp.integrate(force, theta)
worlds.show_formula("E", energy)
energy_of = sp.lambdify((theta, omega), energy, "numpy")
E_up, E_down = float(energy_of(0.0, 0.0)), float(energy_of(np.pi, 0.0))
style.show_figure(
    figures.energy_lines(energy_of, E_up, real.state),
    "Lines of equal energy in the plane of angle and velocity: closed ones round hanging, open "
    "ones above and below. The thick line between them crosses at upright.",
)
print(f"energy at rest: upright {E_up:.3f}, hanging {E_down:.3f} rad²/s²")

# %% [markdown]
# Circles are states that were visited. Inside the thick line the pendulum swings about
# hanging, above and below it turns over and over. The thick line itself, the **separatrix**, passes
# through upright, and it is a gift: whoever has the energy of standing upright, and waits, arrives
# there. Section 6 makes a policy out of this sentence.
#
# ### Is it conserved? (optional)
#
# How does $E$ change in *one step* of the recovered map? SymPy says, as a power series in the step
# $h$, with $a$ the coefficient of $\sin\theta$ in the acceleration. The second line is for a nearby
# quantity, $E_s = E + \tfrac12\,h\,\dot\theta\,f(\theta)$.

# %%
h, a = sp.symbols("h a", real=True)
new_omega = omega + h * a * sp.sin(theta)  # one step without torque
one_step = {theta: theta + h * new_omega, omega: new_omega}
E_general = omega**2 / 2 + a * sp.cos(theta)
for name, quantity in (("E", E_general), ("E_s", E_general + h * omega * a * sp.sin(theta) / 2)):
    change = sp.series(quantity.subs(one_step, simultaneous=True) - quantity, h, 0, 3).removeO()
    worlds.show_formula(rf"\mathrm{{change\ of}}\ {name}", sp.factor(change))

shadow_of = sp.lambdify((theta, omega), energy + dt * omega * force / 2, "numpy")
COAST_STARTS = np.array([[2.0, 0.0], [1.0, 0.0], [0.2, 0.0]])  # the last is near the separatrix
env = task.make_env()
coasting = [trials.real(env, start, trials.coast, 200).states for start in COAST_STARTS]
style.show_figure(
    figures.two_energies(coasting, energy_of, shadow_of),
    "Changes along three real paths, on one scale. Left, the energy goes up and down and comes "
    "back; right, the shadow energy is nearly a flat line.",
)
wobble = {n: max(np.ptp(m(*p.T)) for p in coasting)
          for n, m in (("energy", energy_of), ("shadow", shadow_of))}  # fmt: skip
print("largest range along a path: " + ", ".join(f"{k} {v:.3f}" for k, v in wobble.items()))
print(f"for scale: upright minus hanging is {E_up - E_down:.1f} rad²/s²")
lab.record(energy_range=wobble["energy"], shadow_range=wobble["shadow"])

# %% [markdown]
# In one step, $E$ changes by a term of order $h^2$, and $E_s$ has no such term. It is called a
# **shadow energy**: semi-implicit Euler follows, almost exactly, *another* energy close to the true
# one. In the figure, real pendulums coast for ten seconds. Their $E$ wobbles and returns; their
# shadow energy hardly moves. A line that drifts away would be the surprise.
#
# Ask a network for its energy. A small one, fitted to the same points, has none to read. But it can
# be run without torque, and the energy of what it imagines can be followed. **Predict:** its error
# in one step is small. What happens to the energy in 200 of them?


# %%
def model_step(state, torque):
    """One step of the recovered equations, (N, 2) and (N, 1) arrays -> (N, 2)."""
    with torch.no_grad():
        return model.predict(torch.as_tensor(state), torch.as_tensor(torque)).numpy()


network_step = worlds.network_step(task, real[~held_back], budget.network_updates, SEED)
changes = {}
for name, step in (("equations", model_step), ("network", network_step)):
    path = trials.imagined(step, COAST_STARTS, trials.coast, 200).states
    changes[name] = shadow_of(*path.T).T - shadow_of(*COAST_STARTS.T)
style.show_figure(
    figures.drifts(changes),
    "Shadow energy over ten imagined seconds: the equations' lines stay at 0, two of the network's "
    "three lines sink steadily.",
)
drift = {name: np.abs(values[-50:]).mean() for name, values in changes.items()}
print("mean |change| in the last quarter: " + ", ".join(f"{k} {v:.3f}" for k, v in drift.items()))
lab.record(drift_equations=drift["equations"], drift_network=drift["network"])

# %% [markdown]
# Both fit the points. But small errors of a network add up with no law against it: from some starts
# (not all) its pendulum keeps losing or gaining energy, where the real one does neither. The
# equations conserve energy because of their *form*; nobody asked for it.
#
# ## 4 · Standing still, and staying there
#
# *Where can the pendulum rest, and which rest is stable?* It rests where acceleration and velocity
# are zero. Write the acceleration as $f_s\sin\theta + f_u u$. Without torque that is at $\theta =
# 0$ (upright) and $\theta = \pi$ (hanging). A constant torque $u$ shifts the upper rest to
# $\sin\theta = -f_u u/f_s$: the pendulum leans against the torque. With the motor's 2 N m this
# gives the largest lean that it can hold:

# %%
f_s, f_u = float(force.coeff(sp.sin(theta))), float(acceleration.coeff(u))
reach = np.arcsin(2 * f_u / f_s)
print(f"f_s = {f_s:.3f}, f_u = {f_u:.3f}: the motor can hold a lean of {np.degrees(reach):.1f}°")
lab.record(reach=reach)

# %% [markdown]
# This is the motor's limit, known before anything is tried. It will limit every controller below.
#
# ### Exercise 2 · The Jacobian of the discrete map (medium, required, 10 min)
#
# Is a rest stable? Move the state a little and see whether one *step* brings it closer. In first
# order the deviation $x = (\delta\theta, \delta\dot\theta)$ is multiplied by the Jacobian $A$ of
# the map from state to next state: the matrix of its slopes. Write $A$ at the angle $\theta$ for
# the map $\dot\theta' = \dot\theta + h\,(f_s \sin\theta + f_u u)$,
# $\theta' = \theta + h\,\dot\theta'$.
#
# <details><summary>Hint 1: the idea</summary>
# A has four slopes: of the new angle and of the new velocity, each by the old angle and by the old
# velocity. The new velocity stands inside the new angle.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Insert: θ' = θ + h θ̇ + h² (f_s sin θ + f_u u). Differentiate both lines by θ, then by θ̇. Row 0
# holds the slopes of θ', row 1 those of θ̇'.</details>


# %%
def jacobian(angle, f_s, h):
    """rad, 1/s², s -> A (2, 2): row 0 is the new angle, row 1 the new velocity."""
    ### BEGIN SOLUTION
    slope = h * f_s * np.cos(angle)  # of the new velocity, by the angle
    return np.array([[1 + h * slope, h], [slope, 1.0]])
    ### END SOLUTION


# %% tags=["check"]
jacobian = checks.exercise("13.2", jacobian)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# slope = h * f_s * np.cos(angle)  # of the new velocity, by the angle
# return np.array([[1 + h * slope, h], [slope, 1.0]])
# ```
#
# The angle acts on the new velocity through gravity (`slope`), and on the new angle directly (1)
# and through the new velocity (h times `slope`). An explicit step would have 1 in the corner, and
# its eigenvalues would be wrong by just that term.
# </details>
#
# Your matrix at both rests. Its **eigenvalues** say by which factor a deviation grows in a step:
# below 1 in size it shrinks. The crosses are those of the **real simulator**, whose state is moved
# a little to either side for one step.

# %%
RESTS = {"upright": 0.0, "hanging": np.pi}
mine = {name: jacobian(angle, f_s, dt) for name, angle in RESTS.items()}
real_A = {name: worlds.real_jacobian(task, np.array([a, 0.0])) for name, a in RESTS.items()}
eigen, real_eigen = (
    {name: np.linalg.eigvals(A) for name, A in matrices.items()} for matrices in (mine, real_A)
)
style.show_figure(
    figures.eigenvalues(eigen, real_eigen),
    "Eigenvalues beside the unit circle. Upright: one inside, one outside. Hanging: a pair on the "
    "circle. The simulator's crosses lie on yours.",
)
for name, values in eigen.items():
    print(f"{name}: det A = {np.linalg.det(mine[name]):.6f}, sizes {np.abs(values).round(5)}")
worst = max(np.abs(mine[name] - real_A[name]).max() for name in RESTS)
growth = np.abs(eigen["upright"]).max()
tenfold = np.log(10) / np.log(growth)
print(f"largest difference to the simulator {worst:.1e}")
print(f"upright, a deviation grows by {growth:.4f} a step, tenfold in {dt * tenfold:.2f} s")
lab.record(jacobian_difference=worst, unstable=growth, marginal=np.abs(eigen["hanging"]).max())

# %% [markdown]
# - **Upright** (circles): one eigenvalue outside the unit circle. The printed growth is how fast
#   the pendulum falls, and the deadline of any controller.
# - **Hanging** (squares): a pair *on* the circle. The deviation turns round and neither grows nor
#   shrinks: **marginal**. The linearisation alone could not promise that it stays there for good
#   (an error in the tenth digit could push the pair off); the energy does, because it has its
#   minimum there.
# - The determinant is 1 at both: a step moves areas about in the plane without changing them, as
#   mechanics without friction does. A cross beside its circle would mean that the equation is
#   wrong.
#
# ## 5 · Balancing: LQR
#
# *How to stay upright?* Near upright the world is linear, $x' = Ax + Bu$, and the task's cost is
# quadratic: $\theta^2 + 0.1\,\dot\theta^2 + 0.001\,u^2$ per step. Which **linear** feedback
# $u = -Kx$ makes the sum of all costs to come smallest? This **linear-quadratic regulator** (LQR)
# has an exact answer: the cost to come is $x^\top P x$, with a symmetric matrix $P$ that solves
#
# $$\begin{aligned} P &= Q + A^\top P A - A^\top P B\,K, \\
#   K &= (R + B^\top P B)^{-1} B^\top P A, \end{aligned}$$
#
# the **discrete Riccati equation**. $Q = \mathrm{diag}(1, 0.1)$ and $R = 0.001$ are the weights of
# the cost.
#
# ### Exercise 3 · Riccati by iteration (medium, required, 12 min)
#
# Begin with $P = Q$ (one step to go). Each pass through the two formulas looks one step further
# ahead. Iterate, and return $K$ for the last $P$.
#
# <details><summary>Hint 1: the idea</summary>
# It is value iteration (notebook 01) with a matrix as the value: the cost to come with one step
# more follows from the one before.</details>
#
# <details><summary>Hint 2: the structure</summary>
# P = Q; in a loop: K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A), then the new P with this K.
# After the loop, K once more for the last P.</details>


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
riccati_gain = checks.exercise("13.3", riccati_gain)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# P = Q
# for _ in range(iterations):
#     K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)
#     P = Q + A.T @ P @ A - A.T @ P @ B @ K
# return np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)
# ```
#
# For a quadratic cost to come, the best torque of one step is linear in the state, and with it the
# cost to come is quadratic again; so a matrix is all that has to be remembered. The passes converge
# because a cost so far ahead does not depend on where the pendulum is now.
# </details>
#
# Now the **real** pendulum under your gain, from a lean of 0.2 rad. Beside it, three gains that
# come from mistakes that are really made:
#
# - *wrong sign*: $u = +Kx$;
# - *not discrete*: the matrices of the differential equation,
#   $\bigl(\begin{smallmatrix}0&1\\f_s&0\end{smallmatrix}\bigr)$ and
#   $\bigl(\begin{smallmatrix}0\\f_u\end{smallmatrix}\bigr)$, given to the discrete solver;
# - *increments*: $A - I$, the Jacobian of the recovered $\Delta s$ instead of the next state.
#
# **Predict:** which of the three fall over? Does the solver complain about any?

# %%
A, B = jacobian(0.0, f_s, dt), np.array([[dt**2 * f_u], [dt * f_u]])
Q, R = np.diag([1.0, 0.1]), np.array([[0.001]])
K = riccati_gain(A, B, Q, R)
gains = {
    "yours": K,
    "wrong sign": -K,
    "not discrete": trials.gain(np.array([[0, 1], [f_s, 0]]), np.array([[0], [f_u]]), Q, R),
    "increments": trials.gain(A - np.eye(2), B, Q, R),  # both by SciPy's solver
}
env = task.make_env()
paths, balance, closed = {}, {}, {}
print(f"{'gain':<13} {'K':<17} eigenvalue of A − B K   upright at the end")
for name, gain in gains.items():
    states = trials.real(env, [0.2, 0.0], lambda x, gain=gain: -x @ gain.T, 200).states
    paths[name], balance[name] = states[:81], bool(trials.upright(states))
    closed[name] = np.abs(np.linalg.eigvals(A - B @ gain)).max()
    print(f"{name:<13} {gain[0].round(2)!s:<17} {closed[name]:>21.3f}   {balance[name]}")
style.show_figure(
    figures.angles(paths, "The real pendulum under four gains, first four seconds"),
    "Angles over time. Under your gain the angle goes to 0; one of the others stays beside 0, two "
    "fall over and go round.",
)
lab.record(balance=balance, closed_loop=closed["yours"])

# %% [markdown]
# Your line goes to 0 within a second and stays there. The others fall, or lean without coming back:
# the gain from continuous matrices is the hardest to notice, for its eigenvalue is so close to 1
# that hardly anything happens within ten seconds. The solver raised no error in any case: it solved
# the problem that it was given. The eigenvalues of $A - BK$, with the *true* $A$ and $B$ of one
# step, tell each time: only a size clearly below 1 balances. A gain with such a size that falls
# would be the surprise, unless the start is too far away:
#
# ### From how far away? (optional)
#
# $K x$ knows nothing of the motor's limit. From which starts does the cut control still win? Each
# point of the map is a start that was played for five seconds *in the equations*. Two of them are
# then played in the real pendulum.


# %%
def lqr(state):
    return -state @ K.T


lean, speed = np.linspace(-1.2, 1.2, budget.cells), np.linspace(-4.5, 4.5, 41)
starts = np.stack(np.meshgrid(lean, speed), -1).reshape(-1, 2)
trial = trials.imagined(model_step, starts, lqr, 100)
fell = np.abs(trial.states[..., 0]).max(0) > np.pi / 2
inside = (trials.upright(trial.states) & ~fell).reshape(41, -1)
played = {
    name: trials.real(env, (angle, 0.0), lqr, 100).states
    for name, angle in (("inside", 0.35), ("outside", 0.45))
}
style.show_figure(
    figures.balanced(lean, speed, inside, reach, played),
    "Left, the starts that LQR balances: a slanted band, at rest as wide as the lean that the "
    "motor can hold. Right, one real start from inside comes to 0, one from outside falls over.",
)
widest = np.abs(lean[inside[20]]).max()  # the row of zero velocity
spacing, limit = np.degrees([lean[1] - lean[0], reach])
print(f"at rest, balanced up to {np.degrees(widest):.1f}°; the motor can hold {limit:.1f}° "
      f"(points are {spacing:.1f}° apart)")  # fmt: skip
lab.record(widest=widest, **{f"fell_{n}": bool(np.abs(s[:, 0]).max() > np.pi / 2)
                             for n, s in played.items()})  # fmt: skip

# %% [markdown]
# At rest the border is the lean that the motor can hold, which section 4 read off the equation;
# with a velocity towards upright, LQR wins from further out. The region is a slanted band: outside
# it, the linear formula is right about the world's slope and wrong about what the motor can do.
#
# ## 6 · Swinging up: the energy says how
#
# *And from hanging?* The separatrix leads upright: give the pendulum the energy $E^*$ of standing
# upright, and it will come by. The torque changes the energy by
#
# $$\begin{gathered} \frac{\mathrm{d}E}{\mathrm{d}t} = \dot\theta\,\ddot\theta
#   - f_s \sin\theta\,\dot\theta = f_u\,u\,\dot\theta, \\
#   E = \tfrac12\dot\theta^2 + f_s\cos\theta,\quad E^* = f_s. \end{gathered}$$
#
# So push along the motion to gain energy and against it to lose energy: $u = k\,(E^* - E)\,
# \dot\theta$ with $k > 0$ always moves $E$ towards $E^*$. Two things are missing. Near upright LQR
# must take over: where its demand $-Kx$ is not absurd, that is $|Kx|$ below a threshold of some
# N m. And hanging at rest, $\dot\theta = 0$ gives no torque at all, so the pendulum needs a kick.
#
# ### Exercise 4 · The whole policy (hard, required, 15 min)
#
# Write it for N states at once. In this order:
#
# - the push $k\,(E^* - E)\,\dot\theta$;
# - where the pendulum hangs at rest ($|\dot\theta| < 0.01$ rad/s and $\cos\theta < -0.99$), a kick
#   of 2 N m instead;
# - where $|Kx|$ is below `hand_over`, LQR's $-Kx$ instead of either;
# - at the end everything is cut to ±2 N m.
#
# <details><summary>Hint 1: the idea</summary>
# Compute all three torques for all states and choose afterwards. Keep them all in one shape, and
# turn it into (N, 1) once, at the end.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Take state[:, 0] and state[:, 1], both (N,). Energy, push, and -(state @ gain.T)[:, 0] are (N,),
# too. np.where(at_rest, 2.0, push), then np.where(np.abs(demand) &lt; hand_over, demand, torque);
# np.clip; [:, None].</details>


# %%
def swing_up(state, f_s, gain, k, hand_over):
    """(N, 2) states, 1/s², K (1, 2), gain k, N m -> (N, 1) torques in N m, in [-2, 2]."""
    ### BEGIN SOLUTION
    angle, velocity = state[:, 0], state[:, 1]
    energy = velocity**2 / 2 + f_s * np.cos(angle)
    missing = f_s - energy
    torque = k * missing * velocity
    at_rest = (np.abs(velocity) < 0.01) & (np.cos(angle) < -0.99)
    torque = np.where(at_rest, 2.0, torque)
    demand = -(state @ gain.T)[:, 0]
    near = np.abs(demand) < hand_over
    torque = np.where(near, demand, torque)
    return np.clip(torque, -2, 2)[:, None]
    ### END SOLUTION


# %% tags=["check"]
swing_up = checks.exercise("13.4", swing_up)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# angle, velocity = state[:, 0], state[:, 1]
# energy = velocity**2 / 2 + f_s * np.cos(angle)
# missing = f_s - energy
# torque = k * missing * velocity
# at_rest = (np.abs(velocity) < 0.01) & (np.cos(angle) < -0.99)
# torque = np.where(at_rest, 2.0, torque)
# demand = -(state @ gain.T)[:, 0]
# near = np.abs(demand) < hand_over
# torque = np.where(near, demand, torque)
# return np.clip(torque, -2, 2)[:, None]
# ```
#
# The factor `missing` turns the push round when there is too much energy, so the pendulum stays
# about the separatrix and comes by upright again and again. LQR cannot swing up and the push cannot
# stop, so neither is a policy alone; the size of LQR's own demand says when it can be trusted.
# </details>
#
# Two numbers are open, $k$ and the threshold. They are chosen **in the equations**: 200 imagined
# episodes for each of twelve settings, scored with the task's reward, cost no real step. Then the
# real pendulum decides.
#
# **Predict:** the best possible mean return on the evaluation starts is known (dynamic
# programming). How close does a policy come that was never trained?

# %%
practice = np.random.default_rng(SEED).uniform(-1, 1, (200, 2)) * [np.pi, 1.0]


def imagined_score(k, hand_over):
    """Mean return of your policy in the equations, from starts like the task's own."""
    act = lambda state: swing_up(state, f_s, K, k, hand_over)  # noqa: E731
    trial = trials.imagined(model_step, practice, act, task.horizon)
    return task.reward(trial.states[:-1], trial.torques[..., None], None).sum(0).mean()


scores = {(k, n): imagined_score(k, n) for k in (0.1, 0.3, 1.0) for n in (2.0, 4.0, 8.0, 12.0)}
best = max(scores, key=scores.get)
print(f"imagined returns from {min(scores.values()):.0f} to {max(scores.values()):.0f}; "
      f"chosen: k = {best[0]:g}, threshold {best[1]:g} N m")  # fmt: skip


def policy(state):
    return swing_up(state, f_s, K, *best)


starts = EVALUATION_SEEDS[: budget.episodes]
at_random = trials.at_random(SEED)
returns = {
    "random": evaluate(task, at_random, starts),
    "LQR alone": evaluate(task, trials.as_agent(task, lqr), starts),
    "your policy": evaluate(task, trials.as_agent(task, policy), starts),
}
for name, result in returns.items():
    error = result.std / np.sqrt(len(starts))
    print(f"{name:<14}{result.mean:8.1f} ± {error:.1f} (mean and its standard error)")
print(f"{'best possible':<14}{task.best_return:8.1f} (over all {len(EVALUATION_SEEDS)} starts)")
lab.record(returns={name: r.mean for name, r in returns.items()})

path = trials.real(env, [np.pi, 0.0], policy, 200).states
style.show_figure(
    figures.swing_up(energy_of, E_up, path, np.abs(path @ K[0]) < best[1]),
    "Left, the path winds out from hanging to the thick line and along it to upright. Right, its "
    "energy climbs in steps to that of upright and stays there.",
)
lab.record(energy_reached=energy_of(*path[-1]), upright_at_the_end=bool(trials.upright(path)))

# %% [markdown]
# On the left the recipe is visible: a kick, a spiral out to the separatrix, a ride along it, and
# LQR (squares) catches the pendulum. On the right the energy climbs from hanging to the dotted
# line, in stairs: it rises where the pendulum is fast and rests where it turns round. (The short
# hop over the line is LQR at work, which does not look at the energy.) A curve that climbs past the
# line and stays there would be the wrong sign of `missing`. Pushing is not the best possible way
# up, but it is close, and every part of it can be explained. The film shows six seconds of it from
# hanging at rest; LQR alone stays below.

# %%
hand = {"LQR alone": lqr, "your policy": policy}
film = {name: trials.real(env, [np.pi, 0.0], control, 200) for name, control in hand.items()}
films.pendulum(
    np.stack([trial.states[:120, 0] for trial in film.values()]),
    np.stack([trial.torques[:120] for trial in film.values()]),
    titles=[f"{name}: {trial.reward:.0f}" for name, trial in film.items()], size=110, every=4,
)  # fmt: skip

# %% [markdown]
# ## 7 · Another pendulum, by pencil
#
# *Tomorrow the rod is half as long again. What is lost?* A network would need new data. In the
# equation we know what each number is made of, so it can be edited.
#
# ### Exercise 5 · Edit the equation (easy, required, 5 min)
#
# The acceleration is $f_s\sin\theta + f_u u$, with $f_s \propto g/l$ and $f_u \propto 1/(ml^2)$
# (this holds for the rod and for the weight on a light rod alike). Gravity, length and mass are
# multiplied by given factors. Return the two new coefficients.
#
# <details><summary>Hint 1: the idea</summary>
# Proportional means: what multiplies the right side multiplies the coefficient.</details>
#
# <details><summary>Hint 2: the structure</summary>
# f_s times gravity over length; f_u over mass and length squared.</details>


# %%
def edited(f_s, f_u, gravity=1.0, length=1.0, mass=1.0):
    """Old coefficients and three factors -> array (new f_s, new f_u)."""
    ### BEGIN SOLUTION
    return np.array([f_s * gravity / length, f_u / (mass * length**2)])
    ### END SOLUTION


# %% tags=["check"]
edited = checks.exercise("13.5", edited)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return np.array([f_s * gravity / length, f_u / (mass * length**2)])
# ```
#
# The mass is not in $f_s$, for it makes the rod heavier and lazier in the same measure. The length
# enters the inertia twice and the weight's lever once, so one power is left in $f_s$ and two in
# $f_u$.
# </details>
#
# The whole design is *one function of two numbers*, and all of it is yours. Two new worlds, and on
# each three policies: random, the old one untouched, the design redone with the edited numbers.


# %%
def design(f_s, f_u):
    """Coefficients of the acceleration -> a policy, without any data."""
    A, B = jacobian(0.0, f_s, dt), np.array([[dt**2 * f_u], [dt * f_u]])
    gain = riccati_gain(A, B, Q, R)
    return lambda state: swing_up(state, f_s, gain, *best)


transfer = {}
for name, (gravity, length) in {"half the gravity": (0.5, 1.0), "rod of 1.5 m": (1.0, 1.5)}.items():
    elsewhere = worlds.Elsewhere(10.0 * gravity, length)
    redone = design(*edited(f_s, f_u, gravity, length))
    policies = {"random": at_random, "old": trials.as_agent(task, policy),
                "redone": trials.as_agent(task, redone)}  # fmt: skip
    transfer[name] = {who: evaluate(elsewhere, act, starts).mean for who, act in policies.items()}
    print(f"{name:<18}", {who: round(value) for who, value in transfer[name].items()})
style.show_figure(
    figures.transfers(transfer),
    "Bars of mean returns in two other worlds: random is worst, the old policy in between, the "
    "redone one has the shortest bars.",
)
lab.record(transfer=transfer)

# %% [markdown]
# The edit cost no step in the new world. The old policy aims at a wrong $E^*$ and counts with a
# wrong slope, and pays for both, even where the task is easier. The redone one has the shortest
# bars. (The best possible returns there are not known, so the bars can only be compared with each
# other.)
#
# ## 8 · What the equations do not say
#
# *When would all of this mislead us?* Where the world does something that the data did not show:
# for example, a term that was never **excited**, which means that the data never made it large
# enough to be seen above the noise. Another world: our pendulum in thicker air, with a drag of
# $-0.02\,\dot\theta|\dot\theta|$ rad/s² and a sensor of noise 0.005. One data set is *gentle*
# (torques up to 0.2 N m from hanging), one is *lively* (up to 2 N m, beginning at 7 rad/s).
#
# **Predict:** in which of the two does the regression find the drag?

# %%
coasts = {"the world itself": worlds.thick_air}
drag_found = {}
for kind, start, most in (("gentle", [np.pi, 0.0], 0.2), ("lively", [np.pi, 7.0], 2.0)):
    x, increments, fastest = worlds.seen_in_thick_air(start, most, SEED)
    regressor = SymbolicRegressor(
        method="sparse", max_time=None, feature_names=("theta", "theta_dot", "u")
    ).fit(x, increments)
    print(f"{kind}: speeds up to {fastest:.2f} rad/s")
    print(f"   Δθ̇ = {regressor.equations_[0]['equation']}")
    drag_found[kind] = "theta_dot" in regressor.equations_[0]["equation"]
    coasts[f"equation of the {kind} data"] = lambda state, torque, fit=regressor: (
        worlds.semi_implicit(state, state[:, 1] + fit.predict(np.column_stack([state, torque])))
    )
coasts = {
    name: trials.imagined(step, np.array([[0.2, 0.0]]), trials.coast, 200).states[:, 0]
    for name, step in coasts.items()
}
style.show_figure(
    figures.coasting(energy_of, coasts),
    "Energy of coasting over ten seconds. The world's line sinks, the lively data's equation lies "
    "on it; the gentle data's equation keeps its energy.",
)
ends = {name: float(energy_of(*path[-1])) for name, path in coasts.items()}
for name, end in ends.items():
    print(f"{name:<28} ends at {end:5.1f} rad²/s²")
lab.record(drag_found=drag_found, ends=list(ends.values()))

# %% [markdown]
# The grey line is the real fall: it loses energy. The equation of the lively data follows it. That
# of the gentle data keeps its energy for ever, for it has no drag. Moving slowly, the drag is far
# below the noise, and the regression is right to leave it out: the shorter formula explains the
# gentle data as well. But "no drag term was found" is not "there is no drag". A formula
# extrapolates *its own terms*; what it left out, it extrapolates as zero.
#
# ### A bound (optional)
#
# The simulator clips the velocity to ±8 rad/s. Those transitions were left out of the fit, and no
# equation mentions them.

# %%
needed = np.sqrt(2 * (E_up - E_down))
print(f"to coast up from the lowest point takes {needed:.2f} rad/s there; the bound is 8")
print(f"from {(8 / needed) ** 2:.3f} times the gravity on, the bound forbids it")
lab.record(gravity_limit=(8 / needed) ** 2)

# %% [markdown]
# The separatrix stays just below the bound, which is luck. With a little more gravity (the printed
# factor) it would lie beyond, and an edited equation would promise what the world does not keep.
#
# ## 9 · The same reading for a car (optional)
#
# *Does this work beyond pendulums?* `car2d` is a small car on a plane: position $x, y$, heading
# $\psi$, speed $v$; the controls are a throttle $a_1$ and a steering wheel $a_2$, both in [−1, 1].
# Its equations, from 300 random steps (a prime marks new values):

# %%
car_loop = worlds.random_steps("car2d", 300, SEED, proposer=budget.proposer)
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
new_values = {symbol[f"{name}_next"]: v for name, v in zip(car.state_names, after, strict=True)}
for _ in after:  # new values stand in other equations: insert until none is left
    after = [value.subs(new_values) for value in after]
car_A, car_B = (sp.Matrix(after).jacobian(by) for by in (state_of_car, controls))


def at(matrix, speed, heading=0.5):
    """The matrix at the origin, at a heading and speed, with both controls at zero."""
    values = dict(zip([*state_of_car, *controls], [0, 0, heading, speed, 0, 0], strict=True))
    return np.array(matrix.subs(values), dtype=float)


for speed in (0.0, 1.0):
    print(f"at {speed:g} m/s: what a unit of each control changes in one step")
    for name, row in zip(car.state_names, at(car_B, speed), strict=True):
        print(f"   {name:<4} throttle {row[0]:7.4f}   steering {row[1]:7.4f}")

# %% [markdown]
# At rest the whole column of the steering wheel is zero: **a car that stands cannot turn**. In the
# equation of $\psi$ the wheel $a_2$ stands only in products, with the speed or with the throttle.
#
# Over several steps a linear system reaches the directions in the columns of
# $[B,\; AB,\; A^2B,\; A^3B]$, the **controllability matrix**. All four coordinates can be steered
# if its rank is 4. **Predict:** the rank at rest, and at 1 m/s.

# %%
ranks = {}
for speed in (0.0, 1.0):
    A_car, B_car = at(car_A, speed), at(car_B, speed)
    reachable = np.hstack([np.linalg.matrix_power(A_car, n) @ B_car for n in range(4)])
    ranks[speed] = int(np.linalg.matrix_rank(reachable, tol=1e-6))
    print(f"{speed:g} m/s: rank {ranks[speed]} of 4")
keeps, gains_of_car = (float(sp.expand(after[3]).coeff(s)) for s in (symbol["v"], controls[0]))
car_step = sp.lambdify([*state_of_car, *controls], after, "numpy")
driven, actions = worlds.parked_sideways(car, car_step, keeps, gains_of_car)
style.show_figure(
    figures.sideways(driven),
    "The real car's way: ahead in an S to the left, then straight back to a place beside its "
    "start; arrows show that its heading is the same in the end.",
)
ends_at = ", ".join(f"{n} {v:+.4f}" for n, v in zip(car.state_names, driven[-1], strict=True))
print(f"the real car at the end: {ends_at}")
print(f"largest control {np.abs(actions).max():.2f}")
lab.record(car_ranks=list(ranks.values()), parked=driven[-1],
           largest_control=np.abs(actions).max())  # fmt: skip

# %% [markdown]
# At rest only two directions can be steered, the speed and the way ahead; heading and the way
# sideways are out of reach of any controller that is designed from this linearisation. **But
# beware:** this is a statement about the *linearisation*. Any driver parks sideways, and the recipe
# can be read off the equations: invert the equation of $v$ to get the throttle for a wanted speed;
# steer left, then right, so that the heading cancels; come back straight. The figure shows the real
# car doing it. It ends beside its start with the heading that it began with. Large controls in the
# right order do more than the rank promises for small ones.
#
# ## Quick quiz
#
# <details><summary>Why can g and l not be read separately?</summary>
# Only the coefficients of sin θ and u are seen. Any pendulum with the same two makes the same data:
# two numbers cannot fix m, g, l and a shape.</details>
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
# <details><summary>A regression found no friction. Is there none?</summary>
# None that the data excited above the noise. Faster motion may show it.</details>
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
# design from those numbers: which part suffers first? Notebook
# [14](14_learning_through_the_equations.ipynb) lets gradients through the same equations find a
# policy.
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
