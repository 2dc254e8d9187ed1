# %% [markdown]
# # 06 · Pretraining the transformer
#
# Two hundred points in, a formula out. *Can a network learn that from nothing but random formulas?*
# In this notebook you build the parts that matter, train a small one live, find out how much of
# what it says comes from the points and how much it would say anyway, and load the one that the
# course ships.
#
# **You will be able to**
# - say why points need no order and tokens do, and what follows for encoder and decoder;
# - write attention, the causal mask and the loss of the next token, and know how each goes wrong;
# - read a training curve: what is learned from the points, what from habit, what by heart;
# - judge a trained network by what it recovers, beside a baseline that does not look at the data.
#
# **Before you start:** attention in outline; formulas as trees (04); the prior and its tokens (05).
# **Time:** about 3 minutes of computing, on two cores.
# **Memory:** under 1.5 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import json
import time
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch

from symtut import progress
from symtut.expressions import Grammar, RandomFunctions, canonical_terms, decode, random_functions
from symtut.lab import checks, curves, explorers, style, training
from symtut.paths import data_path
from symtut.regression.transformer.decoding import prepare, sample
from symtut.regression.transformer.examples import PRESETS, make_chunk
from symtut.regression.transformer.pretraining import Pretraining
from symtut.regression.transformer.tokens import MAX_TERMS, spelled
from symtut.regression.transformer.weights import load_weights

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(chunks=4, chunk_size=256, updates=12, functions=6, points=(16, 48)),
    lab=dict(chunks=40, chunk_size=512, updates=260, functions=40, points=(16, 128)),
    paper=dict(chunks=160, chunk_size=512, updates=600, functions=150, points=(16, 256)),
)
config = replace(
    PRESETS["tiny"], seed=SEED, chunk_size=budget.chunk_size, points=budget.points,
    examples=budget.chunks * budget.chunk_size,
)  # fmt: skip

# %% [markdown]
# ## 1 · The task in one picture
#
# *What exactly goes in, and what should come out?* A random function is drawn from the prior
# (notebook 05), looked at through random points, and written down as tokens. The network sees the
# points and, one after the other, the tokens that are already written; it learns to name the next.

# %%
batches = make_chunk(config, chunk=0)
batch = batches[0]
training.example_figure(batch, row=0)
plt.show()
print("x", tuple(batch.x.shape), " y", tuple(batch.y.shape), " tokens", tuple(batch.tokens.shape))

# %% [markdown]
# `x` is (functions, points, 6): a function of fewer than six variables has zeros behind. `y` has
# mean 0 and standard deviation 1. `tokens` start with `<bos>`, end with `<eos>`, and are padded.
# Only the *terms* of a sum are written; the coefficients in front are solved for afterwards.
#
# Two kinds of input, two kinds of network:
#
# | | order matters? | network | attention |
# |---|---|---|---|
# | points | no: a set | encoder | a few *latent* vectors look at all points |
# | tokens | yes: a sequence | decoder | each token looks at those before it, and at the latents |
#
# ## 2 · Attention over a set
#
# *How does a network read a set?* Every latent vector asks a question $q$ (a vector of $d$
# numbers); every point offers a key $k_i$ and a value $v_i$. The answer is the average of the
# values, weighted by how well key and question fit:
#
# $$ \text{answer} = \sum_i w_i v_i, \qquad w_i = \frac{e^{q \cdot k_i / \sqrt d}}
# {\sum_j e^{q \cdot k_j / \sqrt d}} . $$
#
# ### Exercise 1 · Attention (medium, required, 10 min)
#
# Write it for $L$ questions and $n$ points at once.
#
# <details><summary>Hint 1: the idea</summary>
# All scores at once are a matrix product: each question with each key. The weights of one question
# sum to 1.</details>
#
# <details><summary>Hint 2: the structure</summary>
# scores = q @ k.T / √d, of shape (L, n); softmax along the points (dim=1); the weights times v.
# </details>


