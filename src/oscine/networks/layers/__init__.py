"""Torch modules that the architectures and front ends are built of; importing one loads torch."""
