"""Losses: how far the scores of known frames are from their targets."""
