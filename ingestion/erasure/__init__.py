"""What of a person goes and what stays: by column, row, document and delivered file.

Both who forgets somebody, and each run after it to which a source tells of them again,
change rows by what is here.
"""
