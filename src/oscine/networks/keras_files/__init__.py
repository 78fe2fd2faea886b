"""Models of Keras, as DAS stores them, read and written without Keras, and without running anything that is in them.

- `names`        which files belong together: ``X_model.keras``, ``X_model.h5``, ``X_params.yaml``, or the stem ``X``
- `plain_yaml`   parameter files that hold Python's tuples and NumPy's numbers, as plain values
- `contents`     what a model's file holds: layers in order, and the weights of each
- `hdf5`         Keras 2: one HDF5 file
- `archive`      Keras 3: a zip of JSON and HDF5
- `das_layers`   the layers of DAS's network, to and from the options of `oscine.networks.architectures.das`
- `das_weights`  its weights, to and from torch
- `das`          whole models: `read_das`, `write_das`
"""
