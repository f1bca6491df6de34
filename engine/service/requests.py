"""What can be asked of the engine: one frozen record a verb, read strictly from plain values and written back without loss.

The command line builds its options from these fields, a screen builds a record from its form, and a job's row is one as
JSON. `service.run` runs any of them, here or in a process of its own (`moulage run RECORD.json`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from engine.config import Range, from_table, parse_json, shown, suggestion, to_table
from engine.errors import EngineError
from engine.paths import read_bytes
from engine.stores.sample_sets import COUNT_LIMIT

VERB = "verb"  # the key of a record's plain values that says which it is


@dataclass(frozen=True)
class Option:
    """How the command line asks for a field. flag: its name where it is not the field's; positional: it has none.

    settings_of: for the field that holds what a generator is told, what the generators start from whose settings it holds:
    each of these settings is an option of its own.
    """

    help: str
    flag: str | None = None
    positional: bool = False
    settings_of: tuple[Literal["case", "noise"], ...] = ()


@dataclass(frozen=True)
class Watch:
    """Who is told how far a request is. progress: (done, of how many). report: a training's status, a search's best.

    notice: what else is to be said before it goes on, in a sentence.
    """

    progress: Callable[[int, int], None] = lambda done, total: None
    report: Callable[[Any], None] = lambda found: None
    notice: Callable[[str], None] = lambda sentence: None


SILENT = Watch()
PresetName = Annotated[str, Option("Name of the preset, see `moulage presets`.", positional=True)]
DataFolder = Annotated[Path, Option("Data folder, e.g. in the ISIC 2018 layout.")]
Labels = Annotated[
    Path | None,
    Option("Label file (CSV): ISIC 2017 part 3, with an optional split column; of clinical photographs, the boxes."),
]
Checkpoint = Annotated[Path | None, Option("Weights to use in place of the shipped ones.")]
Device = Annotated[str, Option("cpu or cuda.")]
TrainingDevice = Annotated[str, Option("auto, cpu or cuda.")]
Assignments = Annotated[tuple[str, ...], Option("key=value, e.g. train.minutes=60.", flag="--set")]
CaseSettings = Annotated[dict[str, Any], Option("What the generator is told of a case.", settings_of=("case",))]
NoiseSettings = Annotated[dict[str, Any], Option("What the generator is told of a sample.", settings_of=("noise",))]
AnySettings = Annotated[dict[str, Any], Option("What the generator is told.", settings_of=("noise", "case"))]


@dataclass(frozen=True)
class TrainRequest:
    """Train a model, generator or judge. Ctrl-C or SIGTERM saves and stops; --resume goes on exactly."""

    preset: PresetName
    data: DataFolder
    out: Annotated[Path, Option("Run folder: statistics, samples, snapshots, final weights.")]
    labels: Labels = None
    settings: Assignments = ()
    resume: Annotated[bool, Option("Go on with the run in --out.")] = False
    init: Annotated[Path | None, Option("Checkpoint of the same family to start from, for fine-tuning.")] = None
    device: TrainingDevice = "auto"
    devices: Annotated[int, Range(1, 1024), Option("How many devices.")] = 1
    exclude: Annotated[Path | None, Option("File of record ids to leave out, one a line.")] = None
    strict: Annotated[bool, Option("Stop where a photo cannot be read, instead of leaving it out.")] = False

    def __post_init__(self) -> None:
        if self.resume and self.init is not None:
            raise EngineError(
                f"--init {self.init} with --resume: the run goes on from its own state; leave --init away."
            )


@dataclass(frozen=True)
class RenderRequest:
    """Paint one case and write it as a picture that says it is synthetic."""

    preset: PresetName
    out: Annotated[Path, Option("File to write: .png, .jpg, .dcm, .json or .moulage.zip.")]
    case: Annotated[Path | None, Option("Case (JSON), or a picture that holds one.")] = None
    map: Annotated[Path | None, Option("Flat map (PNG, values 0..7), or of boxes (RGB PNG).")] = None
    photo: Annotated[Path | None, Option("The map's photo, for its superpixels.")] = None
    settings: CaseSettings = field(default_factory=dict)
    checkpoint: Checkpoint = None
    device: Device = "cpu"

    def __post_init__(self) -> None:
        if (self.case is None) == (self.map is None):
            raise EngineError("give either --case FILE or --map FILE, not both and not neither.")


@dataclass(frozen=True)
class SampleRequest:
    """Make a set of pictures: from noise, with masks and a manifest in ISIC's layout, or with --data from held-out maps.

    Boxes of held-out maps are moved about and thinned out by the seed.
    """

    preset: PresetName
    count: Annotated[int, Option("How many pictures the whole set has.")]
    out: Annotated[Path, Option("Folder of the set; the same command goes on where it stopped.")]
    seed: Annotated[int, Option("Seed of the set, 64 bits.")] = 0
    shard: Annotated[str, Option("i/n: make only the i-th of n parts; the set is the same for every n.")] = "1/1"
    settings: AnySettings = field(default_factory=dict)
    data: Annotated[
        Path | None, Option("For a generator of maps or boxes: the data folder whose maps are painted.")
    ] = None
    labels: Labels = None
    split: Annotated[str | None, Option("With --data, the split whose maps are used; val by default.")] = None
    checkpoint: Checkpoint = None
    device: Device = "cpu"

    def __post_init__(self) -> None:
        if not 1 <= self.count <= COUNT_LIMIT:
            raise EngineError(f"--count {self.count}; 1 to {COUNT_LIMIT:,} pictures are allowed.")
        of_maps = {"--labels": self.labels is not None, "--split": self.split is not None}
        if self.data is None and (given := [option for option, there in of_maps.items() if there]):
            raise EngineError(f"{given[0]} is for pictures from maps, with --data.")
        if self.data is not None and self.shard != "1/1":
            raise EngineError("--shard is for pictures from noise, without --data.")
        check_no_seed(self.settings)


@dataclass(frozen=True)
class SampleOneRequest:
    """Make one picture from noise, or a film of its way to another seed, and tell the nearest real photo."""

    preset: PresetName
    seed: Annotated[int, Option("The sample's own seed, as a manifest and the Sample page tell it.")]
    out: Annotated[Path, Option("Picture to write (.png), its mask beside it; or the last turn's way (.gif).")]
    turns: Annotated[
        tuple[str, ...], Option("SEED:SHARE, turn its noise towards another seed's; repeatable.", flag="--turn")
    ] = ()
    settings: NoiseSettings = field(default_factory=dict)
    device: Device = "cpu"

    def __post_init__(self) -> None:
        check_no_seed(self.settings)


def check_no_seed(settings: dict[str, Any]) -> None:
    """Raise EngineError where a generator's settings hold a seed beside the one that the request asks for."""
    if "seed" in settings:
        raise EngineError(f"settings.seed = {shown(settings['seed'])}; the seed is given as --seed alone.")


