"""What a prediction writes, where, and whether it is there already.

For the recording `X.wav`:

    X_predicted.csv                 annotations, and their story in X_predicted.provenance.json
    X_scores.h5                     scores, with `--save-scores h5` (or `--scores-only`)
    X.wav-<label>.wav               scores, with `--save-scores wav`

In a project whose annotation format is SongExplorer's, the annotations are `X.wav-predicted.csv`.

The story names model, parameters and recording. As it is written last, a prediction that it tells of is whole, and
predicting an archive again does only what is new, changed or unfinished.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscine.annotations import naming
from oscine.core.artifacts import Provenance, describe
from oscine.prediction.probability_wav import save_probability_wavs, wav_path
from oscine.prediction.scores import SUFFIX, Scores
from oscine.prediction.segment import segment

if TYPE_CHECKING:
    from oscine.networks.model import Model
    from oscine.prediction.predict import PredictParams
    from oscine.recordings.recording import Recording

_IDLE = ("block", "device", "force")
"""Parameters that change nothing in a result."""


def save_prediction(scores: Scores, target: Path, params: PredictParams) -> list[Path]:
    """Write what the parameters ask for.

    Parameters
    ----------
    scores
        Of one recording.
    target
        Where the annotations go; or the scores, where its suffix says so.

    Returns
    -------
    paths
        What was written, the story of it last.
    """
    form, place = _scores_place(target, params)
    written: list[Path] = []
    if form == "h5":
        written.append(scores.save(place))
    elif form == "wav":
        written += save_probability_wavs(scores, place)
    if not params.scores_only:
        found = segment(scores, params.segment).with_provenance(scores.provenance)
        written.append(found.save(target))
    elif form == "wav" and scores.provenance is not None:
        scores.provenance.save(_story_place(target, params))
    return written


def up_to_date(inputs: Mapping[str, Any], target: Path, params: PredictParams) -> list[Path]:
    """The files of a prediction, where they are there and the same prediction would make them again; else none."""
    if params.force or params.segment.thresholds_file is not None:  # a table may say something else by now
        return []
    model, recording = inputs["model"], inputs["recording"]
    form, place = _scores_place(target, params)
    files = [place] if form == "h5" else []
    files += [wav_path(place, recording.name, label) for label in model.outputs] if form == "wav" else []
    files += [] if params.scores_only else [target]
    if not all(file.is_file() for file in files):
        return []
    try:
        story = Scores.load(place).provenance if _is_inside(params) else Provenance.load(_story_place(target, params))
    except ValueError:  # damaged: make it anew
        return []
    return files if story is not None and _same(story, model, recording, params) else []


def _same(story: Provenance, model: Model, recording: Recording, params: PredictParams) -> bool:
    """Whether a story tells of this model, this recording and these parameters."""
    made_of, made_by = story.inputs.get("recording"), story.inputs.get("model")
    if story.operation != "predict" or not isinstance(made_of, dict) or not isinstance(made_by, dict):
        return False
    if _essence(story.params) != _essence(params.to_dict()):
        return False
    now: Any = describe(recording)
    return (
        made_by.get("digest") == model.digest
        and made_by.get("thresholds") == model.thresholds
        and made_by.get("decoding", {}) == model.identity().get("decoding", {})
        and {**made_of, "path": ""} == {**now, "path": ""}
    )


def _essence(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in _IDLE}


def _scores_place(target: Path, params: PredictParams) -> tuple[str, Path]:
    """How scores are saved ("none", "h5" or "wav"), and their file, or the folder of the WAVs."""
    form = "h5" if params.scores_only and params.save_scores == "none" else params.save_scores
    if form != "h5":
        return form, target.parent
    if params.scores_only and target.suffix.lower() in {".h5", ".hdf5"}:
        return form, target
    named = naming.parse(target)
    stem = named.stem if named.convention else target.stem
    return form, target.with_name(f"{stem}{SUFFIX}")


def _is_inside(params: PredictParams) -> bool:
    """Whether the story stands in the file of scores, there being no other."""
    return params.scores_only and params.save_scores != "wav"


def _story_place(target: Path, params: PredictParams) -> Path:
    """The story beside the annotations; that of probability WAVs alone stands where that of their scores would."""
    if not params.scores_only:
        return naming.provenance_path(target)
    named = naming.parse(target)
    return target.with_name(f"{named.stem}_scores.provenance.json")
