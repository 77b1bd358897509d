"""Erasure: a person's identifiers leave everything that Muster keeps (GDPR Art. 17).

`person` finds out whom a number names, `forget` plans and does it in steps, `log`,
`databases` and `texts` rewrite each kind of file, `search` sees that nothing is left.
"""