# %%
def attention(q, k, v):
    """(L, d) questions, (n, d) keys, (n, d) values -> (L, d) answers, with gradients."""
    ### BEGIN SOLUTION
    scores = q @ k.T / q.shape[1] ** 0.5  # (L, n)
    return torch.softmax(scores, dim=1) @ v
    ### END SOLUTION


# %% tags=["check"]
attention = checks.exercise("06.1", attention)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# scores = q @ k.T / q.shape[1] ** 0.5  # (L, n)
# return torch.softmax(scores, dim=1) @ v
# ```
#
# The softmax runs over the points, because each question has to share its attention among them. The
# root of d keeps the scores at a size at which the softmax still listens to more than one point.
# </details>
#
# **Predict:** shuffle the points. What happens to the answers? And to those of a network that is
# told each point's place in the list?

# %%
draw = torch.Generator().manual_seed(SEED)
q, points = torch.randn(4, 8, generator=draw), torch.randn(30, 8, generator=draw)
shuffled = points[torch.randperm(30, generator=draw)]
places = torch.linspace(-1, 1, 30)[:, None]  # the place in the list, added to every point
moved = {
    "a set": (attention(q, points, points) - attention(q, shuffled, shuffled)).abs().max(),
    "a list": (
        attention(q, points + places, points + places)
        - attention(q, shuffled + places, shuffled + places)
    ).abs().max(),
}  # fmt: skip
for name, change in moved.items():
    print(f"{name:<7} largest change of an answer after shuffling: {change:.1e}")
lab.record(shuffle_set=moved["a set"], shuffle_list=moved["a list"])

# %% [markdown]
# The answers of the set change by rounding errors only, those of the list by a good part of their
# size. A set has no first point, and now the network has none either: one thing less to learn. It
# also takes any *number* of points, and the cost grows with points × latents, not points × points.
#
# In the real encoder the question is learned, and a point enters as a vector of features: the raw
# numbers, compressed ones, their sines and cosines. (It also gets the correlations of $y$ with a
# library of functions. That is a piece of sparse regression built in, and the model card says what
# it is worth.)
#
# ## 3 · The causal mask
#
# *Why must the decoder not look ahead?* In training all tokens of a formula are there at once, and
# every position predicts its successor in parallel. A position that could see its successor would
# only have to copy it. So position $i$ may look at positions $0 … i$.
#
# ### Exercise 2 · The mask (easy, required, 5 min)
#
# What is added to the scores: 0 where looking is allowed, $-\infty$ where it is not.
#
# <details><summary>Hint 1: the idea</summary>
# Row i says what position i may see: itself and everything before it.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Begin with zeros of (length, length). In row i, set the columns from i + 1 on to −∞.</details>


# %%
def causal_mask(length):
    """-> (length, length) float tensor; row i: what position i may see."""
    ### BEGIN SOLUTION
    mask = torch.zeros(length, length)
    for i in range(length):
        mask[i, i + 1 :] = -torch.inf
    return mask
    ### END SOLUTION


# %% tags=["check"]
causal_mask = checks.exercise("06.2", causal_mask)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# mask = torch.zeros(length, length)
# for i in range(length):
#     mask[i, i + 1 :] = -torch.inf
# return mask
# ```
#
# Minus infinity before the softmax becomes a weight of exactly 0 after it, so nothing leaks
# through. The diagonal stays 0: a position has to see its own token, which it continues.
# </details>
#
# ### What happens without it
#
# **Predict:** two small networks, the same data, the same number of updates; one has no mask. Which
# has the lower loss? Which writes the better formulas?

# %%
peek = {}
for name, masked in (("with the mask", True), ("without", False)):
    peek[name] = training.short_training(config, budget.updates, masked, SEED)
    print(
        f"{name:<14} loss {peek[name].losses[-10:].mean():.2f} nats a token; own writing: "
        f"{peek[name].complete:.0%} of the samples are formulas, "
        f"{peek[name].terms_found:.0%} of the terms found"
    )
