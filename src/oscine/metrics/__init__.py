"""How well predictions agree with what people annotated. NumPy (and rapidfuzz): no tables, no torch.

One file per question. Of sounds:

- `events`      whether pulses are found, and how exactly in time
- `segments`    whether syllables are found, with the right onset, offset and label
- `overlaps`    the same, judged by how much of their time is right: intersection over union
- `boundaries`  whether onsets and offsets are found, whatever the label: precision, recall, F1, R-value
- `sequences`   whether the labels come in the right order: the syllable error rate
- `agreement`   what several people say alike: everyone, only one, all but one

Of frames and their scores:

- `frames`      which labels are taken for which: the confusion matrix; the frame error; F1, mean of labels
- `frame_runs`  the same of two annotations, without making the frames
- `kappa`       how far annotators agree beyond chance: Cohen's and Fleiss'
- `curves`      what each threshold buys: precision–recall, ROC, and the threshold for a wished ratio
- `calibration` whether a probability means what it says, and the temperature that mends it

How far to trust a figure, and how others count:

- `bootstrap`   intervals over recordings, and whether two models differ
- `legacy`      boundaries and events as VocalPy, vak and DAS count them, for comparison with what they publish
- `whisperseg`  segments and frames as WhisperSeg counts them

And what all of these are made of:

- `counts`      right, missed, invented: precision, recall, F1, and how recordings are pooled
- `score_tree`  many draws of recordings pooled at once
- `matching`    which prediction stands for which annotation: maximum one-to-one matching in time
- `bipartite`   the same of any two sets
- `coverage`    where somebody has looked: what lies elsewhere does not count

Every result is frozen and holds counts, never only rates, so that the results of recordings can be added:
`pool(scores)` is what scoring all recordings in one piece would have said ("micro-average").

Conventions: seconds in float64, half-open `[onset, offset)`, an event has `onset == offset`; *truth* is what people
annotated, *predicted* what a model or another person says; the true label always comes first (rows of a matrix, left
of a pair). A rate with nothing in its denominator is `nan`, never an error and never a flattering number.
"""
