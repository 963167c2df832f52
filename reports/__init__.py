"""What it means: estimates, comparisons, verdicts and the pages that show them. Nothing here runs a load."""
