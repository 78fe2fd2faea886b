"""What an edit session is made of; `oscine.Session` (in `annotations.session`) puts it together.

- `rows`       one annotation as an immutable value
- `documents`  an annotation file as lines, of which an edit changes only its own
- `layouts`    in which file a new row goes, and which files are read: Oscine's way and SongExplorer's
- `shelf`      the files of a folder, read when they are needed, written together or not at all
- `draft`      edits in the making: nothing of them is seen until they are committed
- `history`    the append-only log: who did what and when, for undo, redo and recovery
- `lock`       one writer at a time
"""
