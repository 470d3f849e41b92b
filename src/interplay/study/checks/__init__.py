"""What is wrong or doubtful in a study: its files, one entity, clocks and units of measurement."""
