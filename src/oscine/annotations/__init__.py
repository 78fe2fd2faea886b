"""What is known of a recording: which sound is where, who says so, and where anybody has looked.

- `annotations`  the table: one row for each event or segment
- `labels`       the label set, in the order of a network's channels
- `coverage`     the stretches that somebody has annotated exhaustively; all else is unknown
- `intervals`    arithmetic of intervals, in pure NumPy
- `session`      adding, moving, relabelling, with undo and redo
- `naming`       what a file's name says: recording, kind, annotator
- `sources`      the recordings that annotations belong to: their names, rates and durations
- `delimited`    text tables read and written exactly, with the line of every error
- `reading`      a file or a folder in any format, with a report of what was found
- `writing`      the way back, atomically
- `convert`      from any format to any other
- `project`      `oscine.toml`, the few settings that belong to a folder of recordings
- `formats`      one file for each format: plug-ins
"""
