"""Front ends: what a network's first layer makes of the waveform."""
