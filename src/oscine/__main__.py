"""`python -m oscine` is the command line."""

from oscine.cli import main

if __name__ == "__main__":
    main()
