"""The single front door: numpy and dataclasses in and out. The command line and the studio come in here, and only here.

Nothing heavy is imported before it is needed, so that `moulage --help` and the first page do not wait for torch.
"""

from engine.drafts import Draft, Drafts
from engine.formats import zip_bytes as zipped
from engine.library import Kept, Library
from engine.photos.store import Photos
from engine.service.exports import FORMS, Export, Form, case_from_bytes, export
from engine.service.files import (
    PresetInfo,
    case_from_file,
    case_from_map,
    case_from_regions,
    catalogue,
    check_data,
    read_card,
    render_file,
    sample_maps,
    train,
)
from engine.service.indexing import Indexed, Nearest, index_data, shown_photo
from engine.service.joining import join
from engine.service.judging import control, fidelity, fit_segmenter, pairs, search, tone
from engine.service.library import export_library, keep, library_folder
from engine.service.photos import Opened, open_files
from engine.service.samplers import (
    NoiseGenerator,
    Place,
    Samplers,
    Wish,
    noise_generators,
    sample_one,
    set_folder,
    wished,
    zipped_folder,
)
from engine.service.sampling import Sample, Sampled, Sampler, sample
from engine.service.studio import DEFAULT, STARTER_NAMES, Frame, Rendered, Studio, TonePicture, starter_case
from engine.service.studios import Generator, Studios, live_generators
from engine.service.sweeping import Cell, Grid, cut_off, painted, sweep_file
from engine.superpixels import GRAINS, proposed_cells
from engine.sweeps import AXES, Sweep, proposed, sweep

__all__ = [
    "AXES",
    "DEFAULT",
    "FORMS",
    "GRAINS",
    "STARTER_NAMES",
    "Cell",
    "Draft",
    "Drafts",
    "Export",
    "Form",
    "Frame",
    "Generator",
    "Grid",
    "Indexed",
    "Kept",
    "Library",
    "Nearest",
    "NoiseGenerator",
    "Opened",
    "Photos",
    "Place",
    "PresetInfo",
    "Rendered",
    "Sample",
    "Sampled",
    "Sampler",
    "Samplers",
    "Studio",
    "Studios",
    "Sweep",
    "TonePicture",
    "Wish",
    "case_from_bytes",
    "case_from_file",
    "case_from_map",
    "case_from_regions",
    "catalogue",
    "check_data",
    "control",
    "cut_off",
    "export",
    "export_library",
    "fidelity",
    "fit_segmenter",
    "index_data",
    "join",
    "keep",
    "library_folder",
    "live_generators",
    "noise_generators",
    "open_files",
    "painted",
    "pairs",
    "proposed",
    "proposed_cells",
    "read_card",
    "render_file",
    "sample",
    "sample_maps",
    "sample_one",
    "search",
    "set_folder",
    "shown_photo",
    "starter_case",
    "sweep",
    "sweep_file",
    "tone",
    "train",
    "wished",
    "zipped",
    "zipped_folder",
]
