"""The verbs of `main.py`, each with a line for its help."""

VERBS = {
    "plan": "what would run, in which order and for how long; trains nothing",
    "status": "how experiments stand: done, running, failed and why, missing",
    "tail": "the log of a run, also while it grows",
    "retry": "tries those runs again that failed or crashed",
    "show": "what the cache knows: a table of results",
    "ls": "what is cached: state, runs, size, age",
    "evaluate": "measures networks on data: accuracy, calibration, confusion",
    "export": "every run as a row: CSV, JSON or parquet",
    "explain": "which rule kept, dropped or defaulted each key, and why it would run or not",
    "diff": "only what distinguishes two experiments",
    "names": "what is registered: models, datasets, optimizers, figures, ...",
    "fetch": "downloads datasets, once and verified; a broken download goes on where it ended",
    "grid": "writes the configs of a grid of values over a template",
    "rm": "takes experiments or runs out of the cache, into its trash, and back",
    "prune": "takes out what is old, large, failed or belongs to nothing",
    "verify": "reads every byte of finished runs and compares it with what was written",
    "rehash": "gives cached experiments the names that they have under today's rules",
    "doctor": "what may be wrong with cache, machine and installation, and what to do",
}
