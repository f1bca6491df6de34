"""Every sentence a user reads in the studio."""

from typing import Final

PRODUCT: Final = "Moulage"
SCREENS: Final = {"studio": "Studio", "sweeps": "Sweeps", "sample": "Sample"}
PURPOSE: Final = "Research images, never diagnoses."
DROP_HINT: Final = "Drop a saved picture, a photo or a photo with its masks here."
OPEN: Final = "Open"
HELP: Final = "Help"
HELP_TITLE: Final = "The guide: first picture, markers, skin tone, photos, and what the words mean"
GUIDE: Final = "Guide"
NO_CHAPTER: Final = "The guide has no such page; /guide is its first."
OPEN_TITLE: Final = "Open a photo, a photo with its ISIC masks, a saved picture or a bundle (Ctrl+O)"

# The real photo that a map is drawn on.
PHOTO: Final = "Photo"
PHOTO_GONE: Final = "This case's photo is no longer on this machine; all else is here."
PHOTO_BENEATH: Final = "Beneath the map"
PHOTO_CHOICES: Final = {"picture": "Picture", "photo": "Photo"}
PHOTO_PRIVATE: Final = (
    "The photo stays on this machine, without its metadata, readable by you alone. Removing it deletes it and what was "
    "computed from it, for good after ten seconds; the case keeps its map and superpixels."
)
PHOTO_REMOVE: Final = "Remove photo"
PHOTO_REMOVE_ALL: Final = "Remove all photos"
PHOTO_SURE: Final = ("Delete from this machine?", "Delete", "Keep")
PHOTO_MATCH: Final = (
    "Match the photo's colours",
    "Sets skin tone and sliders to what is measured on the photo under this map",
)
INVERT: Final = ("Invert", "What is lesion becomes skin, and skin lesion")
DRAW_YOURSELF: Final = ("Draw it yourself", "Takes the proposal away and puts the brush in your hand")
DOUBT_KEEP: Final = ("Keep it", "The proposal stays as it is")
# Grain of the superpixels → (button, what it does).
GRAIN_TITLE: Final = "Superpixels"
CELLS_TITLE: Final = "Show or hide the superpixels, over map and picture (V)"
CELLS_STRENGTH: Final = "How strong the superpixels' lines are"
GRAINS: Final = {
    "coarse": ("Coarse", "About 400 superpixels (, goes coarser)"),
    "medium": ("Medium", "About 1,000 superpixels, or those of the ISIC picture; these outlines shape the picture"),
    "fine": ("Fine", "About 2,000 superpixels (. goes finer)"),
}

SWEEPS: Final = "Sweep"
ACROSS: Final = "Across"
DOWN: Final = "Down"
VALUES: Final = "values"
VALUES_TITLE: Final = "Values separated by commas, then Enter; empty for the proposed ones"
SWEEP_RUN: Final = "Paint again"
SWEEP_RUN_TITLE: Final = "Paint the studio's case over both axes; while it runs, stop and keep what is done"
SWEEP_SAVE: Final = "Save grid and cells"
SWEEP_SAVE_TITLE: Final = "A zip of the grid (PNG, JSON), a loop (GIF), and every cell with its case"
SWEEP_HINT: Final = (
    "Click a cell to open it in the studio; Shift-click two to compare them; wheel and drag look closer in all at once."
)
PAIR: Final = "Two cells, left and right of the line"
SAMPLE: Final = "Sample"
SAMPLES: Final = "Samples"
NO_SAMPLERS: Final = "No generator that starts from noise is trained yet: see `moulage train`."
GENERATOR: Final = "Generator"
DIAGNOSIS: Final = "Diagnosis"
COUNT: Final = "How many"
SEED: Final = "Seed"
MASK: Final = "Mask"
MASK_TITLE: Final = "Show the outline of the mask that came with each picture"
SAMPLE_DICE: Final = "Roll another seed"
SAMPLE_RUN: Final = "Sample"
SAMPLE_RUN_TITLE: Final = "Make these samples; while it runs, stop and keep what is done"
EXPORT_COUNT: Final = "Set of"
SAMPLE_EXPORT: Final = "Export"
SAMPLE_EXPORT_TITLE: Final = (
    "So many samples of this wish as a zip in ISIC 2018's layout, masks and a manifest included"
)
SAMPLE_HINT: Final = "Click a sample to see it large; Shift-click two to go from one to the other."
TOWARDS: Final = "Towards seed"
SHARE: Final = "How far towards the other sample"
LOOP_TITLE: Final = "Save the way there and back as a GIF"
SAMPLE_BEFORE: Final = "Sample before (←)"
SAMPLE_AFTER: Final = "Sample after (→)"
MORE: Final = "More like this"
MORE_TITLE: Final = "A grid of samples near this one"
COPY_SEED: Final = "Copy the seed"
KEEP_SAMPLE: Final = "Keep in the Library"
MASK_TO_STUDIO: Final = ("Open in Studio", "The mask becomes a lesion to paint on")
NO_INDEX: Final = (
    "The nearest real photo is shown here once the photos of a folder were indexed; nothing leaves this machine."
)
INDEX_FOLDER: Final = "Folder of photos"
INDEX: Final = "Index"
INDEX_TITLE: Final = "Index the folder's photos (as moulage data index does); a stopped try goes on"
SAMPLE_SAVE: Final = "Save"
SAMPLE_SAVE_TITLE: Final = "The picture with all that made it; with its mask where there is one"
CLOSE: Final = "Close"
LIGHT_TITLE: Final = "Light page; map and picture stay on dark ground"
EXPORT: Final = "Export"
EXPORT_TITLE: Final = "Save the case for other tools"
LIBRARY: Final = "Library"
LIBRARY_TITLE: Final = "Cases you kept (A)"
LIBRARY_SEARCH: Final = "Find, such as: streaks II 7"
LIBRARY_ALL: Final = "Choose all"
LIBRARY_DELETE: Final = "Delete"
LIBRARY_EXPORT: Final = "Export as data set"
LIBRARY_EXPORT_TITLE: Final = "The chosen cases as a zip file in ISIC 2018's layout, with masks and a manifest"
NOW: Final = "now"
CATCHING_UP: Final = "Catching up"
FILM: Final = "History"
FILM_HINT: Final = "Click restores · ★ keeps · Shift+click compares"
STARTERS: Final = "Start from"
BLANK: Final = "Bare skin"
STARTERS_TITLE: Final = "Start from a finished case; undo brings back what is on the canvas"

