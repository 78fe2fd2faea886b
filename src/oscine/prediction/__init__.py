"""From a model and new recordings to scores, and from scores to events and segments.

- `predict`    recording -> Scores, streaming: constant memory whatever the length
- `scores`     the scores of each label in each frame, lazily, in HDF5
- `segment`    Scores -> Annotations of kind "predicted"
- `decoder`, `decoders/*`   which frames belong to a sound
- `runs`       stretches of frames, found block by block
- `probability_wav`   scores as SongExplorer's WAV files
"""
