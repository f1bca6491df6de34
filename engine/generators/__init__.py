"""The one list of generator families. Adding a generator is one file, one line here, one preset."""

from engine.generators import dermgan, pix2pixhd
from engine.generators.gan import Family

FAMILIES: dict[str, Family] = {family.name: family for family in (pix2pixhd.FAMILY, dermgan.FAMILY)}
