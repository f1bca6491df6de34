"""The single front door: records, numpy and dataclasses in and out. The command line and the studio come in here only.

Nothing heavy is imported before it is needed, so that `moulage --help` and the first page do not wait for torch.
"""

from engine.cases.case import ENVELOPE, SIDE_LIMIT_PX, Case, superpixels_from_text, superpixels_to_text, to_json
from engine.cases.planes import CLASSES, DEFINITE, LESION, MARKERS, POSSIBLE, SKIN, Planes, pack, unpack
from engine.cases.settings import TONES
from engine.cases.superpixels import GRAINS, proposed_cells
from engine.config import Control, parse_json
from engine.errors import EngineError
from engine.formats import zip_bytes as zipped
from engine.rendering.painter import DEFAULT, STARTER_NAMES, LivePicture, Painter, Rendered, TonePicture, starter_case
from engine.rendering.painters import PainterInfo, Painters, live_generators
from engine.rendering.sampler import Sample, Sampler
from engine.rendering.samplers import GridRequest, SampleRef, SamplerInfo, Samplers, noise_generators
from engine.rendering.sweep_grid import Cell, Grid, cut_off, painted
from engine.rendering.sweeps import AXES, Sweep, sweep
from engine.service.catalogue import PresetInfo, catalogue, controls, feature_nets, read_card, settings_types
from engine.service.data import Indexed, index_data, shown_photo
from engine.service.dispatch import run
from engine.service.downloads import set_folder, wished, zipped_folder
from engine.service.exports import FORMS, Export, Form, export
from engine.service.library import export_kept, keep, kept_sample, library_folder, user_folder
from engine.service.opening import Opened, open_files
from engine.service.render import Written, case_from_file
from engine.service.requests import (
    VERBS,
    CheckRequest,
    EvaluateRequest,
    ExportLibraryRequest,
    IndexRequest,
    JoinRequest,
    Option,
    RenderRequest,
    SampleOneRequest,
    SampleRequest,
    SearchRequest,
    SweepRequest,
    TrainRequest,
    Watch,
    plain_record,
    read_record,
    read_record_file,
)
from engine.service.sample import Sampled
from engine.service.saved_cases import case_from_bytes
from engine.service.train import Trained
from engine.stores.drafts import Draft, Drafts
from engine.stores.library import Kept, Library
from engine.stores.photo_indexes import Nearest
from engine.stores.photos import Photos
from engine.training.presets import read_case, read_settings

__all__ = [
    "AXES",
    "CLASSES",
    "DEFAULT",
    "DEFINITE",
    "ENVELOPE",
    "FORMS",
    "GRAINS",
    "LESION",
    "MARKERS",
    "POSSIBLE",
    "SIDE_LIMIT_PX",
    "SKIN",
    "STARTER_NAMES",
    "TONES",
    "VERBS",
    "Case",
    "Cell",
    "CheckRequest",
    "Control",
    "Draft",
    "Drafts",
    "EngineError",
    "EvaluateRequest",
    "Export",
    "ExportLibraryRequest",
    "Form",
    "Grid",
    "GridRequest",
    "IndexRequest",
    "Indexed",
    "JoinRequest",
    "Kept",
    "Library",
    "LivePicture",
    "Nearest",
    "Opened",
    "Option",
    "Painter",
    "PainterInfo",
    "Painters",
    "Photos",
    "Planes",
    "PresetInfo",
    "RenderRequest",
    "Rendered",
    "Sample",
    "SampleOneRequest",
    "SampleRef",
    "SampleRequest",
    "Sampled",
    "Sampler",
    "SamplerInfo",
    "Samplers",
    "SearchRequest",
    "Sweep",
    "SweepRequest",
    "TonePicture",
    "TrainRequest",
    "Trained",
    "Watch",
    "Written",
    "case_from_bytes",
    "case_from_file",
    "catalogue",
    "controls",
    "cut_off",
    "export",
    "export_kept",
    "feature_nets",
    "index_data",
    "keep",
    "kept_sample",
    "library_folder",
    "live_generators",
    "noise_generators",
    "open_files",
    "pack",
    "painted",
    "parse_json",
    "plain_record",
    "proposed_cells",
    "read_card",
    "read_case",
    "read_record",
    "read_record_file",
    "read_settings",
    "run",
    "set_folder",
    "settings_types",
    "shown_photo",
    "starter_case",
    "superpixels_from_text",
    "superpixels_to_text",
    "sweep",
    "to_json",
    "unpack",
    "user_folder",
    "wished",
    "zipped",
    "zipped_folder",
]
