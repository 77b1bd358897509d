"""The demo company as strangers' HR systems would export it, and what each can tell.

`truth` reads the ledger, `export` writes the files of each shape, `told` says what is
left of the truth in them. `mappings` holds what a person would write for each.
"""
