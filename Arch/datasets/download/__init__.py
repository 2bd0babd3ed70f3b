"""Downloads, verifies and unpacks the files of datasets."""
