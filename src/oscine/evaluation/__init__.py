"""How good a model is, what it missed, and what there is.

- `evaluate`   frames and sounds compared with the truth, where somebody has looked; thresholds
- `misses`     sounds that were detected but not predicted
- `info`       what a file or a folder holds, and which predictions are out of date
"""
