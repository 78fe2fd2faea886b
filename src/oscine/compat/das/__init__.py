"""`oscine das …`: the command line of DAS [1]_ (0.32), with its files, and without its faults.

- `options`     what each command can be told, with DAS's names and defaults
- `grammar`     how a line is read: both spellings of switches, lists, short names, old names, beginnings of names
- `program`     the commands, and their help
- `train`       `oscine das train`: an Oscine training, written as `X_model.h5`, `X_params.yaml` and `X_results.h5`
- `predict`, `song`   `oscine das predict`: `X_annotations.csv` or `X_das.h5`
- `evaluate`    `oscine das evaluate`
- `tune`        `oscine das tune`
- `windows`     probabilities as DAS computes them, window by window, faults included (`--das-compat`)
- `events`, `segments`   from probabilities to song, as DAS does it, with and without its faults
- `optimise`    the search for the best shortest pause and shortest segment (`--post-opt`)
- `reports`     confusion matrix, report, and how well events are found
- `flammkuchen` the layout of the HDF5 files
- `predictions` DAS's files of predictions, as annotations

Where DAS is wrong, Oscine is right by default; `--das-compat` gives DAS's own numbers, for comparison.

References
----------
.. [1] E. Steinfath et al. (2021), Fast and accurate annotation of acoustic signals with deep neural networks,
   eLife 10: e68837; https://janclemenslab.org/das.
"""
