"""What is said of files that were opened."""

from engine import service


def opened(made: service.Opened) -> str:
    """What is said of the files that were opened."""
    if made.restored:
        return "Case restored."
    notices = [f"{name} {done}." for name, done in made.notices]
    if made.case.photo is None:
        return " ".join(["Map opened.", *notices])
    said = ["The lesion is only proposed: correct it." if made.proposed else "Photo and masks opened."]
    if made.case.tone is not None:
        said.append(f"Photo: ITA {made.ita_deg:.0f}°, about type {made.case.tone} by Chardon's bounds.")
    elif made.ita_deg is not None:
        said.append(f"Skin type: cannot tell, an ITA of {made.ita_deg:.0f}° is no skin's.")
    else:
        said.append("Skin type: cannot tell, too little skin is sure to be seen.")
    if made.left_out is not None:
        said.append(
            f"Its superpixel picture holds {made.left_out}, over the 1,000 of an instance map: SLIC's are used."
        )
    return " ".join([*said, *notices])


def photo_tone(made: service.Opened) -> str:
    """The measured tone of a photo's skin beside the photo; nothing where too little skin is seen."""
    if made.case.photo is None or made.restored:
        return ""
    return "skin type: cannot tell" if made.case.tone is None else f"ITA {made.ita_deg:.0f}°, about {made.case.tone}"


def doubt(made: service.Opened) -> str:
    """Why the proposed lesion is probably wrong, or nothing."""
    return f"The proposed lesion is doubtful: {made.doubt}." if made.doubt else ""
