"""Currency: reference rates to the euro, in the format of the ECB's history file."""
