"""The one list of judges that learn, without torch."""

from engine.generators.shared.family import Family
from engine.judges import lesion_segmenter

FAMILIES: dict[str, Family] = {package.FAMILY.name: package.FAMILY for package in (lesion_segmenter,)}
