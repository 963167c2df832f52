"""Protection: limits for each user, a fair turn for all, and as much work at once as does everybody good."""
