"""The neural world model: an ensemble of probabilistic networks, as in PETS and MBPO.

Each of seven networks predicts mean and log-variance of the increment of the state (Chua et al.
2018, arXiv 1805.12114; Janner et al. 2019, arXiv 1906.08253, appendix C). The variance is the
world's noise; where the means disagree, the networks do not know. Predictions come from the five
that do best on rows held out from training, the elites.

The networks see what the policy sees, ``task.observation_from_state`` (angles as sine and cosine),
and the action. Inputs and increments are standardised.
"""

import time

import torch

from symtut.errors import InputError
from symtut.machine import require_memory
from symtut.progress import Bar
from symtut.tasks import Task, Transitions
from symtut.world_models.base import Report
from symtut.world_models.networks import ProbabilisticNetworks, ensemble_config

FEWEST_TRANSITIONS = 10
"""Transitions below which there is too little to hold out and to draw bootstraps from."""


class EnsembleWorldModel:
    """Seven networks that learn the increments of the state (method ``mbpo``).

    Parameters
    ----------
    task : Task
        Names, bounds, observation and reward; its true dynamics are never looked at.
    size : str, dict or EnsembleConfig
        A name in ``ENSEMBLE_SIZES``, or what differs from the default, as ``{"hidden": 64}``.
    learned_reward : bool
        Learn the reward as one more output, of state and action, and not use the task's own.
    random_state : int
        Of first weights, held-out rows, bootstraps, batches and predictions.

    Attributes
    ----------
    elites : torch.Tensor
        (elites,) int64, best first.
    held_out_error : torch.Tensor
        (members,) mean squared error on the held-out rows, in units of the outputs' variance.
    gradient_steps : int
        Of the last fit.
    reward : callable or None
        (B, S), (B, A), (B, S) -> (B,) learned rewards, the elites' mean, a function of state and
        action alone; None where the task's own count.
    bootstrap : torch.Tensor
        (members, n) int64: the rows that each member is trained on, drawn with replacement.
    held_out : torch.Tensor
        (N,) bool: the rows that choose the elites and end the training.

    Raises
    ------
    InputError
        For a size that does not exist or makes no sense.
    """

    def __init__(
        self,
        task: Task,
        size: str | dict = "default",
        learned_reward: bool = False,
        random_state: int = 0,
    ):
        self.task, self.config, self.learned_reward = task, ensemble_config(size), learned_reward
        self.reward = self._reward if learned_reward else None
        self.generator = torch.Generator().manual_seed(random_state)
        config = self.config
        require_memory(
            # weights, gradients and two moments
            {f"hidden = {config.hidden}": 16.0 * config.members * config.hidden_layers
             * config.hidden**2}
        )  # fmt: skip
        inputs = task.observation_size + task.action_size
        outputs = task.state_size + learned_reward
        self.networks = ProbabilisticNetworks(
            inputs, outputs, config.members, config.hidden_layers, config.hidden, self.generator
        )
        self.input_mean, self.input_scale = torch.zeros(inputs), torch.ones(inputs)
        self.output_mean, self.output_scale = torch.zeros(outputs), torch.zeros(outputs)
        self.elites = torch.arange(config.elites)
        self.held_out_error = torch.full((config.members,), torch.inf)
        self.held_out = torch.zeros(0, dtype=torch.bool)
        self.bootstrap = torch.zeros(config.members, 0, dtype=torch.int64)
        self.fits_done = self.gradient_steps = 0

    # ---- fit ---------------------------------------------------------------------------------

    def fit(self, transitions: Transitions, held_out: Transitions | None = None) -> Report:
        """Train all networks, from where the last fit left them.

        Parameters
        ----------
        transitions : Transitions
            Old rows first, as at the last fit, new ones after them: a row keeps its place among
            the held-out rows or in the bootstraps. With fewer rows than at the last fit all are
            drawn anew.
        held_out : Transitions, optional
            Not used: there are no equations to report on.

        Raises
        ------
        InputError
            For fewer than ten transitions.
        """
        started = time.process_time()
        if len(transitions) < FEWEST_TRANSITIONS:
            raise InputError(
                f"{len(transitions)} transitions are too few for an ensemble of networks; "
                f"it needs at least {FEWEST_TRANSITIONS}."
            )
        self._draw_rows(len(transitions))
        x, y, counts = self._standardised(transitions)
        self.gradient_steps = self._train(x, y, counts)
        self.elites = self.held_out_error.argsort(stable=True)[: self.config.elites]
        self.fits_done += 1
        return Report((), len(transitions), time.process_time() - started)

    def _draw_rows(self, n: int) -> None:
        """Hold out or bootstrap each new row, once and for all.

        Were they drawn anew at every fit, each member would in time have seen every row, and the
        error on held-out rows would be one on rows that had been trained on.
        """
        if n < len(self.held_out):
            self.held_out, self.bootstrap = self.held_out[:0], self.bootstrap[:, :0]
        known, config = len(self.held_out), self.config
        order = known + torch.randperm(n - known, generator=self.generator)
        amount = max(1, int(config.held_out * n)) - int(self.held_out.sum())
        new = torch.zeros(n - known, dtype=torch.bool)
        new[order[:amount] - known] = True
        rows = order[amount:]
        self.held_out = torch.cat([self.held_out, new])
        if len(rows):
            drawn = torch.randint(len(rows), (config.members, len(rows)), generator=self.generator)
            self.bootstrap = torch.cat([self.bootstrap, rows[drawn]], 1)

    def _standardised(self, transitions: Transitions):
        """Inputs (N, in) and outputs (N, out), float32, and which outputs vary at all (out,).

        A coordinate that never moves (a target, say) is not learned; its increment is a constant.
        """
        task = self.task
        state, action = torch.as_tensor(transitions.state), torch.as_tensor(transitions.action)
        y = task.difference(torch.as_tensor(transitions.next_state), state)
        if self.learned_reward:
            y = torch.cat([y, torch.as_tensor(transitions.reward)[:, None]], 1)
        x = torch.cat([task.observation_from_state(state), action], 1)
        moments = []
        for columns in (x, y):
            mean, scale = columns.mean(0), columns.std(0, correction=0)
            scale = torch.where(scale > 1e-9 * (1 + mean.abs()), scale, 0.0)
            moments += [mean.float(), scale.float()]
        self.input_mean, self.input_scale, self.output_mean, self.output_scale = moments
        self.input_scale[self.input_scale == 0] = 1.0
        counts = (self.output_scale > 0).float()
        divisor = torch.where(counts > 0, self.output_scale, 1.0)
        x = (x.float() - self.input_mean) / self.input_scale
        return x, (y.float() - self.output_mean) / divisor, counts

    def _train(self, x, y, counts) -> int:
        """Minimise the networks' losses until their held-out errors fall no more.

        Each member keeps the parameters that did best on the held-out rows. Returns the number of
        gradient steps.
        """
        networks, config = self.networks, self.config
        parameters = networks.parameters
        best = [parameter.clone() for parameter in parameters]
        self.held_out_error = torch.full((config.members,), torch.inf)
        for parameter in parameters:
            parameter.requires_grad_(True)
        groups = [
            {"params": networks.weights, "weight_decay": config.weight_decay},
            {"params": [*networks.biases, networks.lowest, networks.highest]},
        ]
        optimizer = torch.optim.Adam(groups, lr=config.learning_rate, fused=True)
        members = torch.arange(config.members)[:, None]
        steps = checked = idle = 0
        with Bar("fitting the ensemble, at most", config.longest) as bar:
            while idle < config.patience and steps < config.longest:
                order = torch.rand(self.bootstrap.shape, generator=self.generator).argsort(1)
                for batch in self.bootstrap[members, order].split(config.batch_size, 1):
                    # The members share no parameter: the gradient of the sum is each one's own.
                    loss = networks.loss(x[batch], y[batch], counts).sum()
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    steps += 1
                    bar.to(steps)
                if steps - checked < config.check_every:
                    continue
                checked = steps
                error = self._error(x[self.held_out], y[self.held_out], counts)
                better = error < self.held_out_error * (1 - config.least_gain)
                self.held_out_error = torch.where(better, error, self.held_out_error)
                for kept, parameter in zip(best, parameters, strict=True):
                    kept[better] = parameter.detach()[better]
                idle = 0 if better.any() else idle + 1
        for kept, parameter in zip(best, parameters, strict=True):
            parameter.requires_grad_(False).copy_(kept)
            parameter.grad = None
        return steps

    @torch.no_grad()
    def _error(self, x, y, counts) -> torch.Tensor:
        """(members,) mean squared errors of the means over the outputs that count."""
        mean, _ = self.networks.forward(x.expand(self.config.members, *x.shape))
        square = ((mean - y).square() * counts).sum((1, 2))
        return square / (counts.sum().clamp(min=1) * len(x))

    # ---- predict -----------------------------------------------------------------------------

    def predict(
        self, state: torch.Tensor, action: torch.Tensor, deterministic: bool = False
    ) -> torch.Tensor:
        """Next states (B, S) for states (B, S) and actions (B, A) in the task's units.

        Each row is drawn from the Gaussian of one elite, the rows being dealt out among the elites
        at random. ``deterministic`` gives the mean of all elites instead.

        Gradients come through to states and actions: the draw is mean + std * noise, and the noise
        is a constant (a stochastic value gradient, Heess et al. 2015, arXiv 1510.09142).
        """
        x = self._inputs(state, action)
        if deterministic:
            mean, _ = self.networks.forward(x.expand(len(self.elites), *x.shape), self.elites)
            return self._moved(state, mean.mean(0))
        n, k = len(x), len(self.elites)
        share = -(-n // k)
        order = torch.randperm(n, generator=self.generator)
        elites = self.elites[torch.randperm(k, generator=self.generator)]
        dealt = order[torch.arange(share * k) % max(n, 1)].view(k, share)  # some rows twice
        mean, log_variance = self.networks.forward(x[dealt], elites)
        noise = torch.randn(mean.shape, generator=self.generator)
        drawn = torch.addcmul(mean, (0.5 * log_variance).exp(), noise)
        output = torch.empty(n, mean.shape[2])
        output[order] = drawn.flatten(0, 1)[:n]
        return self._moved(state, output)

    @torch.no_grad()
    def predict_all(self, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """Mean next states of all members, elites or not: (members, B, S). Nothing is drawn."""
        x = self._inputs(state, action)
        mean, _ = self.networks.forward(x.expand(self.config.members, *x.shape))
        return self._moved(state, mean)

    def _reward(self, state, action, next_state) -> torch.Tensor:
        x = self._inputs(state, action)
        mean, _ = self.networks.forward(x.expand(len(self.elites), *x.shape), self.elites)
        return mean.mean(0)[:, -1] * self.output_scale[-1] + self.output_mean[-1]

    def _inputs(self, state, action) -> torch.Tensor:
        if not self.fits_done:
            raise InputError("this ensemble has not learned anything yet; call fit first.")
        x = torch.cat([self.task.observation_from_state(state), action], 1)
        return (x - self.input_mean) / self.input_scale

    def _moved(self, state, output) -> torch.Tensor:
        """States after standardised outputs (..., B, out)."""
        increment = output * self.output_scale + self.output_mean
        return self.task.advance(state, increment[..., : self.task.state_size])

    # ---- checkpoints -------------------------------------------------------------------------

    NAMED = (
        *("input_mean", "input_scale", "output_mean", "output_scale"),
        *("elites", "held_out_error", "held_out", "bootstrap"),
    )

    def state_dict(self) -> dict:
        """Networks, scales, elites, who was trained on what, and the generator."""
        state = {name: getattr(self, name).clone() for name in self.NAMED}
        for i, parameter in enumerate(self.networks.parameters):
            state[f"parameters.{i}"] = parameter.clone()
        state["generator"] = self.generator.get_state()
        return state | {"fits_done": self.fits_done, "gradient_steps": self.gradient_steps}

    def load_state_dict(self, state: dict) -> None:
        """Become the model that :meth:`state_dict` described, to the next random number.

        Raises
        ------
        InputError
            If it was of another size.
        """
        for i, parameter in enumerate(self.networks.parameters):
            stored = state.get(f"parameters.{i}")
            if stored is None or stored.shape != parameter.shape:
                raise InputError("the stored networks are of another size than this ensemble.")
        for i, parameter in enumerate(self.networks.parameters):
            parameter.copy_(state[f"parameters.{i}"])
        for name in self.NAMED:
            setattr(self, name, state[name].clone())
        self.generator.set_state(state["generator"])
        self.fits_done, self.gradient_steps = state["fits_done"], state["gradient_steps"]
