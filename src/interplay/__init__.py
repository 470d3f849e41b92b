"""Measure how modalities act together over time, and train models guided by it."""
