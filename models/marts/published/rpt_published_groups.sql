{{ config(alias='groups') }}

with published_groups as (
    select * from {{ ref('dim_published_group') }}
),

reported as (
    select
        published_groups.dimension,
        published_groups.member,
        published_groups.published_group
    from published_groups
)

select * from reported
