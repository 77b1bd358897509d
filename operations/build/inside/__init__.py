"""What runs inside dbt: the whole folder is an input of every build."""

KEY_VARIABLE = "MUSTER_PSEUDONYM_KEY"
"""Environment variable that holds the secret key, 32 characters or more."""
