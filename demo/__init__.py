"""The stand-in company: a ledger of the truth, and sources that tell it badly."""