@dataclass(frozen=True)
class SweepRequest:
    """Paint one case over two axes: lesion size, skin tone, seed, markers, conditions, generators."""

    preset: PresetName
    case: Annotated[Path, Option("Case (JSON), or a picture that holds one.")]
    out: Annotated[Path, Option("Grid to write (PNG); its JSON, GIF and cells go beside it.")]
    x: Annotated[str, Option("Across: size, tone, seed, marker, condition or generator.")] = "size"
    y: Annotated[str, Option("Down: another of them.")] = "tone"
    columns: Annotated[str, Option("Values across, separated by commas; empty for the proposed ones.")] = ""
    rows: Annotated[str, Option("Values down, separated by commas; empty for the proposed ones.")] = ""
    device: Device = "cpu"


@dataclass(frozen=True)
class EvaluateRequest:
    """Judge pictures, or a model, on held-out photos.

    fidelity: KID and FID, beside the floor that real pictures reach against real pictures of the same number.
    control: does the picture obey the map: sharpness, spread of colours, markers toggled, reach of an edit.
    tone: do six skin tones come out as asked, and does the lesion stay. pairs: does a generated mask fit its picture.
    masks: does a segmenter find the lesions that people drew.
    """

    report: Annotated[
        Literal["fidelity", "control", "tone", "pairs", "masks"],
        Option("fidelity, control, tone, pairs or masks.", positional=True),
    ]
    real: Annotated[Path, Option("Data folder; its train split gives the floor.")]
    preset: Annotated[str | None, Option("The model to judge, or whose pictures of the held-out maps are judged.")] = (
        None
    )
    fake: Annotated[Path | None, Option("For fidelity: a folder of pictures, in place of --preset.")] = None
    labels: Labels = None
    split: Annotated[str, Option("The split whose maps and photos are used: test, or val while choosing.")] = "test"
    out: Annotated[Path | None, Option("Write the report as JSON.")] = None
    checkpoint: Checkpoint = None

    def __post_init__(self) -> None:
        if self.report == "fidelity" and (self.fake is None) == (self.preset is None):
            raise EngineError("give either --fake FOLDER or --preset NAME, not both and not neither.")
        if self.report != "fidelity" and (self.preset is None or self.fake is not None):
            raise EngineError(f"the report '{self.report}' is of a model; --preset NAME is needed, and no --fake.")


