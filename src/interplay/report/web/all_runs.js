// The table of all runs.

section("all_runs", () => sortable(hostOf("all-runs"), 25));
