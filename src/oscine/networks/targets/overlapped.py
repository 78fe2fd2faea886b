"""Any set of labels in a frame: each output says by itself whether its label is there.

What is not known of a frame is told label by label. A row says that its label is there, and nothing of the others,
unless somebody has looked for all of them: in the coverage whatever is not annotated is absent. A row whose label
begins with ``not_`` says that the rest of its name is absent, and one called "background" that everything is.

Worked example, labels *pulse*, *sine* and *not_pulse*, frames at 0, 0.1, … 0.9 s, covered from 0.6 s on; a segment of
*sine* from 0.05 to 0.45 s, *not_pulse* from 0.15 to 0.35 s, a *pulse* at 0.7 s; ``?`` is not known (not a number)::

    frame       0     1     2     3     4     5     6     7     8     9
    pulse       ?     ?     0     0     ?     ?     0     1     0     0
    sine        ?     1     1     1     1     ?     0     0     0     0

The meaning is SongExplorer's [1]_, its mistakes are not: there labels are written along the wrong axis, annotations of
other recordings overlap, and a label is taken to be there where its logit, not its probability, exceeds ½.

References
----------
.. [1] Arthur et al. (2021), SongExplorer: a deep learning workflow for discovery and segmentation of animal acoustic
   communication signals, bioRxiv 2021.03.26.437280.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from oscine.annotations.labels import BACKGROUND
from oscine.core.errors import InputError
from oscine.core.params import Field, Seconds
from oscine.networks.frames import frame_times
from oscine.networks.target import MARGIN, UNKNOWN, Target, Timeline

if TYPE_CHECKING:
    from torch import Tensor

_ABSENT, _PRESENT = 0, 1


class Overlapped(Target):
    """Any set of labels in each frame, so that sounds may overlap."""

    loss: ClassVar[str] = "binary-cross-entropy"
    encodes: ClassVar[str] = "presences"

    event_width: Seconds | None = Field(None, gt=0)
    """How long an event holds; one frame where nothing is given."""

    absent: str = Field("not_", min_length=1)
    """How the names of labels begin that say that another label is absent, such as not_pulse."""

    def outputs(self, labels: Sequence[str], n_channels: int = 1) -> tuple[str, ...]:
        """The labels of sounds: those that do not tell of an absence.

        Raises
        ------
        InputError
            Where there are none, or one is said to be absent that is not a label.

        Examples
        --------
        >>> Overlapped().outputs(["pulse", "not_pulse", "sine", "background"])
        ('pulse', 'sine')
        """
        sounds = tuple(name for name in labels if name != BACKGROUND and not name.startswith(self.absent))
        for name in labels:
            if name.startswith(self.absent) and name.removeprefix(self.absent) not in sounds:
                raise InputError(
                    f"this label says that {name.removeprefix(self.absent)!r} is absent, which is not a label",
                    found=name,
                    allowed=[self.absent + sound for sound in sounds],
                    cure="Leave it out of --labels, or rename it with --relabel",
                )
        if not sounds:
            raise InputError("there is no label of a sound to learn", found=list(labels), cure="Annotate some sounds")
        return sounds

    def rivals(self, labels: Sequence[str]) -> tuple[str, ...]:
        """None: every label may be there beside every other."""
        return ()

    def reach(self, frame_rate: float) -> float:
        """How far from its time an event holds, in seconds: half of `event_width`, or half a frame."""
        return super().reach(frame_rate) if self.event_width is None else self.event_width / 2

    def encode(
        self,
        onsets: NDArray[np.float64],
        offsets: NDArray[np.float64],
        indices: NDArray[np.int64],
        coverage: NDArray[np.float64],
        n_frames: int,
        frame_rate: float,
        *,
        labels: Sequence[str],
        start: float = 0.0,
    ) -> NDArray[np.float32]:
        """Whether each label is in each frame: 1, 0, or not a number where it is not known.

        An annotation holds in the frames whose centres lie in its ``[onset, offset)``, an event in those that are
        within half of `event_width` of it. Where rows contradict each other, the one that starts last is believed.

        Parameters
        ----------
        onsets, offsets
            Bounds of the annotations, s.
        indices
            Their labels, as indices into `labels`.
        coverage
            Stretches (n, 2) in which all labels were annotated, s.
        n_frames
            Number of frames.
        frame_rate
            Hz.
        labels
            The label set.
        start
            Centre of the first frame, s.

        Returns
        -------
        NDArray
            (output, frame), float32.

        Examples
        --------
        >>> onsets, offsets, indices = np.array([(0.05, 0.45, 1), (0.15, 0.35, 2), (0.7, 0.7, 0)]).T
        >>> labels = ["pulse", "sine", "not_pulse"]
        >>> Overlapped().encode(onsets, offsets, indices.astype(int), [(0.6, 1.0)], 10, 10.0, labels=labels)
        array([[nan, nan,  0.,  0., nan, nan,  0.,  1.,  0.,  0.],
               [nan,  1.,  1.,  1.,  1., nan,  0.,  0.,  0.,  0.]], dtype=float32)
        """
        names = np.array([labels[index] for index in indices], object)
        stretches = np.asarray(coverage, dtype=np.float64).reshape(-1, 2)
        nothing = Timeline.paint(stretches[:, 0], stretches[:, 1], np.full(len(stretches), _ABSENT))
        widths = np.where(onsets == offsets, self.event_width or 1 / frame_rate, 1 / frame_rate) + MARGIN
        times, rows = frame_times(n_frames, frame_rate, start), []
        for sound in self.outputs(labels):
            mine = (names == sound) | (names == self.absent + sound) | (names == BACKGROUND)
            says = np.where(names[mine] == sound, _PRESENT, _ABSENT)
            timeline = Timeline.paint(onsets[mine], offsets[mine], says, under=nothing, min_width=widths[mine])
            rows.append(timeline.at(times))
        values = np.array(rows, dtype=np.float32)
        values[values == UNKNOWN] = np.nan
        return values

    def decode(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (…, output, frame): the logistic function of each logit.

        Examples
        --------
        >>> Overlapped().decode(np.array([[0.0], [np.log(3.0)]], dtype=np.float32)).round(3).tolist()
        [[0.5], [0.75]]
        """
        logits = np.asarray(logits, dtype=np.float32)
        return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), dtype=np.float32)  # overflows nowhere

    def is_present(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which labels each frame has: those whose probability is ½ or more.

        Examples
        --------
        >>> Overlapped().is_present(np.array([[0.6, 0.4], [0.5, 0.1]], np.float32)).tolist()
        [[True, False], [True, False]]
        """
        return np.asarray(np.asarray(scores) >= 0.5)

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """Logarithms (batch, output, frame) of the probability of each label, by itself."""
        from torch.nn import functional

        return functional.logsigmoid(logits)
