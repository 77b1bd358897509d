"""What the law asks an employer for: letters to workers, and reports to hand in.

Everything here is read from the restricted database and written for its owner alone.
"""
