"""Loads pay runs, payslips, their lines and contracted hours from a SQL database."""
