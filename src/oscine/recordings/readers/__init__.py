"""One file per sort of sound file; see `oscine.recordings.reader` for what a reader is."""
