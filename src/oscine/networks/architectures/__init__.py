"""Architectures: each file declares the options of one and builds its network."""
