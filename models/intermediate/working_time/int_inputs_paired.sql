{#-
Kept by the hooks of int_sessions_paired and fct_working_days: what is listed here is in
them. It begins empty.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false
) }}

with nothing as (
    select
        cast(null as string) as input_kind,
        cast(null as string) as input_id,
        cast(null as string) as employee_key,
        cast(null as string) as time_zone,
        cast(null as timestamp) as decides_from,
        cast(null as string) as taken_by
),

inputs as (
    select * from nothing
    where taken_by is not null
)

select * from inputs
