"""What we ask: stages, workload, arrivals, objectives. Pure data read from YAML; nothing here runs."""
