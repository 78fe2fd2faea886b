"""Smoothing terms: one file each, found by scanning (see `oscine.networks.smoothing`)."""