axes = plt.subplots(figsize=(6.5, 3))[1]
for (name, run), line in zip(peek.items(), ("-", "--"), strict=True):
    axes.plot(training.smooth(run.losses, 9), line, label=name)
axes.set(xlabel="updates", ylabel="training loss (nats a token)", ylim=(0, None))
axes.legend()
plt.show()
lab.record(
    loss_with_mask=peek["with the mask"].losses[-10:].mean(),
    loss_without_mask=peek["without"].losses[-10:].mean(),
)

# %% [markdown]
# The dashed curve falls to almost nothing, and hardly one of that network's own samples is a
# formula. A loss that is far too good is the failure signature: the network without the mask has
# learned to copy the answer from its input. When it has to write by itself there is nothing to
# copy. *Whenever a loss is too good, ask what the network can see.*
#
# ## 4 · The loss
#
# *What exactly is made small?* At every position the network gives a probability to each token of
# the alphabet. The loss is the mean over positions of $-\ln p(\text{token that really came})$, in
# nats. Padding does not count.
#
# ### Exercise 3 · Cross-entropy of the next token (hard, required, 15 min)
#
# `logits[b, t]` are the scores *after reading* token $t$ of row $b$: they predict token $t + 1$.
# The token 0 is padding.
#
# <details><summary>Hint 1: the idea</summary>
# Drop the last column of the logits and the first of the tokens: then they face each other. Take
# the log-probability of each target, and the mean over those that are no padding.</details>
#
# <details><summary>Hint 2: the structure</summary>
# log_p = torch.log_softmax(logits[:, :-1], dim=-1); target = tokens[:, 1:]; gather along the last
# axis with target[..., None]; multiply by (target != 0), sum, divide by how many are real; minus.
# </details>


# %%
def next_token_loss(logits, tokens):
    """(B, T, V) scores, (B, T) tokens -> mean loss in nats of real next tokens, with gradients."""
    ### BEGIN SOLUTION
    log_p = torch.log_softmax(logits[:, :-1], dim=-1)
    target = tokens[:, 1:]
    of_target = log_p.gather(-1, target[..., None])[..., 0]  # (B, T - 1)
    real = target != 0
    return -(of_target * real).sum() / real.sum()
    ### END SOLUTION


# %% tags=["check"]
next_token_loss = checks.exercise("06.3", next_token_loss)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# log_p = torch.log_softmax(logits[:, :-1], dim=-1)
# target = tokens[:, 1:]
# of_target = log_p.gather(-1, target[..., None])[..., 0]  # (B, T - 1)
# real = target != 0
# return -(of_target * real).sum() / real.sum()
# ```
#
# The scores after token t are a prediction of token t + 1, so both are shifted against each other;
# without the shift the network is paid for repeating its input. The mean is over real tokens, or
# else a batch with long formulas would seem easier the more padding it has.
# </details>
#
# ## 5 · Training, live
#
# *What does it learn first?* Here is the real thing in small: encoder, decoder, AdamW, a learning
# rate that warms up and falls at the end. Every chunk of functions is new; none is seen twice.
#
# ### Exercise 4 · The learning rate (easy, optional, 5 min)
#
# With `done` from 0 to 1 the share of training that is over: rise linearly from 0 to `peak` over
# the first 2 %, stay, and fall linearly to 0 over the last 20 %.
#
# <details><summary>Hint 1: the idea</summary>
# Three lines: one that rises, one that is level, one that falls. The lowest of them is the answer.
# </details>
#
# <details><summary>Hint 2: the structure</summary>
# peak times the smallest of 1, done / 0.02 and (1 − done) / 0.2.</details>


# %%
def learning_rate(done, peak):
    """Share of the training that is over, in [0, 1] -> learning rate."""
    ### BEGIN SOLUTION
    return peak * min(1.0, done / 0.02, (1 - done) / 0.2)
    ### END SOLUTION


