"""The pendulum as a camera shows it, and an angle from images without any label.

The images are of 32 × 32 pixels, drawn here. Turn an image by an angle α and what it shows has
turned by α: an encoder e from images to the unit circle that obeys

    e(image turned by α) = R(α) e(image),   R(α) a rotation of the plane,

for all α has learned the angle, up to a zero of its own. Nothing tells it where "up" is, and
nothing needs to: :func:`symtut.world_models.discovery.discovered_task` finds the zero at which the
reward is short. (Equivariance as a part of networks: Cohen & Welling 2016, arXiv 1602.07576; here
it is the loss.)
"""

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.nn.functional import affine_grid, grid_sample

IMAGE_SIDE = 32
ANGLES_ID, PIXELS_ID = "symtut/PendulumAngle-v0", "symtut/PendulumPixels-v0"
SEEN_ID = "symtut/PendulumSeen-v0"
_LENGTH, _WIDTH = 0.85, 0.08  # of the rod, in half sides of an image


def rod_images(angle: np.ndarray) -> np.ndarray:
    """(B,) angles in rad, 0 upright, positive to the left -> (B, 32, 32) uint8 images.

    A rod from the middle outwards; its brightness falls off like a Gaussian with the distance.
    """
    place = (np.arange(IMAGE_SIDE) + 0.5) / IMAGE_SIDE * 2 - 1
    right, up = place[None, None, :], -place[None, :, None]
    angle = np.asarray(angle, dtype=float)[:, None, None]
    along = -np.sin(angle) * right + np.cos(angle) * up
    across = np.cos(angle) * right + np.sin(angle) * up
    beyond = along - np.clip(along, 0.0, _LENGTH)
    light = np.exp(-(across**2 + beyond**2) / (2 * _WIDTH**2))
    return np.round(255 * light).astype(np.uint8)


class PendulumAngle(gymnasium.ObservationWrapper):
    """Gymnasium's pendulum whose speed is not shown: its observations are cosine and sine."""

    def __init__(self):
        super().__init__(gymnasium.make("Pendulum-v1", disable_env_checker=True))
        self.observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        return observation[:2]


class PendulumPixels(gymnasium.ObservationWrapper):
    """The same pendulum as images, each a vector of 1,024 brightnesses from 0 to 255."""

    def __init__(self):
        super().__init__(PendulumAngle())
        self.observation_space = gymnasium.spaces.Box(0, 255, (IMAGE_SIDE * IMAGE_SIDE,), np.uint8)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        return rod_images(np.arctan2(observation[1:], observation[:1])).ravel()


class AngleEncoder(nn.Module):
    """(B, 1024) images, 0 to 255 -> (B, 2) points of the unit circle."""

    def __init__(self, hidden: int = 128):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(IMAGE_SIDE**2, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, 2),
        )  # fmt: skip

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        point = self.layers(images / 255)
        return point / point.norm(dim=1, keepdim=True).clamp(min=1e-6)


def turned(images: torch.Tensor, angle: torch.Tensor) -> torch.Tensor:
    """(B, 1024) images turned by (B,) angles to the left; bilinear, black where nothing was."""
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # grid_sample asks where a pixel comes from: the turn back, in axes to the right and down
    back = torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1)
    square = images.view(-1, 1, IMAGE_SIDE, IMAGE_SIDE)
    grid = affine_grid(back, list(square.shape), align_corners=False)
    return grid_sample(square, grid, align_corners=False).view(len(images), -1)


def learned_encoder(images: np.ndarray, seed: int = 0, updates: int = 1500) -> AngleEncoder:
    """An encoder that turns as the images do; no angle is told.

    Parameters
    ----------
    images : (N, 1024)
        Of any angles: they are turned anyhow.
    seed : int
    updates : int
        Of 64 images and a random angle for each; about 10 ms of CPU time each.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = AngleEncoder()
        pixels = torch.as_tensor(images, dtype=torch.float32)
        optimizer = torch.optim.Adam(encoder.parameters(), lr=2e-3)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, updates)
        for _ in range(updates):
            shown = pixels[torch.randint(len(pixels), (64,))]
            angle = 2 * torch.pi * torch.rand(64)
            before, after = encoder(torch.cat([shown, turned(shown, angle)])).chunk(2)
            cos, sin = angle.cos(), angle.sin()
            x, y = before[:, 0], before[:, 1]
            wanted = torch.stack([cos * x - sin * y, sin * x + cos * y], 1)
            loss = (after - wanted).square().sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
    return encoder.requires_grad_(False)


class PendulumSeen(gymnasium.ObservationWrapper):
    """The pendulum of images through an encoder: cosine and sine of an angle with its own zero."""

    def __init__(self, encoder: AngleEncoder):
        super().__init__(PendulumPixels())
        self.encoder = encoder
        self.observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        images = torch.as_tensor(observation, dtype=torch.float32)[None]
        return self.encoder(images)[0].numpy()


def register_seen(encoder: AngleEncoder) -> str:
    """The id, in this process, of the pendulum seen through ``encoder``; the last one counts."""
    gymnasium.registry.pop(SEEN_ID, None)
    gymnasium.register(
        SEEN_ID,
        entry_point="symtut.tasks.pixels:PendulumSeen",
        max_episode_steps=200,
        kwargs={"encoder": encoder},
    )
    return SEEN_ID


for _name, _env in ((ANGLES_ID, "PendulumAngle"), (PIXELS_ID, "PendulumPixels")):
    if _name not in gymnasium.registry:
        gymnasium.register(_name, entry_point=f"symtut.tasks.pixels:{_env}", max_episode_steps=200)
