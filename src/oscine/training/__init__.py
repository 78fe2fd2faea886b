"""From a dataset to models.

- `train`       the operation: replicates, standardisation, thresholds
- `loop`        the training loop: owns its state, resumes exactly
- `checkpoint`  the state of a training in one file, without pickle
- `examples`    a dataset's part as windows with the truth of each frame
- `optimizers`  by name
- `run`         the folder that holds it all
"""
