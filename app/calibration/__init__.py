"""Calibration: procedures, equipment, jobs, readings, results, certificates, validity, the gate."""
