"""The verbs of `main.py`, each with a line for its help."""

VERBS = {
    "plan": "what would run, in which order and for how long; trains nothing",
    "status": "the state of experiments: done, running, failed and why, missing",
    "tail": "the log of a run, also while it grows",
    "retry": "retries the runs that failed or crashed",
    "show": "a table of cached results",
    "ls": "cached experiments: state, runs, size, age",
    "evaluate": "measures networks on data: accuracy, calibration, confusion",
    "export": "every run as a row: CSV, JSON or parquet",
    "explain": "which rule kept, dropped or defaulted each key, and whether it would run",
    "diff": "the keys in which two experiments differ",
    "names": "the names that configs can use: models, datasets, optimizers, figures, ...",
    "fetch": "downloads datasets, once and verified; an interrupted download is resumed",
    "grid": "writes the configs of a grid of values over a template",
    "rm": "moves experiments or runs from the cache to its trash, and back",
    "prune": "removes what is old, large, failed or orphaned",
    "verify": "reads every byte of finished runs and compares it with the manifest",
    "rehash": "renames cached experiments to their fingerprints under the present rules",
    "doctor": "checks cache, machine and installation, and suggests remedies",
}
