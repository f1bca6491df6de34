"""The examples as cases of the live generator, with which most tests begin."""

from engine.cases.examples import FIRST
from engine.service import starter_case
from engine.training import presets


def starter(name=FIRST):
    """One by its name."""
    return starter_case(presets.load("pix2pixhd-live"), name)