# %% tags=["check"]
learning_rate = checks.exercise("06.4", learning_rate)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return peak * min(1.0, done / 0.02, (1 - done) / 0.2)
# ```
#
# It rises first because the optimiser knows the sizes of the gradients only after some updates. It
# falls to zero so that the noise of the last batches is averaged out of the weights.
# </details>

# %% [markdown]
# ### The training itself

# %%
run = Pretraining(config, lab.workspace() / "tiny")
began, history = time.process_time(), []
for _ in progress.steps(range(budget.chunks), "pretraining"):
    history.append((run.seen, *run.step().values()))
history = np.array(history)  # examples seen, loss, token accuracy
seconds = time.process_time() - began
tiny = run.model.eval()
parameters = sum(p.numel() for p in tiny.parameters())
print(f"{parameters:,} parameters, {run.seen:,} functions, {seconds:.0f} CPU-seconds")
print(f"loss {history[0, 1]:.2f} -> {history[-1, 1]:.2f} nats a token")
lab.record(first_loss=history[0, 1], last_loss=history[-1, 1], functions_seen=run.seen)

# %% [markdown]
# ### How much of that is reading?
#
# A network that never looked at the points could still do well: `<bos>` is often followed by a
# variable, `sin` by a variable, a long formula by `<eos>`. So here are three answers to the same
# held-out formulas: one that knows only how frequent each token is; one that knows which token
# follows which (a table of pairs); and our network, once with the right points and once with
# **another function's points**. The last difference is what it reads from the data.

# %%
held_out = [b for c in range(2) for b in make_chunk(config, c, held_out=True)]
seen_batches = [b for c in range(4) for b in make_chunk(config, 10_000 + c)]
nats = training.baselines(seen_batches, held_out, tiny.config.vocabulary_size)
nats["network, wrong points"] = training.loss_on(tiny, held_out, wrong_points=True)
nats["network"] = training.loss_on(tiny, held_out)
for name, value in nats.items():
    print(f"{name:<24} {value:.2f} nats a token")
print(f"read from the points: {nats['network, wrong points'] - nats['network']:.2f} nats a token")
lab.record(nats=nats)

# %% tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.2))
axes[0].plot(history[:, 0], history[:, 1], label="training, every chunk new")
for (name, value), line in zip(list(nats.items())[:2], (":", "--"), strict=True):
    axes[0].axhline(value, color="#888888", linestyle=line, linewidth=1.2, label=name)
axes[0].set(xlabel="functions seen", ylabel="loss (nats a token)", title="Training")
axes[0].legend(fontsize=8)
axes[1].barh(list(nats), list(nats.values()), color=style.OKABE_ITO[: len(nats)])
axes[1].invert_yaxis()
axes[1].set(xlabel="held-out loss (nats a token)", title="Who knows what")
axes[1].grid(axis="y", visible=False)
plt.show()

# %% [markdown]
# Left, the loss falls below both tables within some thousand functions. Right, the distance between
# the two lowest bars is knowledge about *this* function; everything above it is knowledge about
# formulas in general. After so short a training the distance is small: the printed last line. In
# the first minutes a network learns grammar; reading comes slowly, and it is what costs the time.
#
# ### Learned by heart
#
# A classic mistake in making training data: several workers draw with the same seed, so the same
# functions come again and again. **Predict:** the loss on repeated chunks, and on fresh ones.

# %%
repeated = training.short_training(config, budget.updates, True, SEED, chunks=1)
fresh = training.short_training(config, budget.updates, True, SEED)
table = {
    "one chunk, again and again": (repeated.losses[-10:].mean(), repeated.held_out),
    "every chunk new": (fresh.losses[-10:].mean(), fresh.held_out),
}
for name, (seen, unseen) in table.items():
    print(f"{name:<27} training loss {seen:.2f}, held out {unseen:.2f}")
lab.record(repeated=table["one chunk, again and again"], fresh=table["every chunk new"])

