"""What may be asked by name: metrics over the marts, and the SQL that answers.

Metrics are defined beside their marts. MetricFlow, which comes with dbt, makes SQL of a
question; its command line is not used, since that asks a package index at every call.
"""
