"""Run folders: one training run's configuration, statistics, samples, snapshots and resume state."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.paths import write_atomically


@dataclass(frozen=True)
class Run:
    """The folder of one run, opened by `Run.open`."""

    folder: Path

    @classmethod
    def open(
        cls, out: Path, resume: bool, config: dict[str, Any], data_sha256: str, initial_sha256: str | None = None
    ) -> "Run":
        """Start a run in an empty folder, or go on with the same run.

        initial_sha256: of the checkpoint whose weights it starts from, if any.

        Raises EngineError for a folder that holds something without `resume`, and for a resume with another
        configuration or other data.
        """
        table = {"config": config, "data_sha256": data_sha256}
        described = json.loads(json.dumps(table | ({"initial_sha256": initial_sha256} if initial_sha256 else {})))
        record = out / "run.json"
        if out.is_file():
            raise EngineError(f"--out {out} is a file; a folder is needed.")
        if resume:
            _refuse_another(record, described)
        elif out.is_dir() and any(out.iterdir()):
            raise EngineError(
                f"--out {out} is not empty; choose another folder, or add --resume to go on with its run."
            )
        else:
            write_atomically(record, json.dumps(described, indent=1).encode())
        return cls(out)

    def forget(self) -> None:
        """Take a run away that did not begin, so that its folder can be used again."""
        (self.folder / "run.json").unlink(missing_ok=True)
        for folder in (self.folder / "cache", self.folder):
            with suppress(OSError):  # another thing is in it, or it is not there
                folder.rmdir()

    @property
    def initial_sha256(self) -> str | None:
        """Hash of the checkpoint whose weights the run started from, or None."""
        found = json.loads((self.folder / "run.json").read_text(encoding="utf-8")).get("initial_sha256")
        return str(found) if found else None

    @property
    def resume_state(self) -> Path:
        """Everything needed to go on; may be deleted when the run is done."""
        return self.folder / "resume.safetensors"

    @property
    def final(self) -> Path:
        """The averaged weights at the end of the budget."""
        return self.folder / "final.safetensors"

    def snapshot(self, images: int) -> Path:
        """The averaged weights after so many images."""
        return self.folder / "snapshots" / f"{images:09d}.safetensors"

    def sample(self, images: int) -> Path:
        """The sample grid after so many images."""
        return self.folder / "samples" / f"{images:09d}.png"

    def log(self, line: dict[str, Any]) -> None:
        """Append one line to stats.jsonl."""
        try:
            with (self.folder / "stats.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise EngineError(f"{self.folder}/stats.jsonl could not be written: {error.strerror}.") from error


def _refuse_another(record: Path, described: dict[str, Any]) -> None:
    if not record.exists():
        raise EngineError(f"--resume: {record.parent} holds no run to go on with.")
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
        before, now = _flat(known["config"]), _flat(described["config"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"--resume: {record} is damaged; start a new run.") from error
    if known.get("data_sha256") != described["data_sha256"]:
        raise EngineError(
            f"--resume: {record.parent} was trained on data {str(known.get('data_sha256'))[:12]}; "
            f"the folder given now is {described['data_sha256'][:12]}."
        )
    changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    if changed:
        key = changed[0]
        raise EngineError(
            f"--resume: {record.parent} was started with {key} = {before.get(key)!r}; now it is {now.get(key)!r}. "
            "Resume with the same configuration, or start a new run."
        )


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
