"""How good a model is, what it missed, and what there is.

- `evaluate`     frames and sounds compared with the truth, where somebody has looked; thresholds
- `segmentation` frame error, syllable error rate and boundaries of any two annotations
- `mistakes`     annotated sounds that a model calls something else (`verdicts` judges them)
- `review`       what a person should look at next, in one list
- `misses`       sounds that were detected but not predicted
- `info`         what a file or a folder holds, and which predictions are out of date
"""
