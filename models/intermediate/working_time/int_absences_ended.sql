{#-
Companies of which nothing tells absences any more, while something tells of their people:
that nobody is absent is then no knowledge.
-#}
with leaves as (
    select * from {{ ref('int_leaves_conformed') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
),

sources_ended as (
    select * from {{ ref('int_sources_ended') }}
),

told as (
    select distinct
        history.company_id,
        leaves.source_name
    from leaves
    inner join history
        on
            leaves.employee_key = history.employee_key
            and leaves.starts_on < history.effective_to
            and leaves.ends_on >= history.effective_from
),

ended as (
    select
        told.company_id,
        max(sources_ended.unknown_since_on) as unknown_since_on
    from told
    left join sources_ended
        on told.source_name = sources_ended.source_name
    group by told.company_id
    having count(*) = count(sources_ended.source_name)
)

select * from ended
