"""vak's TOML files, as they are: `oscine vak prep|train|eval|predict|learncurve config.toml`.

- `config`     reads the file, of vak 1.x (`[vak.train]`) and of 0.x (`[TRAIN]`), into one form
- `networks`   what the tables on model, spectrogram and training mean as our parameters
- `data`       what `[vak.prep]` means as a dataset; reads the splits of a dataset that vak itself has prepared
- `assigned`   whole files to parts, as vak draws them
- `commands`   what the five commands do
- `program`    the command line

vak's networks, losses, spectrogram and clean-up are those of this house, so a file means here what it means there.
What differs is said when it matters, and what cannot be meant here is an error that names the key and the cure. The
file is never rewritten. See docs/evaluation.md.
"""
