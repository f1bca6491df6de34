"""How each family is built: frozen dataclasses without torch, so that presets can be listed and read in an instant."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from engine.clinical import CONDITIONS
from engine.clinical import index_of as condition_index
from engine.config import Range
from engine.diagnoses import check as check_diagnosis
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
class PhotosData:
    """How photos, dermoscopic or clinical, become what a noise generator learns from; the model says which and what of them."""

    fit: Literal["stretch", "crop", "letterbox"]
    """`stretch` squeezes the whole frame into the preset's size, `crop` cuts its centre to that aspect first."""
    split_scheme: Literal["isic2017", "bissoto"]
    """For ISIC challenge folders."""
    split_seed: Annotated[int, Range(0, 2**31 - 1)]
    """For the others, which are split by patient or lesion."""
    reject: tuple[Literal["round frame", "ruler"], ...]
    """Photos left out for what their pixels show."""
    exclude: tuple[str, ...]
    """Record ids left out."""
    flips: bool


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


Diagnoses = tuple[str, ...]
Side = Annotated[int, Range(1, 512)]


@dataclass(frozen=True)
class DcganConfig:
    """DCGAN (Radford et al. 2016): the official 64x64 form, the four-channel 5x5 form of Pollastri et al. 2019, and ours."""

    truncates: ClassVar = True  # its latent may be bounded, see `noise.TruncatedRequest`
    diagnoses: Diagnoses
    """The photos learned from: those with one of these; empty takes all."""
    mask: bool
    """Whether a fourth channel holds the lesion mask, so that picture and mask are made together."""
    latent: Annotated[int, Range(1, 1024)]
    start: tuple[Side, Side]
    """Width and height, px, of the map that the latent is projected to; each upsampling doubles it."""
    upsamplings: Annotated[int, Range(1, 7)]
    width: Annotated[int, Range(1, 256)]
    """Channels before the last upsampling (ngf); each one before it has twice as many."""
    kernel: Literal[4, 5]
    bias: bool
    activation: Literal["relu", "leaky"]
    """In the generator; the discriminator's is leaky."""
    upsampling: Literal["deconv", "resize"]
    """`deconv` is the papers'; `resize` is nearest and a 3x3 convolution, against the checkerboard (Odena et al. 2016)."""
    generator_norm: Literal["batch", "pixel"]
    discriminator_width: Annotated[int, Range(1, 256)]
    discriminator_norm: Literal["batch", "spectral"]
    first_norm: bool
    """Whether the discriminator's first convolution is normalised too."""
    objective: Literal["bce", "hinge"]
    generator_steps: Annotated[int, Range(1, 4)]
    """Steps of the generator for one of the discriminator."""
    r1: Annotated[float, Range(0, 1000)]
    """Weight of the gradient penalty on real pictures (Mescheder et al. 2018); 0 in the papers."""
    diffaugment: bool
    """Translation and cutout of what the discriminator sees (Zhao et al. 2020)."""
    projected: Annotated[float, Range(0, 10)] = 0.0
    """Weight of small discriminators on features of a frozen network (Sauer et al. 2021); 0 in the paper."""
    energy: Annotated[float, Range(0, 1000)] = 0.0
    """Weight of the energy distance between thumbnails of pictures and of photos, see `noise.energy`; 0 in the paper."""
    own_discriminator: Annotated[float, Range(0, 10)] = 1.0
    """Weight of the family's own discriminator; 0 leaves it out, and those on features judge alone."""

    def __post_init__(self) -> None:
        """Diagnoses must be known, and each named once; somebody must judge."""
        _known(self.diagnoses)
        _judged(self.projected, self.own_discriminator)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px."""
        return self.start[0] << self.upsamplings, self.start[1] << self.upsamplings


@dataclass(frozen=True)
class Dcgan128Config:
    """The DCGAN of 128x128 px whose Keras layers the melanoma and BCC paper tabulates, batch norm and padding included."""

    truncates: ClassVar = True  # its latent may be bounded, see `noise.TruncatedRequest`
    diagnoses: Diagnoses
    """The photos learned from: those with one of these; empty takes all."""
    latent: Annotated[int, Range(1, 1024)]
    width: Annotated[int, Range(1, 256)]
    """Channels of the last blocks; the first three have twice as many."""
    discriminator_width: Annotated[int, Range(1, 256)]
    """Channels of the first of five convolutions; each has twice as many as the one before."""
    dropout: Annotated[float, Range(0, 0.9)]
    objective: Literal["bce", "hinge"]
    r1: Annotated[float, Range(0, 1000)]
    """Weight of the gradient penalty on real pictures (Mescheder et al. 2018); 0 in the paper."""
    diffaugment: bool
    """Translation and cutout of what the discriminator sees (Zhao et al. 2020)."""
    projected: Annotated[float, Range(0, 10)] = 0.0
    """Weight of small discriminators on features of a frozen network (Sauer et al. 2021); 0 in the paper."""
    energy: Annotated[float, Range(0, 1000)] = 0.0
    """Weight of the energy distance between thumbnails of pictures and of photos, see `noise.energy`; 0 in the paper."""
    own_discriminator: Annotated[float, Range(0, 10)] = 1.0
    """Weight of the family's own discriminator; 0 leaves it out, and those on features judge alone."""

    def __post_init__(self) -> None:
        """Diagnoses must be known, and each named once; somebody must judge."""
        _known(self.diagnoses)
        _judged(self.projected, self.own_discriminator)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px: 4x4, thrice doubled, then by four."""
        return 128, 128


LAPGAN_GANS = 5


@dataclass(frozen=True)
class LapganConfig:
    """LAPGAN (Denton et al. 2015) as Pollastri et al. 2019 built it: five independent GANs over a Laplacian pyramid."""

    truncates: ClassVar = True  # its latent may be bounded, see `noise.TruncatedRequest`
    diagnoses: Diagnoses
    """The photos learned from: those with one of these; empty takes all."""
    mask: bool
    """Whether a fourth channel holds the lesion mask, so that picture and mask are made together."""
    levels: tuple[Annotated[int, Range(0, LAPGAN_GANS - 1)], ...]
    """Which of the five are built and trained. A run of some of them is joined with the others' by `moulage join`."""
    latent: Annotated[int, Range(1, 1024)]
    start: tuple[Annotated[int, Range(5, 64)], Annotated[int, Range(5, 64)]]
    """Width and height, px, of the smallest level, 5 at least for the convolutions above it.

    Each of the five levels above doubles it, the last by the fifth GAN again."""
    hidden: Annotated[int, Range(1, 8192)]
    """Units of the first GAN's hidden layers."""
    width: Annotated[int, Range(1, 256)]
    """Channels of the other generators' hidden layers."""
    discriminator_width: Annotated[int, Range(1, 256)]
    dropout: Annotated[float, Range(0, 0.9)]
    """Before the last layer of every discriminator."""
    objective: Literal["bce", "hinge"]
    projected: Annotated[float, Range(0, 10)] = 0.0
    """Weight of small discriminators on features of a frozen network (Sauer et al. 2021), a level; 0 in the paper."""
    energy: Annotated[float, Range(0, 1000)] = 0.0
    """Weight of the energy distance between thumbnails of pictures and of photos, see `noise.energy`; 0 in the paper."""
    own_discriminator: Annotated[float, Range(0, 10)] = 1.0
    """Weight of the paper's own discriminators; 0 leaves them out, and those on features judge alone."""

    def __post_init__(self) -> None:
        """Diagnoses must be known, and levels named once each; somebody must judge."""
        _known(self.diagnoses)
        _judged(self.projected, self.own_discriminator)
        if not self.levels or len(set(self.levels)) != len(self.levels):
            raise EngineError(
                f"levels = {list(self.levels)}; one or more of 0 to {LAPGAN_GANS - 1}, each once, is expected."
            )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px."""
        return self.start[0] << LAPGAN_GANS, self.start[1] << LAPGAN_GANS


@dataclass(frozen=True)
class PganConfig:
    """Progressive growing (Karras et al. 2018) with the label of Bissoto et al. 2018 in its layers."""

    labelled: ClassVar = True  # its networks take the diagnosis, so that one can be asked for
    diagnoses: Diagnoses
    """The labels; with fewer than two the networks take none, and empty takes all photos."""
    resolution: Literal[8, 16, 32, 64, 128, 256]
    latent: Annotated[int, Range(1, 1024)]
    fmap_base: Annotated[int, Range(8, 16384)]
    """A convolution at 2^s px has fmap_base / 2^(s-1) channels, at most `fmap_max`."""
    fmap_max: Annotated[int, Range(1, 1024)]
    label_placement: Literal["released", "every layer"]
    """`released` is where the authors' code concatenates the label; `every layer` but the last is the paper's sentence."""
    label_head: bool
    """Whether the discriminator also tells the label (AC-GAN); the released code kept that head."""
    objective: Literal["wgan-gp", "logistic"]
    gradient_penalty: Annotated[float, Range(0, 1000)]
    """Weight of wgan-gp's penalty between real and fake, or of logistic's R1 on real pictures."""
    drift: Annotated[float, Range(0, 1)]
    """Weight of the squared score of real pictures."""
    stddev_group: Annotated[int, Range(0, 64)]
    """Pictures over which the minibatch standard deviation is taken; 0 is the whole minibatch."""
    diffaugment: bool
    """Translation and cutout of what the discriminator sees (Zhao et al. 2020)."""
    projected: Annotated[float, Range(0, 10)] = 0.0
    """Weight of small discriminators on features of a frozen network (Sauer et al. 2021); 0 in the paper."""
    energy: Annotated[float, Range(0, 1000)] = 0.0
    """Weight of the energy distance between thumbnails of pictures and of photos, see `noise.energy`; 0 in the paper."""
    own_discriminator: Annotated[float, Range(0, 10)] = 1.0
    """Weight of the family's own discriminator; 0 leaves it out, and those on features judge alone."""

    def __post_init__(self) -> None:
        """Diagnoses must be known, and each named once; somebody must judge."""
        _known(self.diagnoses)
        _judged(self.projected, self.own_discriminator)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px."""
        return self.resolution, self.resolution

    @property
    def training_sizes(self) -> tuple[tuple[int, int], ...]:
        """Width and height, px, of every stage of growing."""
        return tuple((side, side) for side in (4 << step for step in range(7)) if side <= self.resolution)


def askable(config: Any) -> tuple[str, ...]:
    """The diagnoses that may be asked for: those of networks that take a label, if there is a choice."""
    return config.diagnoses if getattr(config, "labelled", False) and len(config.diagnoses) > 1 else ()


def _judged(projected: float, own_discriminator: float) -> None:
    if not projected and not own_discriminator:
        raise EngineError("projected = 0 and own_discriminator = 0; one of them at least must be above 0, to judge.")


def _known(diagnoses: Diagnoses) -> None:
    if len(set(diagnoses)) != len(diagnoses):
        raise EngineError(f"diagnoses = {list(diagnoses)}; each once is expected.")
    for diagnosis in diagnoses:
        check_diagnosis(diagnosis)


CONFIGS: dict[str, type] = {
    "pix2pixhd": Pix2PixHDConfig,
    "dermgan": DermGanConfig,
    "dcgan": DcganConfig,
    "dcgan128": Dcgan128Config,
    "lapgan": LapganConfig,
    "pgan": PganConfig,
}
DATA: dict[str, type] = {
    "pix2pixhd": PlanesData,
    "dermgan": CropsData,
    "dcgan": PhotosData,
    "dcgan128": PhotosData,
    "lapgan": PhotosData,
    "pgan": PhotosData,
}
"""Family → how its data become training pairs."""
