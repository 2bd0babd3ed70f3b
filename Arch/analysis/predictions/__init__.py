"""Measures of predictions: accuracy, calibration and agreement."""
