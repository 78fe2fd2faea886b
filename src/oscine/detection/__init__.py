"""Finding sounds without being taught: candidates for a person to name, and for a network to learn from.

- `detect`       the operation: a recording in, annotations of kind "detected" out
- `detector`     what a detector is: the base class and the plug-in kind
- `detectors/`   one file per detector
- `runs`         stretches of a mask: joining across blocks, opening, closing, the quiet in between
- `background`   centre and spread of a recording of any length, exactly
- `selection`    the exact median of a stream, in constant memory
- `multitaper`   Thomson's F-test for spectral lines
- `energy`       smoothed energy envelope of a stream
- `peaks`        local maxima of a stream, thinned to a minimum distance

Everything streams: a recording is read in blocks, several times if need be, and the result is the same, bit for
bit, whatever the size of the blocks.
"""
