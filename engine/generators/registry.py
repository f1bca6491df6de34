"""The one list of generator families, without torch. Adding one is a folder, a line here, and a preset."""

from engine.generators import dcgan, dcgan128, dermgan, lapgan, pgan, pix2pixhd
from engine.generators.shared.family import Family

FAMILIES: dict[str, Family] = {
    package.FAMILY.name: package.FAMILY for package in (pix2pixhd, dermgan, dcgan, dcgan128, lapgan, pgan)
}
