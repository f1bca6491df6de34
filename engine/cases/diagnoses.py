"""What a photo is labelled to show: the names of diagnoses, and the two groups that a data set may know no more than."""

from collections.abc import Sequence

from engine.cases.conditions import CONDITIONS
from engine.config import suggestion
from engine.errors import EngineError

# Actinic keratosis and Bowen's disease, one class in HAM10000, stand between the groups and are in neither.
GROUPS = {
    "benign": (
        "melanocytic nevus", "atypical nevus", "seborrheic keratosis", "benign keratosis", "lentigo", "dermatofibroma",
        "vascular lesion",
    ),
    "malignant": ("melanoma", "basal cell carcinoma", "squamous cell carcinoma"),
}  # fmt: skip
DIAGNOSES = tuple(sorted({*GROUPS, *CONDITIONS, *(name for group in GROUPS.values() for name in group)}))


def place_of(diagnosis: str | None, wanted: Sequence[str]) -> int | None:
    """The place in `wanted` of a photo's diagnosis, or else of the group it belongs to; None where it is not wanted."""
    if diagnosis in wanted:
        return wanted.index(diagnosis)
    return next((i for i, name in enumerate(wanted) if diagnosis in GROUPS.get(name, ())), None)


def check(diagnosis: str, allowed: Sequence[str] = DIAGNOSES) -> str:
    """The diagnosis itself; one that is not among `allowed` is refused."""
    if diagnosis not in allowed:
        raise EngineError(f"the diagnosis '{diagnosis[:60]}' is not known here; {suggestion(diagnosis, allowed)}")
    return diagnosis
