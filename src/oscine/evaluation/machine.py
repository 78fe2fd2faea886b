"""A machine as a party among annotators: what it has predicted, or what its scores amount to at any threshold.

Every threshold is tried on all recordings, so that their scores are needed again and again. What is more than memory
should hold of them lies in temporary files, and is read recording by recording.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oscine.annotations import naming
from oscine.core.errors import InputError
from oscine.core.monitor import Monitor
from oscine.evaluation.opinions import Opinions, Said
from oscine.networks.model import Model
from oscine.prediction.decoder import Decoder
from oscine.prediction.decoding import settled
from oscine.prediction.predict import PredictParams, predict
from oscine.prediction.probability_wav import find_probability_wavs
from oscine.prediction.scores import SUFFIX, Scores
from oscine.prediction.segment import SegmentParams, segment, thresholds_of
from oscine.recordings.recording import Recording

MACHINE = "model"
"""What a machine is called."""

IN_MEMORY = 2**28
"""Bytes of scores, of all recordings together, that are held in memory."""

_MOST_LEVELS = 2**22
"""Scores that are told apart as thresholds; of more, every second one."""

Spans = NDArray[np.float64]


@dataclass(eq=False)
class Machine:
    """What a machine says of recordings.

    Attributes
    ----------
    name
        What it is called among the parties.
    said
        Rows that it has predicted, by recording.
    find
        Gives the recording of a name, `None` where it is not there.
    model
        Is applied to recordings, where given.
    given
        File of scores, or the folder that they are in.
    decoding
        How scores become sounds.
    scores
        By recording; filled by `prepare`.
    """

    name: str
    said: Mapping[str, Said]
    find: Callable[[str], Recording | None]
    model: Model | None
    given: Path | None
    decoding: SegmentParams
    scores: dict[str, Scores] = field(default_factory=dict)
    _held: dict[str, Scores] = field(default_factory=dict)
    _held_label: str = ""
    _folder: Path | None = None

    def knows(self, recording: str) -> bool:
        """Whether it says anything of a recording, or can."""
        return recording in self.said or self.model is not None or self._place(recording) is not None

    def prepare(
        self,
        names: Sequence[str],
        device: Literal["auto", "cpu", "cuda", "mps"],
        monitor: Monitor,
        tell: Callable[[str], None],
    ) -> None:
        """Predict the recordings, or read their scores."""
        for name in names:
            if self.model is not None:
                recording = self.find(name)
                if recording is None:
                    raise InputError("the model cannot be applied: there is no such recording", found=name,
                                     cure="Say where it is: --recordings FOLDER")  # fmt: skip
                found = predict(self.model, recording, PredictParams(device=device), monitor=monitor)
                self.scores[name] = found if _size(self.scores, found) <= IN_MEMORY else self._put_aside(found)
            elif (place := self._place(name)) is not None:
                self.scores[name] = Scores.load(place)
        lacking = [name for name in names if name not in self.scores and name in self.said]
        if self.scores and lacking:
            tell(f"no curves of thresholds: there are no scores of {', '.join(lacking)}")
            self.scores = {name: scores for name, scores in self.scores.items() if name not in self.said}
        if self.scores and not self._decoder.heeds_thresholds:
            tell(f"no curves of thresholds: the decoder {self._decoder.plugin_name} heeds none")

    def _put_aside(self, scores: Scores) -> Scores:
        """The same in a temporary file, which lasts as long as the machine."""
        if not scores.n_frames:
            return scores
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp())
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        path = self._folder / str(len(self.scores))
        try:
            with path.open("wb") as stream:
                for _, block in scores.blocks():
                    stream.write(np.ascontiguousarray(block.T).data)
        except OSError as error:
            raise InputError(f"there is no room for the scores of many recordings ({error.strerror})",
                             path=tempfile.gettempdir(),
                             cure="Set TMPDIR to a folder on a larger disk") from error  # fmt: skip
        shape = (scores.n_frames, len(scores.labels))
        return replace(scores, data=np.memmap(path, np.float32, "r", shape=shape).T)

    def labels(self, names: Sequence[str]) -> set[str]:
        """Labels that it uses in some recordings."""
        used = {
            label for name in names if name in self.said and self._is_read(name) for label in self.said[name].labels
        }
        for name in names:
            if name in self.scores and not self._is_read(name):
                used |= set(segment(self.scores[name], self.decoding).to_pandas()["label"])
        return used

    def spans(self, recording: str, label: str) -> Spans:
        """Onset and offset (sound, 2) in seconds of what it says."""
        if self._is_read(recording):
            return self.said[recording].spans(label)
        return self.decode(recording, label, None)

    def _is_read(self, recording: str) -> bool:
        """Whether rows that it predicted before count, rather than scores."""
        return recording in self.said and self.model is None

    def has_scores(self, label: str) -> bool:
        """Whether thresholds of a label can be tried."""
        known = bool(self.scores) and all(label in scores.labels for scores in self.scores.values())
        return known and self._decoder.heeds_thresholds

    @property
    def _decoder(self) -> Decoder:
        """The decoder that holds: the given one, else the model's."""
        scores = next(iter(self.scores.values()))
        decoder = settled(self.decoding, scores.decoding).decoder
        assert decoder is not None
        return decoder

    def decode(self, recording: str, label: str, threshold: float | None) -> Spans:
        """Onset and offset (sound, 2) in seconds of what its scores amount to; `None`: at its own threshold."""
        table = self._decoded(recording, label, threshold)
        return np.empty((0, 2)) if table is None else table[["onset", "offset"]].to_numpy(np.float64)

    def _decoded(self, recording: str, label: str, threshold: float | None) -> pd.DataFrame | None:
        """Rows of one label; `None` where there are no scores of it."""
        scores = self.scores.get(recording)
        if scores is None or label not in scores.labels:
            return None
        chosen: dict[str, Any] = {"labels": (label,)}
        if threshold is not None:
            chosen["thresholds"] = {**self.decoding.thresholds, label: threshold}
        if (alone := self._alone(recording, label)) is not None:
            scores = alone
            for name in ("thresholds", "max_gaps", "min_durations"):
                values = chosen.get(name, getattr(self.decoding, name))
                chosen[name] = {label: values[label]} if label in values else {}
        return segment(scores, self.decoding.model_copy(update=chosen)).to_pandas()

    def _alone(self, recording: str, label: str) -> Scores | None:
        """Scores of one label in memory, where others have no say in how it is decoded: many thresholds are tried."""
        scores = self.scores[recording]
        if self.decoding.snap or self.decoding.thresholds_file or self._decoder.bars({label: 0.5}) is None:
            return None
        if self._held_label != label:
            self._held, self._held_label = {}, label
        held = self._held.get(recording)
        if held is None:
            row = scores.labels.index(label)
            values = [np.zeros(0, np.float32), *(block[row] for _, block in scores.blocks())]
            own = {name: value for name, value in scores.thresholds.items() if name == label}
            held = replace(scores, data=np.concatenate(values)[None], labels=(label,), thresholds=own, aside=())
            if _size(self._held, held) <= IN_MEMORY:
                self._held[recording] = held
        return held

    def levels(self, label: str) -> NDArray[np.float64]:
        """Every score that a threshold could tell apart: those of peaks where the label is an event, else of frames."""
        found, n_found = [np.empty(0)], 0
        for name, scores in self.scores.items():
            if label in scores.events and (table := self._decoded(name, label, 0.0)) is not None:
                found.append(table["score"].to_numpy(np.float64))
            else:
                row = scores.labels.index(label)
                for _, block in scores.blocks():
                    found.append(np.unique(block[row]).astype(np.float64))
                    n_found += len(found[-1])
                    while n_found > _MOST_LEVELS:
                        together = np.unique(np.concatenate(found))
                        found = [together[:: 1 + (2 * len(together) > _MOST_LEVELS)]]
                        n_found = len(found[0])
        return np.unique(np.concatenate(found))

    def in_use(self, label: str) -> float:
        """The threshold that it decodes with."""
        scores = next(iter(self.scores.values()))
        return thresholds_of(scores.labels, scores.thresholds, self.decoding)[label]

    def _place(self, name: str) -> Path | None:
        """Where the scores of a recording are: a file, or the recording whose probability WAVs lie beside it."""
        recording = self.find(name)
        base, stem = Path(name).name, naming.stem(Path(name).name)
        if self.given is not None and self.given.is_file():
            return self.given if Scores.load(self.given).recording == base else None
        folder = self.given if self.given is not None else recording.path.parent if recording is not None else None
        if folder is None:
            return None
        if (folder / f"{stem}{SUFFIX}").is_file():
            return folder / f"{stem}{SUFFIX}"
        return folder / base if find_probability_wavs(folder / base) else None