CLASS_NAMES: Final = (
    "Outside the frame",
    "Skin",
    "Lesion",
    "Pigment network",
    "Negative network",
    "Streaks",
    "Milia-like cysts",
    "Globules",
)

# Tool → (what it does, its key), in the order of the row.
TOOLS: Final = {
    "brush": ("Brush", "B"),
    "eraser": ("Erase", "E"),
    "fill": ("Fill a region", "G"),
    "lasso": ("Lasso: drag around, or click corners and press Enter", "L"),
    "superpixel": ("Superpixels", "S"),
    "box": ("Lesion box: draw, move, pull; Enter draws one around the lesion", "R"),
    "eyedropper": ("Take up the class under the pointer", "I"),
}
# Number of a box → (its label, what it is), in map pixels.
BOX_NUMBERS: Final = {
    "left": ("x", "Left edge of the box, in map pixels"),
    "top": ("y", "Top edge of the box, in map pixels"),
    "width": ("w", "Width of the box, in map pixels"),
    "height": ("h", "Height of the box, in map pixels"),
}
CONDITIONS: Final = "Condition"
BOX_HINT: Final = "Drag a box where the lesion shall be."
CARRY: Final = ("Carry lesion", "What lies in the box moves and scales with it")
BOX_NEXT_TITLE: Final = "Box around the lesion; with boxes there, the next one (Enter)"
BOX_DROP_TITLE: Final = "Remove the box (Delete)"
# Move of the whole lesion → (sign, what it does, its key).
MOVES: Final = {
    "mirror": ("↔", "Mirror left and right", "M"),
    "flip": ("↕", "Mirror up and down", "⇧M"),
    "turn": ("↻", "Turn by 15°", "T"),
    "back": ("↺", "Turn back by 15°", "⇧T"),
    "grow": ("+", "Grow by a tenth", "⇧]"),
    "shrink": ("−", "Shrink by a tenth", "⇧["),
}
# Way of comparing → (button, what it does).
COMPARISONS: Final = {
    "none": ("Picture", "The picture alone (C goes on to the next)"),
    "slider": ("Slider", "The picture before the last change left of a line you drag (C)"),
    "side": ("Side by side", "The picture before the last change on the left, at the same zoom (C)"),
    "difference": ("Difference", "What the last change changed, four times as bright (C)"),
    "photo": (
        "Photo",
        "The real photo that the map was drawn on; hold \\ for the picture, Y pins it to compare with (C)",
    ),
}
# What the picture is held against, and how → what a tag on the picture says.
COMPARED: Final = {
    "before": {
        "held": "before the last change",
        "slider": "left: before the last change",
        "side": "before the last change",
        "difference": "difference to before, ×4",
    },
    "pinned": {
        "held": "pinned",
        "slider": "left: pinned",
        "side": "pinned",
        "difference": "difference to pinned, ×4",
    },
    "photo": {
        "held": "the photo",
        "slider": "left: photo",
        "side": "the photo",
        "difference": "difference to the photo, ×4",
    },
}
PIN_TITLE: Final = "Compare with this very picture until unpinned (Y); else with the one before the last change"
LESION_MENU: Final = "Lesion"
COPY_TITLE: Final = "Copy the chosen marker to"
INSIDE_TITLE: Final = "Paint only inside the lesion (O)"
# What a slider without a value means, by the word that its button then shows.
UNSET_TITLES: Final = {
    "auto": "Auto: the seed draws it from the training photos",
    "off": "Off: the picture is made without it",
}

