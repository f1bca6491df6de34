"""Who goes to train, val and test where a data set does not say: whole patients or lesions, 75 : 10 : 15 of each stratum.

The shipped weights were trained on one side of these very splits, so the order of draws is fixed; a library's grouped split
would put other patients on each side.
"""

from collections.abc import Mapping, Sequence

from engine.seeds import stream

TEST_SHARE, VAL_SHARE = 0.15, 0.10


def sides(strata: Mapping[str, Sequence[str]], sizes: Mapping[str, int], seed: int) -> dict[str, str]:
    """The side of each group: "train", "val" or "test".

    strata: name of a diagnosis → its groups, in order. sizes: photos of each group, which fill the shares.
    """
    found: dict[str, str] = {}
    for stratum, groups in sorted(strata.items()):
        total, seen = sum(sizes[group] for group in groups), 0
        for group in (groups[i] for i in stream(seed, f"split {stratum}").permutation(len(groups))):
            share = seen / total
            found[group] = "test" if share < TEST_SHARE else "val" if share < TEST_SHARE + VAL_SHARE else "train"
            seen += sizes[group]
    return found
