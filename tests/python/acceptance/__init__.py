"""End to end: the demo company's dirty systems in, the marts out, against the truth."""