# Heading, then (what the hand does, its key); shown by the question mark.
KEY_SHEET: Final = {
    "Paint": (
        ("Skin, lesion, five markers", "1 to 7"),
        ("The class before", "X"),
        ("Definite or possible", "P"),
        ("Brush, erase, fill", "B E G"),
        ("Lasso, superpixel", "L S"),
        ("Close, drop a lasso's corners", "Enter, Esc"),
        ("Take up a class", "I"),
        ("Only inside the lesion", "O"),
        ("Mirror, turn the lesion", "M, T"),
        ("Shrink, grow the lesion", "Shift+[ ]"),
        ("Erase with any tool", "right button, Shift"),
        ("Possible with any tool", "Alt"),
        ("Superpixels by keyboard", "arrows, Space"),
        ("Superpixels coarser, finer", ", ."),
        ("Lesion box", "R"),
        ("Box around the lesion, next", "Enter"),
        ("Move, by 10, resize a box", "arrows, Shift, Alt"),
        ("Remove a box", "Delete"),
        ("Brush size", "[ ] or Shift+wheel"),
        ("Undo, redo", "Ctrl+Z, Ctrl+Y"),
        ("Take back the stroke in hand", "Esc"),
    ),
    "Look": (
        ("Zoom", "wheel"),
        ("Pan", "Space+drag"),
        ("Fit", "F"),
        ("Hide the map: hold, or tap", "H"),
        ("Show or hide superpixels", "V"),
        ("Zoom and pan by touch", "two fingers"),
    ),
    "Picture": (
        ("Skin tone I to VI", "Shift+1 to 6"),
        ("Lock the seed", "K"),
        ("Next, previous seed", "N, Shift+N"),
        ("Roll a seed", "D"),
        ("Compare: slider, side, difference", "C"),
        ("The picture before, while held", "\\"),
        ("Pin a picture to compare with", "Y"),
        ("The Library", "A"),
        ("Keep the picture in the Library", "Shift+A"),
        ("Save picture", "Ctrl+S"),
        ("Open photo, masks, picture", "Ctrl+O"),
    ),
}


# What the page's scripts say of photos and superpixels.
PHOTO_WORDS: Final = {
    "tags": {"synthetic": "Synthetic", "photo": "Photo", "both": "Photo and synthetic"},
    "beneath": {"picture": "Synthetic beneath", "photo": "Photo beneath"},
    "photo_gone": PHOTO_GONE,
    "photo_removed": "The photo and what was computed from it are deleted from this machine.",
    "photos_removed": "All photos and what was computed from them are deleted from this machine.",
    "photo_back": "The photo is back.",
    "matched": "Colours matched to the photo: they stand on the sliders.",
    "match_failed": "The colours were not matched",
    "undo": "Undo",
    "remove_all": f"{PHOTO_REMOVE_ALL} ({{count}} on this machine)",
    "opening": "Opening …",
    "finding": "Photo opened; finding its superpixels …",
    "grains": {name: f"{title} superpixels." for name, (title, _) in GRAINS.items()},
    "grain_needs_photo": "Other superpixels need the photo, which is not on this machine.",
}
# What the filmstrip and the Library say.
KEEPING: Final = {
    "seed": "seed",
    "tone": "tone",
    "film_title": FILM_HINT,
    "keep": "Keep in the Library (Shift+A: the picture on screen)",
    "unkeep": "Take out of the Library",
    "keep_failed": "The case was not kept",
    "steps_lost": "The undo steps of before belong to an older state of this case and are gone.",
    "memory_failed": "This browser has no room to keep undo steps and history: a reload will lose them, the case it will not.",
    "in_library": "Kept in the Library (A opens it).",
    "library_failed": "The Library did not answer",
    "library_empty": "Nothing kept yet: the star on a picture in the history keeps its case here.",
    "library_none": "Nothing kept answers these words.",
    "library_damaged": "Not readable, left as they are:",
    "kept_count": "kept",
    "sample": SAMPLE,
    "chosen": "chosen",
    "choose": "Choose (Space)",
    "delete": "Delete (Delete)",
    "deleted": "Deleted",
    "undo": "Undo",
    "exporting": "Writing the data set:",
    "exported": "The data set is in your downloads.",
    "stop": "Stop",
    "stopped": "Stopped; no data set was written.",
}

