# %% [markdown]
# # 06 · Pretraining the transformer
#
# Two hundred points in, a formula out. *Can a network learn that from nothing but random formulas?*
# In this notebook you write the parts that matter and the training itself, and train a small
# network live. You find out how much of what it says comes from the points and how much it would
# say anyway, fool yourself in two ways on purpose, and load the network that the course ships.
#
# **You will be able to**
# - say why points need no order and tokens do, and what follows for encoder and decoder;
# - write attention, the causal mask, the loss of the next token and the loop that trains with them;
# - read a training curve: what is learned from the points, what from habit, what by heart;
# - judge a trained network by what it recovers, beside a baseline that does not look at the data.
#
# **Before you start:** attention in outline; formulas as trees (04); the prior and its tokens (05).
# **Time:** about 2 minutes of computing, on two cores.
# **Memory:** under 1.5 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np
import torch

from symtut.lab import checks, explorers, style
from symtut.lab.scenes import nb06_figures as figures
from symtut.lab.scenes import nb06_networks as scene
from symtut.regression.transformer.examples import PRESETS, make_chunk
from symtut.regression.transformer.weights import load_weights

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(updates=12, chunk_size=256, functions=6, points=(16, 48)),
    lab=dict(updates=320, chunk_size=512, functions=40, points=(16, 128)),
    paper=dict(updates=1280, chunk_size=512, functions=150, points=(16, 256)),
)
config = replace(
    PRESETS["tiny"], seed=SEED, chunk_size=budget.chunk_size, points=budget.points
)  # fmt: skip

# %% [markdown]
# ## 1 · The task in one picture
#
# *What exactly goes in, and what should come out?* A random function is drawn from the prior
# (notebook 05) and looked at through random points. Its formula is written down as *tokens*: one
# for each variable, operator or constant. The network sees the points and the tokens that are
# already written; it learns to name the next.

# %%
batches = make_chunk(config, chunk=0)
batch = batches[0]
words = figures.words(batch, row=0)
style.show_figure(
    figures.example(batch, row=0),
    f"Dots: y over each of {int(batch.n_variables[0])} variables, for the function whose tokens "
    f"stand above: {' '.join(words)}.",
)
print("x", tuple(batch.x.shape), " y", tuple(batch.y.shape), " tokens", tuple(batch.tokens.shape))
print(f"this formula has {len(words)} tokens; the other {batch.tokens.shape[1] - len(words)} "
      "places of its row are padding")  # fmt: skip

# %% [markdown]
# `x` is (functions, points, 6): a function of fewer than six variables has zeros in the last
# columns. `y` has mean 0 and standard deviation 1. Each row of `tokens` starts with `<bos>`, which
# says *begin*, ends with `<eos>`, which says *end*, and is then filled up with the token 0, the
# *padding*, to the length of the longest formula. Only the *terms* of a sum are written; the
# coefficients in front are solved for afterwards (notebook 07).
#
# The two kinds of input need two kinds of network:
#
# | | order matters? | network | attention |
# |---|---|---|---|
# | points | no: a set | encoder | a few *latents* look at all points |
# | tokens | yes: a sequence | decoder | each token looks at those before it, and at the latents |
#
# A *latent* is a vector of numbers that the training shapes: what the encoder keeps of the points.
#
# ## 2 · Attention over a set
#
# *How does a network read a set?* Every latent asks a question $q$ (a vector of $d$
# numbers); every point offers a key $k_i$ and a value $v_i$. The answer is the average of the
# values, weighted by how well key and question fit:
#
# $$ \begin{aligned}
# \text{answer} &= \sum_i w_i v_i, \\
# w_i &= \frac{e^{q \cdot k_i / \sqrt d}}{\sum_j e^{q \cdot k_j / \sqrt d}} .
# \end{aligned} $$
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
mixed = points[torch.randperm(30, generator=draw)]
places = 2 * torch.linspace(-1, 1, 30)[:, None]  # the place in the list, added to every point
answers = {
    "a set": (attention(q, points, points), attention(q, mixed, mixed)),
    "a list": (attention(q, points + places, points + places),
               attention(q, mixed + places, mixed + places)),
}  # fmt: skip
style.show_figure(
    figures.shuffled(answers),
    "Answers after shuffling over those before. Left, without places, all lie on the diagonal; "
    "right, with places, they lie beside it.",
)
moved = {name: (before - after).abs().max() for name, (before, after) in answers.items()}
for name, change in moved.items():
    print(f"{name:<7} largest change of an answer after shuffling: {change:.1e}")
