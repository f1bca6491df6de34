"""DCGAN's networks (Radford et al. 2016): a latent projected to a small map, then doubled; the discriminator mirrors it."""

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from engine.generators.dcgan.config import DcganConfig
from engine.generators.shared.detail import detail_channels, with_detail
from engine.generators.shared.layers import PixelNorm, WideTanh, weights_init

SLOPE = 0.2
ACTIVATIONS = {"relu": nn.ReLU, "leaky": lambda: nn.LeakyReLU(SLOPE)}


NORMS = {"batch": nn.BatchNorm2d, "pixel": lambda channels: PixelNorm()}


class Generator(nn.Module):
    """Latent → picture. The projection is a dense layer, which the official code writes as a convolution of one pixel."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__()
        count = config.upsamplings
        self.start = config.start
        self.widths = [config.width << level for level in reversed(range(count))]
        self.project = nn.Linear(config.latent, self.widths[0] * config.start[0] * config.start[1], bias=config.bias)
        activation = ACTIVATIONS[config.activation]
        self.first = nn.Sequential(NORMS[config.generator_norm](self.widths[0]), activation())
        layers: list[nn.Module] = []
        for before, after in zip(self.widths[:-1], self.widths[1:], strict=True):
            layers += [*_doubled(config, before, after), NORMS[config.generator_norm](after), activation()]
        layers += [*_doubled(config, self.widths[-1], 3 + config.mask), WideTanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(weights_init)

    def forward(self, z: Tensor) -> Tensor:
        """z: [B, latent] → [B, 3 or 4, H, W] in [-1, 1]."""
        width, height = self.start
        return self.layers(self.first(self.project(z).view(-1, self.widths[0], height, width)))


def _doubled(config: DcganConfig, before: int, after: int) -> list[nn.Module]:
    if config.upsampling == "resize":
        return [nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1, bias=config.bias)]
    padding, beyond = (config.kernel - 1) // 2, config.kernel % 2  # both kernels double exactly
    return [nn.ConvTranspose2d(before, after, config.kernel, 2, padding, beyond, bias=config.bias)]


class Discriminator(nn.Module):
    """Picture → one logit; the papers' sigmoid is inside the objective."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__()
        wrap = spectral_norm if config.discriminator_norm == "spectral" else lambda layer: layer
        layers: list[nn.Module] = []
        self.detail = config.detail
        channels = 3 + config.mask + detail_channels(config.detail)
        for level in range(config.upsamplings):
            width = config.discriminator_width << level
            layers.append(
                wrap(nn.Conv2d(channels, width, config.kernel, 2, (config.kernel - 1) // 2, bias=config.bias))
            )
            if config.discriminator_norm == "batch" and (level or config.first_norm):
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.LeakyReLU(SLOPE))
            channels = width
        self.layers = nn.Sequential(*layers)
        self.last = wrap(nn.Linear(channels * config.start[0] * config.start[1], 1, bias=config.bias))
        self.apply(weights_init)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3 or 4, H, W] → [B]."""
        return self.last(self.layers(with_detail(pictures, pictures, self.detail)).flatten(1))[:, 0]
