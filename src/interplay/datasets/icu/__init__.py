"""Intensive-care stays: tables, concepts, doses and panels behind the MIMIC data sets."""
