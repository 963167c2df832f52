"""Capacity: the largest arrival rate at which every objective holds, found by probing, with an interval."""
