"""How well predictions agree with what people annotated. NumPy (and rapidfuzz): no tables, no torch.

One file per question:

- `counts`     right, missed, invented: precision, recall, F1, and how recordings are pooled
- `matching`   which prediction stands for which annotation: maximum one-to-one matching in time
- `coverage`   where somebody has looked: what lies elsewhere does not count
- `events`     whether pulses are found, and how exactly in time
- `segments`   whether syllables are found, with the right onset, offset and label
- `boundaries` whether onsets and offsets are found, whatever the label: precision, recall, F1, R-value
- `sequences`  whether the labels come in the right order: the syllable error rate
- `frames`     which labels are taken for which: the confusion matrix; the frame error of two annotations
- `curves`     what each threshold buys: precision–recall, ROC, and the threshold for a wished ratio

Every result is frozen and holds counts, never only rates, so that the results of recordings can be added:
`pool(scores)` is what scoring all recordings in one piece would have said ("micro-average").

Conventions: seconds in float64, half-open `[onset, offset)`, an event has `onset == offset`; *truth* is what people
annotated, *predicted* what a model or another person says; the true label always comes first (rows of a matrix, left
of a pair). A rate with nothing in its denominator is `nan`, never an error and never a flattering number.
"""
