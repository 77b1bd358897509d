"""Erasure: a person's identifiers leave everything that Muster keeps (GDPR Art. 17).

`person` finds out whom a number names, `forget` plans and does it in steps, `log`,
`databases` and `kept` rewrite each kind of file, `search` sees that nothing is left.
`rotation` takes out the pseudonyms that an earlier key made.
"""