# %% [markdown]
# The training loss alone cannot tell the two apart, or prefers the wrong one; only functions that
# nobody has seen can. That is why `symtut pretrain` keeps a fingerprint of every chunk and stops
# with an error if one comes twice, and why one skeleton in 64 is held out by a hash.
#
# ### Exercise 5 · Which sign is it? (easy, required, 3 min)
#
# A colleague's run shows: training loss 0.9 and falling, held-out loss 1.5 and *rising*, chunks all
# different. What is most likely?
#
# - (a) the causal mask is missing
# - (b) the set of functions is too small: chunks differ in their points, skeletons repeat
# - (c) the learning rate is too low
#
# <details><summary>Hint 1: the idea</summary>
# What can a network know that helps it with the functions it has seen, and harms it with others?
# </details>
#
# <details><summary>Hint 2: the structure</summary>
# Go through the three. A missing mask would make <em>both</em> losses too good. A low rate would
# leave both high.</details>

# %%
answer = None
### BEGIN SOLUTION
answer = "b"
### END SOLUTION

# %% tags=["check"]
answer = checks.exercise("06.5", answer)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# answer = "b"
# ```
#
# The network knows the skeletons by heart, and it is sure of itself where they do not fit: that is
# why the loss on others rises. New points of an old function are no new function.
# </details>
#
# ## 6 · The one that ships
#
# Two minutes make a toy. The weights that the course ships were trained by the same code for
# longer, with more parameters. Their card says what they are:

# %%
general = load_weights("general")
card = json.loads(data_path("weights/general.json").read_text(encoding="utf-8"))
shown = {
    "parameters": f"{card['parameters']:,}",
    "functions seen": f"{card['examples_seen']:,}",
    "training": f"{card['cpu_seconds']:,.0f} CPU-seconds on {card['device']}",
    "writes": f"{general.config.form}, constants as {general.config.constants}",
    "made": f"{card['provenance']['date'][:10]}, commit {str(card['provenance']['commit'])[:12]}",
}
for name, text in shown.items():
    print(f"{name:<15} {text}")

# %% tags=["hide-input"]
curves.training_curves({"general": data_path("results/regression/training_general.csv")})
plt.show()

# %% [markdown]
# Losses of networks with different alphabets do not compare. What compares is what they *find*. For
# each of some random functions of two and more terms: which share of their terms stands in at least
# one of 32 samples? The baseline draws 32 formulas blindly from the prior.

# %%
drawn = random_functions(
    RandomFunctions(noise=0.0), 5 * budget.functions, 200, np.random.default_rng([SEED, 6])
)
several = [i for i, row in enumerate(drawn.codes) if 1 < len(decode(row)) <= MAX_TERMS]
several = several[: budget.functions]


def terms_found(propose):
    """Share of the terms of each function that are in its samples, and CPU-seconds a function."""
    shares, began = [], time.process_time()
    for i in progress.steps(several, "functions"):
        generator = np.random.default_rng([SEED, i])
        x = drawn.x[i, :, : int(drawn.n_variables[i])].numpy()
        pool = {term for terms in propose(x, drawn.y[i].numpy(), generator) for term in terms}
        wanted = canonical_terms(decode(drawn.codes[i]))
        shares.append(np.mean([term in pool for term in wanted]))
    return np.array(shares), (time.process_time() - began) / len(several)


proposers = {
    "general weights": lambda x, y, g: [c.terms for c, _ in sample(general, x, y, 32, g)],
    "yours, just trained": lambda x, y, g: [c.terms for c, _ in sample(tiny, x, y, 32, g)],
    "blind prior": lambda x, y, g: Grammar().sample(32, x.shape[1], g),
}
found = {}
for name, propose in proposers.items():
    shares, cost = terms_found(propose)
    low, high = training.bootstrap(shares, SEED)
    found[name] = shares.mean()
    print(
        f"{name:<20} {shares.mean():.2f} of the terms [{low:.2f}, {high:.2f}], "
        f"{1000 * cost:.0f} CPU-ms a function"
    )
