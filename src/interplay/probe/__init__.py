"""The probe: a network that reads single modalities and pairs at every lag, and what it says of new windows."""
