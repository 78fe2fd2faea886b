"""Networks: what turns sound into a score of each label in each frame.

- `specification`  what a network is for: labels, sample rate, channels
- `architecture`, `frontend`, `target`, `loss`   the four kinds of plug-in; their members stand in `architectures/`,
  `frontends/`, `targets/` and `losses/`, declare typed options and load no torch until they are built
- `network`        the contract that every network fulfils: valid frames, hop, context
- `model`          a trained network in one self-contained file
- `frames`         which samples a frame stands for
- `layers/`        the torch modules

Axes: waveform (batch, channel, sample), features (batch, map, frequency, time), scores (batch, label, frame).
"""
