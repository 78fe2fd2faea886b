"""Targets: what a frame can be, and how annotations become that and scores come back from it."""