@dataclass(frozen=True)
class SearchRequest:
    """Try every combination of settings and tell the best by KID on validation maps. Started again, it goes on."""

    preset: PresetName
    data: DataFolder
    out: Annotated[Path, Option("Folder of the trials' runs.")]
    choices: Annotated[tuple[str, ...], Option("key=value,value, e.g. model.region=0,10,50,100.", flag="--grid")]
    storage: Annotated[str | None, Option("Study's storage URL; several workers may share one.")] = None
    settings: Assignments = ()
    labels: Labels = None
    device: TrainingDevice = "auto"


@dataclass(frozen=True)
class CheckRequest:
    """Tell a data folder's layout, counts, licence, and everything that is wrong with it, by file name."""

    folder: Annotated[Path, Option("Data folder.", positional=True)]
    labels: Labels = None


@dataclass(frozen=True)
class IndexRequest:
    """Embed a folder's photos, so that the Sample page can show the nearest real photo. A stopped try goes on."""

    folder: Annotated[Path, Option("Data folder.", positional=True)]
    labels: Labels = None


@dataclass(frozen=True)
class JoinRequest:
    """Make one generator of parts that were trained in runs of their own."""

    parts: Annotated[
        tuple[Path, ...], Option("Checkpoints of one preset's parts, such as LAPGAN's levels.", positional=True)
    ]
    out: Annotated[Path, Option("Checkpoint to write.")]


@dataclass(frozen=True)
class ExportLibraryRequest:
    """Write the kept cases that fit as a data set in ISIC 2018's layout, with a manifest."""

    out: Annotated[Path, Option("A new folder, or a .zip file.")]
    words: Annotated[tuple[str, ...], Option("A marker, tone, generator or seed; all must fit.", positional=True)] = ()
    folder: Annotated[Path | None, Option("Another Library folder than this user's own.")] = None


VERBS: dict[str, type] = {
    "train": TrainRequest,
    "render": RenderRequest,
    "sample": SampleRequest,
    "sample-one": SampleOneRequest,
    "sweep": SweepRequest,
    "evaluate": EvaluateRequest,
    "search": SearchRequest,
    "data check": CheckRequest,
    "data index": IndexRequest,
    "join": JoinRequest,
    "library export": ExportLibraryRequest,
}


def read_record(value: object, where: str = "the record") -> Any:
    """A record from plain values, whose "verb" says which it is; `where` names their source in errors."""
    verb = value.get(VERB) if isinstance(value, dict) else None
    if verb is None:
        raise EngineError(f"{where}: the key 'verb' is missing; known: {', '.join(VERBS)}.")
    if not isinstance(value, dict) or not isinstance(verb, str) or verb not in VERBS:
        raise EngineError(f"{where}: its verb is {str(verb)[:40]!r}; {suggestion(str(verb), VERBS)}")
    return from_table(VERBS[verb], {key: part for key, part in value.items() if key != VERB}, where)


def read_record_file(path: Path) -> Any:
    """A record from a JSON file."""
    return read_record(parse_json(read_bytes(path), path.name), path.name)


def plain_record(record: Any) -> dict[str, Any]:
    """Inverse of `read_record`: plain values, ready for JSON."""
    verb = next(name for name, kind in VERBS.items() if type(record) is kind)
    return {VERB: verb, **to_table(record)}
