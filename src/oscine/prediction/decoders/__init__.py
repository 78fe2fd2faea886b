"""Ways from scores to runs of frames; one file each (see `oscine.prediction.decoder`)."""
