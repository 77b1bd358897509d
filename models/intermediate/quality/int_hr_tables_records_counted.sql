with employments as (
    select * from {{ ref('stg_hr_tables__employments') }}
    where known_to = {{ never() }}
),

counted as (
    select
        employments.source_rank,
        employments.source_name,
        employments.source_table as resource,
        count(*) as records
    from employments
    group by
        employments.source_rank, employments.source_name, employments.source_table
)

select * from counted