lab.record(shuffle_set=moved["a set"], shuffle_list=moved["a list"])

# %% [markdown]
# The answers of the set change by rounding errors only, those of the list by the much larger number
# that is printed. A set has no first point, and with your attention the network has none either:
# one thing less to learn. It also takes any *number* of points, and the cost grows with points ×
# latents, not points × points. It would be a surprise if the left dots left the diagonal: then the
# softmax would run along the wrong axis.
#
# In the real encoder the questions are learned, and a point enters as a vector of features: the raw
# numbers, compressed ones, their sines and cosines. It also gets the correlations of $y$ with a
# library of functions, which is a piece of sparse regression built in.
#
# ## 3 · The causal mask
#
# *Why must the decoder not look ahead?* In training all tokens of a formula are there at once, and
# every position predicts its successor in parallel. A position that could see its successor would
# only have to copy it. So position $i$ may look at positions $0, \dots, i$. The scores of the
# attention get a *mask* added before the softmax.
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
# A mask can be tested without any training. Take an untrained network, change one token, and look
# which positions notice. **Predict:** what does the map look like with your mask, and what without?


# %%
def no_mask(length):
    """Every position sees all others."""
    return torch.zeros(length, length)


untrained = scene.fresh_network(config, SEED)
long = batches[np.argmax([b.tokens.shape[1] for b in batches])]
seen = {
    "with your mask": scene.influence(untrained, long, causal_mask),
    "without a mask": scene.influence(untrained, long, no_mask),
}
style.show_figure(
    figures.who_sees_whom(seen, figures.words(long, row=0)),
    "Two square maps: which scores change if a token is changed. With the mask all above the "
    "diagonal is empty; without it the whole square is filled.",
)
ahead = {name: np.triu(changes, 1).max() for name, changes in seen.items()}
for name, change in ahead.items():
    print(f"{name}: a later token changes earlier scores by at most {change:.1e}")
lab.record(ahead=ahead)

# %% [markdown]
# A row is a position, a column a token that is changed. With your mask everything above the
# diagonal is exactly 0: no position knows what comes after it. Without a mask every position
# notices every change. Make this test before a training and not after it: section 7 shows what a
# leak does there.
#
# ## 4 · The loss
#
# *What exactly is made small?* At every position the network gives a probability to each token of
# the alphabet. The loss is the mean over positions of $-\ln p(\text{token that really came})$, in
# nats. Padding does not count.
#
# ### Exercise 3 · Cross-entropy of the next token (medium, required, 12 min)
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
# Here is the whole loss of a network, made of your mask and your cross-entropy. A network that
# knows nothing gives each token about the same probability. **Predict:** its loss in nats, for an
# alphabet as large as the one printed below.


# %%
def loss_of(model, batch, mask=causal_mask):
    """Mean loss of the next token in nats, (), with gradients."""
    scores = scene.next_scores(model, batch, batch.tokens, mask)
    return next_token_loss(scores, batch.tokens)


at_start = loss_of(untrained, batch).item()
size = config.model.vocabulary_size
print(f"untrained: {at_start:.2f} nats; ln {size} = {np.log(size):.2f} nats")
lab.record(at_start=at_start, uniform=np.log(size))

