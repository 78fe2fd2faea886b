"""Sound, read slice by slice, whatever file it is in.

- `recording`    one recording: `read(start, stop)`, `blocks`, and its views
- `recordings`   many: a folder, files, a pattern
- `resampling`   a view at another sample rate, exact at slice edges
- `filters`      a zero-phase view, exact at slice edges
- `spectrogram`  the one spectrogram
- `reader`       the plug-in kind that opens files; its members are in `readers/`
- `source`, `raw`   an opened file; plain samples in a file
- `settings`     how the files of a project are read, said once in its `oscine.toml`
"""
