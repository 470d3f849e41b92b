"""File formats of data sets, each read with one clear sentence where a file is missing or damaged."""
