"""The one list of generator families. Adding a generator is one file, one line here, one preset."""

from engine.generators import dcgan, dcgan128, dermgan, lapgan, pgan, pix2pixhd
from engine.generators.gan import Family

FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY for module in (pix2pixhd, dermgan, dcgan, dcgan128, lapgan, pgan)
}
