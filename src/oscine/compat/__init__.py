"""Command lines of other programs, so that whoever comes from one of them need not learn anything new on the first day.

Each program is a folder: `das` (Deep Audio Segmenter). They map that program's words onto ours, write that program's
files, and are thin: whatever they do is done by the operations of Oscine.
"""
