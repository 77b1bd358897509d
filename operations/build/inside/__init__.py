"""What runs inside dbt: the whole folder is an input of every build."""
