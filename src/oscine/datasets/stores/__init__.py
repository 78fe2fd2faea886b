"""How DAS's training data lie on disk; one file each (see `oscine.datasets.store`)."""
