"""Quality: how well each way of searching finds documents that are known to be there."""
