"""How each family is built: frozen dataclasses without torch, so that presets can be listed and read in an instant."""

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.clinical import CONDITIONS
from engine.clinical import index_of as condition_index
from engine.config import Range
from engine.errors import EngineError


@dataclass(frozen=True)
class PlanesData:
    """How dermoscopic records become training pairs."""

    fit: Literal["letterbox", "crop"]
    """`letterbox` is the paper's: the whole frame, padded with border. `crop` cuts the centre to the preset's aspect."""
    enlarge: bool
    """Whether a letterbox enlarges a frame that is smaller; the paper's only shrinks."""
    edges: Literal["slic", "none"]
    """Where the instance boundaries come from."""
    split_scheme: Literal["isic2017", "bissoto"]
    exclude: tuple[str, ...]
    """Record ids left out."""
    flips: bool


@dataclass(frozen=True)
class CropsData:
    """How clinical photographs become training pairs: crops around their boxes (Ghorbani et al. 2019, sec. 2)."""

    crops: Annotated[int, Range(1, 64)]
    """Random crops a photo; the paper made 64,000 of 49,920 photos."""
    context: tuple[Annotated[float, Range(1, 10)], Annotated[float, Range(1, 10)]]
    """A crop's side over the larger side of its group of boxes, smallest and largest."""
    adjacent: Annotated[float, Range(0, 10)]
    """Boxes nearer to each other than this share of their side form one group."""
    smallest_px: Annotated[int, Range(8, 4096)]
    """No crop has a smaller side in the photo: what is blown up is blurred."""
    split_seed: Annotated[int, Range(0, 2**31 - 1)]
    exclude: tuple[str, ...]
    """Record ids left out."""
    flips: bool
    """Mirror and turn: a close-up of skin has no up."""


@dataclass(frozen=True)
class Pix2PixHDConfig:
    """pix2pixHD's global generator and multi-scale PatchGAN (Wang et al. 2018; Bissoto et al. 2018), and our live form."""

    generator: Literal["global", "modulated"]
    """`global` is the papers'; `modulated` is small, with appearance and noise entering every block."""
    condition: Literal["semantic", "planes"]
    """`semantic` is the eight-class map as one-hot; `planes` is the lesion and five markers in {0, 0.5, 1}."""
    edges: bool
    """Whether the instance boundary map is one more input channel."""
    width: Annotated[int, Range(1, 256)]
    """Channels at full resolution (the papers' ngf)."""
    downsamplings: Annotated[int, Range(1, 6)]
    blocks: Annotated[int, Range(1, 16)]
    norm: Literal["instance", "none"]
    noise: Annotated[int, Range(0, 64)]
    """Channels of noise; the papers' generators take none."""
    scales: Annotated[int, Range(1, 4)]
    """PatchGAN discriminators, each at half the resolution of the one before. The paper says 3, its command ran 2."""
    discriminator_width: Annotated[int, Range(1, 256)]
    discriminator_layers: Annotated[int, Range(1, 6)]
    discriminator_norm: Literal["instance", "spectral"]
    objective: Literal["lsgan", "hinge"]
    feature_matching: Annotated[float, Range(0, 100)]
    perceptual: Annotated[float, Range(0, 100)]
    """Weight of the perceptual loss over EfficientNet-lite0, each channel scaled by its spread; 0 in the papers."""
    projected: Annotated[float, Range(0, 10)]
    """Weight of discriminator heads on frozen EfficientNet-lite0 features (Sauer et al. 2021); 0 in the papers."""
    colour: Annotated[float, Range(0, 100)]
    """Weight of the L1 distance between region means (skin, lesion) of fake and real."""
    soften: Annotated[float, Range(0, 1)]
    """Share of pictures in which one marker present is shown as possible (0.5), which the masks never hold."""
    edge_dropout: Annotated[float, Range(0, 1)]
    """Share of pictures trained without edges, as a drawn case has no photo to take superpixels from."""
    tone_augmentation: Annotated[float, Range(0, 1)]
    """Share of pictures darkened along the melanin axis, appearance included."""
    diffaugment: bool
    """Translation and cutout of what the discriminators see (Zhao et al. 2020)."""


@dataclass(frozen=True)
class DermGanConfig:
    """DermGAN's U-Net and PatchGAN (Ghorbani et al. 2019; Isola et al. 2017), and our live form.

    The four weights are the paper's losses; it found them by grid search and does not report them.
    """

    generator: Literal["unet", "modulated"]
    """`unet` is the paper's; `modulated` is small, with outline, colours and noise entering every block."""
    conditions: tuple[str, ...]
    """What a box may show."""
    width: Annotated[int, Range(1, 256)]
    """Channels at full resolution (modulated), or of the first convolution (unet; the paper's ngf)."""
    upsampling: Literal["resize", "deconv"]
    """`resize` is nearest and a 3x3 convolution, against the checkerboard (Odena et al. 2016); `deconv` is the ablation."""
    dropout: Annotated[float, Range(0, 0.9)]
    """On the first three decoder layers, at test time too: the U-Net's only source of variety."""
    noise: Annotated[int, Range(0, 64)]
    """Channels of noise of the modulated form."""
    last_level_alone: bool
    """Whether a stage at full resolution trains the modulated form's last level only, so that windows unlearn no shapes."""
    discriminator_width: Annotated[int, Range(1, 256)]
    discriminator_norm: Literal["batch", "spectral"]
    scales: Annotated[int, Range(1, 4)]
    """PatchGANs, each at half the resolution of the one before; the paper has one."""
    objective: Literal["minmax", "hinge"]
    reconstruction: Annotated[float, Range(0, 1000)]
    """Weight of the L1 distance over the whole picture."""
    region: Annotated[float, Range(0, 1000)]
    """Weight of the L1 distance inside the boxes, a mean over their pixels."""
    adversarial: Annotated[float, Range(0, 1000)]
    feature_matching: Annotated[float, Range(0, 1000)]
    """Weight of the L2 distance between activations of the discriminator's second to last convolution."""
    perceptual: Annotated[float, Range(0, 100)]
    """Weight of the perceptual loss over EfficientNet-lite0, each channel scaled by its spread; 0 in the paper."""
    projected: Annotated[float, Range(0, 10)]
    """Weight of discriminator heads on frozen EfficientNet-lite0 features (Sauer et al. 2021); 0 in the paper."""
    colour: Annotated[float, Range(0, 100)]
    """Weight of the L1 distance between region means (skin, lesion) of fake and real; 0 in the paper."""
    tone_augmentation: Annotated[float, Range(0, 1)]
    """Share of pictures moved along the melanin axis to a tone drawn evenly from -60 to 75 degrees ITA."""
    diffaugment: bool
    """Translation and cutout of what the discriminators see (Zhao et al. 2020)."""

    def __post_init__(self) -> None:
        """Conditions must be known, and each named once."""
        if not self.conditions or len(set(self.conditions)) != len(self.conditions):
            raise EngineError(f"conditions = {list(self.conditions)}; at least one, each once, is expected.")
        for condition in self.conditions:
            condition_index(condition, CONDITIONS)


CONFIGS: dict[str, type] = {"pix2pixhd": Pix2PixHDConfig, "dermgan": DermGanConfig}
DATA: dict[str, type] = {"pix2pixhd": PlanesData, "dermgan": CropsData}
"""Family → how its data become training pairs."""
