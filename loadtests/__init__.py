"""What happened: offering the load, measuring it and writing it down. Judging comes later, in `reports`."""