# %% [markdown]
# The two numbers should be close. A loss at the start that is far above $\ln V$ would mean that the
# network is sure of itself before it has learned anything.
#
# ## 5 · Training, live
#
# *What does it learn first?* A training is a loop, and you write it. The functions come in
# *chunks*: `draw(0)` gives the batches of the first chunk, `draw(1)` those of the second, and so
# on. The same number gives the same functions, and another number gives others, without end.
#
# ### Exercise 4 · The training (hard, required, 20 min)
#
# Train all parameters of a model with `torch.optim.AdamW`, one update a batch, and stop after $n$
# updates, even in the middle of a chunk. `loss_of(model, batch)` gives the loss. In update
# $k = 0, 1, \dots, n - 1$ the learning rate is
#
# $$ \text{peak} \cdot \min\left(1,\ \frac{k + 1}{0.05\,n},\ \frac{n - k}{0.2\,n}\right) . $$
#
# It rises, stays, and falls. Cut the norm of the gradient at 1 (`torch.nn.utils.clip_grad_norm_`).
# Return the losses, one number an update, each from before its update.
#
# <details><summary>Hint 1: the idea</summary>
# Two loops: over chunks, until there are n losses; over the batches of a chunk, with the steps of
# every training: rate, loss, old gradients away, backward, clip, step. Each chunk is drawn once.
# </details>
#
# <details><summary>Hint 2: the structure</summary>
# Make the optimiser and an empty list of losses. While len(losses) &lt; updates: for each batch of
# draw(chunk), k = len(losses), and break if k is updates already; set group["lr"] for each group in
# optimizer.param_groups; loss = loss_of(model, batch); optimizer.zero_grad(); loss.backward(); clip
# model.parameters() to 1.0; optimizer.step(); append loss.item(). After the batches, chunk += 1.
# </details>


