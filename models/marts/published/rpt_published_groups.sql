{{ config(alias='groups') }}

with published_groups as (
    select * from {{ ref('dim_published_group') }}
)

select * from published_groups