def _size(held: Mapping[str, Scores], another: Scores) -> int:
    """Bytes of scores in memory, were there another."""
    every = [*(one for one in held.values() if not isinstance(one.data, np.memmap)), another]
    return sum(4 * len(one.labels) * one.n_frames for one in every)


def find_machine(
    opinions: Opinions,
    model: Model | None,
    scores: Path | None,
    find: Callable[[str], Recording | None],
    decoding: SegmentParams,
) -> Machine | None:
    """The machine among the parties; `None` where nothing was predicted, and there is no model and no scores.

    Raises
    ------
    InputError
        Where scores are given that are not there, or several machines have predicted.
    """
    if scores is not None and not scores.exists():
        raise InputError("there are no such scores", path=scores, cure="Make some: oscine predict … --save-scores h5")
    if len(opinions.machines) > 1 and model is None:
        raise InputError(
            "several machines have predicted these recordings",
            path=opinions.source,
            found=", ".join(sorted(opinions.machines)),
            cure="Keep the rows of one, or compare them with each other: oscine compare",
        )
    said = next(iter(opinions.machines.values()), {})
    name = MACHINE if MACHINE not in opinions.people else f"{MACHINE} (predicted)"
    machine = Machine(name, said, find, model, scores, decoding)
    if said or model is not None:
        return machine
    names = [recording for recording in opinions.recordings if machine.knows(recording)]
    if scores is not None and not names:
        found = ", ".join(opinions.recordings)
        raise InputError("holds no scores of these recordings", path=scores, found=found, allowed=f"files *{SUFFIX}")
    return machine if names else None
