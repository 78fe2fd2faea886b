"""From annotated recordings to the examples that a network is trained and judged on.

- `prepare`    chooses labels and kinds, and splits into train, validation and test
- `dataset`    the result: recordings, and for each part its annotations with their coverage
- `splitter`, `splitters/*`   how the parts are told apart
- `sampler`    draws batches of windows, a pure function of the seed and the step
"""
