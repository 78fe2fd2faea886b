"""Ways of telling training from validation and test; one file each (see `oscine.datasets.splitter`)."""
