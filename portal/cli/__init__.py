"""The command line: `./candor …`, stable, scriptable, and honest in its exit codes (0 done, 1 findings, 2 usage)."""
