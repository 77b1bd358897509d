"""HR exports of any company, read by a mapping: no Python and no SQL of its own."""
