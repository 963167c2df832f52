"""Doctor: looks at the machine and at the generator, and tells what would spoil a run, before one is made."""
