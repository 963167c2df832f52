"""The page about a capacity search: what it says, its figure, and its words for a terminal."""