lab.record(terms_found=found)

# %% [markdown]
# A *proposer* is whatever suggests formulas: here two networks and blind draws. With so few
# functions the intervals are wide: where they overlap, the two cannot be told apart. Read the last
# column, too. Blind draws cost next to nothing, so at *equal time* the prior may draw many more
# than 32, and each has still to be fitted. Whether the transformer is worth its time is settled in
# notebook 07, by recovery within the same CPU-seconds; the honest answer there is "on some
# functions".
#
# ### Look at what it thinks (optional)
#
# Probabilities of the *first* token for a few functions. The network has seen none of them.

# %%
WORLDS = {
    "sin(x0)": lambda x: np.sin(x[:, 0]),
    "x0·x1": lambda x: x[:, 0] * x[:, 1],
    "|x1|·x1 + x0": lambda x: np.abs(x[:, 1]) * x[:, 1] + x[:, 0],
    "noise": lambda x: np.random.default_rng(SEED).normal(size=len(x)),
}


def first_token(function, points):
    """Bar chart of the most probable first tokens after reading ``points`` points."""
    x = np.random.default_rng(SEED).uniform(-3, 3, (points, 2))
    inputs = prepare(x, WORLDS[function](x), 200, np.random.default_rng(0))
    with torch.no_grad():
        logits = general(*inputs, torch.tensor([[1]]))[0, -1]
    p = torch.softmax(logits, 0)
    top = p.argsort(descending=True)[:8].tolist()
    axes = plt.subplots(figsize=(6.5, 2.8))[1]
    axes.bar([spelled(code) for code in top], p[top], color=style.OKABE_ITO[0])
    axes.set(ylabel="probability", ylim=(0, 1), title=f"{function}, {points} points")
    axes.grid(axis="x", visible=False)


explorers.explore(first_token, function=list(WORLDS), points=(5, 200, 5, 100))

# %% [markdown]
# ## Quick quiz
#
# <details><summary>Why is a sequence model suited to formulas?</summary>
# A formula is a sequence with structure: what may come next depends on all that is already there
# (an operator asks for its arguments), and so does what is likely. A model of the next token
# captures both, writes formulas of any length, and gives each a probability to sample from.
# </details>
#
# <details><summary>Why does the encoder know no positions?</summary>
# Points are a set. An order would have to be unlearned.</details>
#
# <details><summary>A loss of 0.1 nats a token after a minute: champagne?</summary>
# No. Look for the leak: a missing mask, targets that are not shifted, functions that repeat.
# </details>
#
# <details><summary>What is the loss of a network that ignores the points?</summary>
# At best the entropy of the prior's tokens given the tokens before. Only what is below that was
# read from the data.</details>
#
# ## What to remember
#
# - Points in as a set, tokens out as a sequence: latents look at points, tokens look back.
# - The loss of the next token is low for three reasons: reading, habit, memory. Separate them.
# - Endless random functions cannot be learned by heart, unless the generator repeats itself.
# - Too good a loss is a symptom.
# - Judge by what is recovered, beside a baseline that does not look at the data.
#
# ## What next
#
# Notebook 07 turns tokens into equations: sampling, constants, recombination, ranking. To train
# longer: `symtut pretrain --preset small --out weights/mine` (hours; it can be interrupted).
#
# ## References
#
# - Vaswani et al., *Attention is all you need*, NeurIPS 2017, arXiv 1706.03762.
# - Lee et al., *Set Transformer*, ICML 2019, arXiv 1810.00825.
# - Jaegle et al., *Perceiver: general perception with iterative attention*, ICML 2021,
#   arXiv 2103.03206.
# - Biggio et al., *Neural symbolic regression that scales*, ICML 2021, arXiv 2106.06427.
# - Kamienny et al., *End-to-end symbolic regression with transformers*, NeurIPS 2022,
#   arXiv 2204.10532.