# What the Sample screen says.
SAMPLING: Final = {
    "sample_run": SAMPLE_RUN,
    "sample_failed": "The samples were not made",
    "sample_export_stopped": "Stopped; the same wish goes on from there.",
    "any_diagnosis": "As in the photos",
    "synthetic": "Synthetic",
    "nearest": "Nearest real photo",
    "as_near": "{share} % of the photos have another as near",
    "index": INDEX,
    "indexing": "Indexing:",
    "index_stopped": "Stopped; the next try goes on from here.",
    "copy_seed": COPY_SEED,
    "seed_copied": "Copied:",
    "seed_not_copied": "The browser does not let a page copy here:",
    "keep_sample": KEEP_SAMPLE,
    "mask_to_studio": ". ".join(MASK_TO_STUDIO),
}


def for_page() -> dict[str, object]:
    """What the page's scripts say, by key; plain text, never HTML."""
    return {
        **PHOTO_WORDS,
        "classes": list(CLASS_NAMES),
        "possible": "possible",
        "region": "region",
        "box": "box",
        "sweep_run": SWEEP_RUN,
        "axis_needs": {"marker": "needs a painted map", "condition": "needs boxes"},
        "sweep_stop": "Stop",
        "sweep_stopped": "Stopped; what is painted stays.",
        "sweep_failed": "The sweep was not painted",
        "clipped": "cut off by the map's edge",
        "draw_condition": "drag a box, or press Enter for one in the middle",
        "draw_box": "drag a box, or press Enter for one around the lesion",
        "choose_box": "click a box, or press Enter for the next",
        "auto": "auto",
        "ita": "ITA",
        "extrapolated": "extrapolated",
        "no_reference": "nothing to compare with yet",
        "compared": COMPARED,
        "states": {
            "connecting": "connecting",
            "waiting": "warming up",
            "live": "live",
            "offline": "reconnecting",
            "refused": "refused",
        },
        "empty": {
            "waiting": "The generator is warming up; you can already paint.",
            "offline": "The server does not answer; your map is kept here.",
            "refused": "No picture: see the sentence below.",
        },
        "on_release": "on release",
        "round_trip": "on screen after",
        "catching_up": CATCHING_UP,
        "stale_offline": "Stale · reconnecting",
        "stale_refused": "Stale · refused",
        "seed_locked": "Seed locked: strokes keep it. Press K to unlock.",
        "seed_free": "Seed free: every stroke draws a new one. Press K to lock.",
        "kept": "kept",
        "kept_here": "kept in this browser; the server does not answer",
        "not_kept": "not kept: save the picture",
        "storage_full": "This browser's storage is full; the server still keeps every stroke.",
        "draft_failed": "The autosaved case was not read",
        "browser_damaged": "This browser's copy of the case is damaged; the server's is used where there is one.",
        **KEEPING,
        **SAMPLING,
        "saving": "Saving …",
        "saved": "Saved",
        "unreachable": "The server does not answer; nothing is lost here, try again in a moment.",
        "start_failed": "The server sent no case",
        "save_failed": "The picture was not saved",
        "open_failed": "The file was not opened",
        "drop_too_large": "The files are larger than 64 MiB together, which is all that is read at once.",
    }


# The first visit's three steps, until they are dismissed.
COACH: Final = (
    ("Paint", "press 7 and drag inside the lesion; the picture follows."),
    ("Skin", "click a tone below; again leaves it to the seed."),
    ("Superpixels", "V shows them, S paints them whole."),
)
COACH_DONE: Final = "Got it"
TOOL_NAMES: Final = {
    "brush": "Brush", "eraser": "Erase", "fill": "Fill", "lasso": "Lasso", "superpixel": "Superpixels", "box": "Box",
    "eyedropper": "Pick", "inside": "Inside",
}  # fmt: skip
BARE_SKIN: Final = "Bare skin: press 2 and paint a lesion here."
GLOSSARY_TITLE: Final = "Words"
GLOSSARY: Final = {
    "ITA": "individual typology angle: how light the skin is, in degrees; above 55 very light, below −30 dark.",
    "Skin type": "Fitzpatrick's I to VI, here by the ITA that each has on average.",
    "Extrapolated": "asked for beyond what the training photos show: believe it less.",
    "Auto": "left to the seed, which draws it as often as the training photos have it.",
    "Seed": "the number that draws whatever you leave open; the same seed gives the same picture.",
    "Definite, possible": "how sure a marker is; possible ones are extrapolated.",
    "Overlay": "how much the map covers the picture beneath it.",
}
