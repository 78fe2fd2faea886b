"""How a choice or an operation is declared. Knows no sound and no torch.

- `errors`      what a user can mend, said in one line
- `params`      frozen, typed, documented parameters with units
- `plugins`     choices that anyone can add to, one file each
- `operations`  a function that is also a command, a form and a job
- `artifacts`   files written atomically, named by digest, with their provenance
- `folders`     which folders hold what people recorded, and which are results
- `monitor`     the only way outward from a running operation
"""
