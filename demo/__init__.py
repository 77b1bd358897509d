"""The stand-in company: a ledger of what truly happened, and sources that tell it badly."""
