"""Schedules of the learning rate, one a file (see `oscine.training.schedule`)."""