# %%
def pretrain(model, draw, loss_of, updates, peak):
    """Trains the model in place -> list of ``updates`` losses.

    model : torch.nn.Module; draw : number of a chunk, from 0 on -> list of batches;
    loss_of : (model, batch) -> (); peak : largest learning rate
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.AdamW(model.parameters(), peak)
    losses, chunk = [], 0
    while len(losses) < updates:
        for batch in draw(chunk)[: updates - len(losses)]:
            k = len(losses)
            share = min(1, (k + 1) / (0.05 * updates), (updates - k) / (0.2 * updates))
            for group in optimizer.param_groups:
                group["lr"] = peak * share
            loss = loss_of(model, batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        chunk += 1
    return losses
    ### END SOLUTION


# %% tags=["check"]
pretrain = checks.exercise("06.4", pretrain)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# optimizer = torch.optim.AdamW(model.parameters(), peak)
# losses, chunk = [], 0
# while len(losses) < updates:
#     for batch in draw(chunk)[: updates - len(losses)]:
#         k = len(losses)
#         share = min(1, (k + 1) / (0.05 * updates), (updates - k) / (0.2 * updates))
#         for group in optimizer.param_groups:
#             group["lr"] = peak * share
#         loss = loss_of(model, batch)
#         optimizer.zero_grad()
#         loss.backward()
#         torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
#         optimizer.step()
#         losses.append(loss.item())
#     chunk += 1
# return losses
# ```
#
# Every chunk is new, so the training loss is measured on functions that the network has not seen:
# it cannot be low because they were learned by heart. The rate rises first because AdamW knows the
# sizes of the gradients only after some updates, and it falls to zero so that the noise of the last
# batches is averaged out of the weights.
# </details>
#
# Your mask, your loss and your loop, on an encoder and a decoder of the package.


# %%
def draw(chunk):
    """The batches of one chunk of random functions."""
    return make_chunk(config, chunk)


tiny = scene.fresh_network(config, SEED)
losses = np.array(pretrain(tiny, draw, loss_of, budget.updates, config.learning_rate))
tiny.eval()
print(f"{sum(p.numel() for p in tiny.parameters()):,} parameters, {budget.updates} updates of "
      f"{config.batch_size} functions")  # fmt: skip
print(f"loss {losses[0]:.2f} -> {losses[-10:].mean():.2f} nats a token")
lab.record(first_loss=losses[0], last_loss=losses[-10:].mean())

# %% [markdown]
# ## 6 · How much of that is reading?
#
# *What would a network say that never looked at the points?* It could still do well: `<bos>` is
# often followed by a variable, `sin` by a variable, a long formula by `<eos>`. So here are four
# losses on the same *held-out* formulas, whose form no training sees: of a table that knows how
# frequent each token is; of a table that knows which token follows which; of your network with
# **another function's points**; and of your network with the right points.
#
# **Predict:** order the four. Where is the largest step?

# %%
held_out = [b for chunk in range(2) for b in make_chunk(config, chunk, held_out=True)]
counted = [b for chunk in range(4) for b in make_chunk(config, 10_000 + chunk)]
wrong_points = [scene.with_other_points(b) for b in held_out]
nats = scene.tables(counted, held_out, size)
nats["network, wrong points"] = scene.mean_loss(tiny, wrong_points, loss_of)
nats["network"] = scene.mean_loss(tiny, held_out, loss_of)
style.show_figure(
    figures.training(losses, nats),
    "Left: your training loss over updates, beside the losses of both tables. Right, held-out "
    "losses as bars: " + ", ".join(f"{name} {value:.2f}" for name, value in nats.items()) + ".",
)
below = np.flatnonzero(figures.smooth(losses) < nats["what follows what"])
read = nats["network, wrong points"] - nats["network"]
habit = nats["how frequent"] - nats["network, wrong points"]
print(f"first below both tables after update {below[0]}" if len(below) else "never below both")
print(f"habit, known without the points: {habit:.2f} nats a token")
print(f"read from the points:            {read:.2f} nats a token")
lab.record(nats=nats)

# %% [markdown]
# A *nat* is to the natural logarithm what a bit is to that of base 2: one nat less, and the right
# token has become 2.7 times as likely. The distance between the two lowest bars is knowledge about
# *this* function; everything above it is knowledge about formulas in general. Compare the two last
# lines: in the first minutes a network learns the grammar; reading comes slowly, and it is what
# costs the time of a long training. If the two lowest bars were equal, the network would ignore the
# points, whatever its loss.
#
# ## 7 · Too good to be true
#
# *How does one fool oneself?* Two classic mistakes, made on purpose with your own loop. One network
# has no mask. The other gets the same chunk again and again, as it happens when several workers
# draw with the same seed.
#
# **Predict:** both have a lower training loss than your network. Which has the lower one? And which
# of the three writes the best formulas?


# %%
def without_mask(model, batch):
    """The loss of a network that sees what it is to predict."""
    return loss_of(model, batch, no_mask)


def same_chunk(chunk):
    """Whatever number is asked for, the first chunk."""
    return draw(0)


arms = {
    "yours": (draw, loss_of, causal_mask),
    "no mask": (draw, without_mask, no_mask),
    "one chunk": (same_chunk, loss_of, causal_mask),
}
curves, last, unseen, formulas, found = {"yours": losses}, {}, {}, {}, {}
for name, (chunks, loss, mask) in arms.items():
    model = tiny
    if name != "yours":
        model = scene.fresh_network(config, SEED)
        curves[name] = pretrain(model, chunks, loss, budget.updates, config.learning_rate)
    last[name] = np.mean(curves[name][-10:])
    unseen[name] = scene.mean_loss(model.eval(), held_out, loss)
    formulas[name], found[name] = scene.own_writing(model, held_out, mask)
    print(f"{name:<10} training loss {last[name]:.2f}, held out {unseen[name]:.2f}; of what it "
          f"writes {formulas[name]:.0%} are formulas, {found[name]:.0%} of the terms are "
          "right")  # fmt: skip
style.show_figure(
    figures.three_trainings(curves, found),
    "Left: three training losses over updates; without a mask the curve falls to almost nothing. "
    "Right, bars: the share of true terms in what each network writes by itself.",
)
lab.record(last=last, unseen=unseen, formulas=formulas, found_alone=found)

# %%
print(
    f"no mask:   the loss is {last['yours'] / last['no mask']:.0f} times lower than yours, and "
    f"{formulas['no mask']:.0%} of what it writes are formulas (yours: {formulas['yours']:.0%})"
)
gap = {name: unseen[name] - last[name] for name in arms}
print(f"one chunk: on functions that it has not seen the loss is {gap['one chunk']:+.2f} nats "
      f"against that of its training (yours: {gap['yours']:+.2f})")  # fmt: skip

# %% [markdown]
# Without a mask the training loss falls to almost nothing, and so does the held-out one: the
# network copies the answer from its input. When it has to write by itself there is nothing to copy.
# So a held-out loss does *not* find this mistake; writing does, and so does the map of section 3.
#
# With one chunk the training loss falls below yours, and the loss on other functions stays behind:
# the network has learned some hundred functions by heart. Only functions that nobody has seen show
# that. So `symtut pretrain` keeps a fingerprint of every chunk and stops with an error if one comes
# twice; and one form of formula (a *skeleton*: the formula without its numbers) in 64 is held out.
#
# *Whenever a loss is too good, ask what the network can see, and whether it has seen it before.*
#
# ## 8 · The one that ships
#
# *What do more time and more parameters bring?* Two minutes make a toy. The weights that the course
# ships were trained by the same kind of loop for longer. Their card says what they are:

# %%
general = load_weights("general")
for name, text in scene.card("general").items():
    print(f"{name:<15} {text}")
style.show_figure(
    figures.long_training(),
    "Two panels over millions of functions seen: the loss falls and the share of tokens guessed "
    "right rises, on held-out functions nearly as in training.",
)

# %% [markdown]
# The solid lines are held-out functions, the dotted ones those of the training. The gap that opens
# between them is small beside what both have gained: with endless functions there is little to
# learn by heart. But a loss says only how probable the written formula is. A search asks whether
# the right terms are among the samples.
#
# So here is that question for three *proposers*. A proposer is whatever suggests formulas: the
# shipped network, yours, and blind draws from the prior that see no points. For some random
# functions of two to five terms: which share of their terms stands in at least one of 32 samples?
# **Predict:** is your network nearer to the shipped one, or to the blind draws?

# %%
functions = scene.functions_of_several_terms(budget.functions, SEED)
shares = {
    name: scene.terms_found(model, functions, 32, SEED)
    for name, model in {"shipped": general, "yours": tiny, "blind draws": None}.items()
}
bars = {name: (values.mean(), *scene.interval(values, SEED)) for name, values in shares.items()}
for name, (mean, low, high) in bars.items():
    print(f"{name:<12} {mean:.2f} of the terms [{low:.2f}, {high:.2f}]")
style.show_figure(
    figures.found(bars),
    "Bars with 95 % intervals, the share of terms found: "
    + ", ".join(f"{name} {mean:.2f}" for name, (mean, *_) in bars.items()) + ".",
)  # fmt: skip
lab.record(terms_found={name: mean for name, (mean, *_) in bars.items()})

# %%
for first, second in (("shipped", "yours"), ("yours", "blind draws")):
    difference = shares[first] - shares[second]  # function by function
    low, high = scene.interval(difference, SEED)
    said = "more" if low > 0 else "fewer" if high < 0 else "not told apart"
    print(f"{first} against {second}: {difference.mean():+.2f} [{low:+.2f}, {high:+.2f}], {said}")

# %% [markdown]
# The second list compares function by function, which tells more than two intervals that overlap.
# Where an interval contains 0, these functions cannot tell the two apart, however different the
# losses are: a better loss is not yet a better proposer. Blind draws also cost next to nothing, so
# at *equal time* the prior may draw many more than 32, and each has still to be fitted. Whether the
# transformer is worth its time is settled in notebook 07, by recovery within the same CPU-seconds;
# the honest answer there is "on some functions".
#
# ### Look at what it thinks (optional)
#
# *How sure is it, and does it become surer with more points?* Probabilities of the *first* token
# for a few functions. The network has seen none of them.

# %%
WORLDS = {
    "sin(x0)": lambda x: np.sin(x[:, 0]),
    "x0·x1": lambda x: x[:, 0] * x[:, 1],
    "|x1|·x1 + x0": lambda x: np.abs(x[:, 1]) * x[:, 1] + x[:, 0],
    "noise": lambda x: np.random.default_rng(SEED).normal(size=len(x)),
}


def first_token(function, points):
    """The most probable first tokens after reading ``points`` points."""
    x = np.random.default_rng(SEED).uniform(-3, 3, (points, 2))
    names, chances = scene.first_tokens(general, x, WORLDS[function](x))
    figures.likeliest(names, chances, f"{function}, {points} points")


explorers.explore(
    first_token,
    "Bars: the probabilities of the first tokens that the network finds most likely for a "
    "function, after reading some of its points.",
    function=list(WORLDS), points=(5, 200, 5, 100),
)  # fmt: skip

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
# <details><summary>A run shows: training loss 0.9 and falling, held-out loss 1.5 and rising, chunks
# all different. What is likely?</summary>
# The chunks differ in their points, but their skeletons repeat: the network knows them by heart and
# is sure of itself where they do not fit. A missing mask would make both losses too good; a low
# rate would leave both high.</details>
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
