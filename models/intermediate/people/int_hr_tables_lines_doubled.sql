{#-
Lines of an export in which somebody stands more than once on a day, and how the employment
that each tells of stands: by it, and not by the order of lines, is decided which counts.
-#}
with employments as (
    select * from {{ ref('stg_hr_tables__employments') }}
),

doubled as (
    select
        employments.source_name,
        employments.source_table,
        employments.known_from,
        employments.exported_on,
        employments.person_id,
        employments.effective_from
    from employments
    group by
        employments.source_name,
        employments.source_table,
        employments.known_from,
        employments.exported_on,
        employments.person_id,
        employments.effective_from
    having count(*) > 1
),

lines as (
    select
        employments.source_name,
        employments.source_table,
        employments.file_name,
        employments.file_line,
        case
            when
                employments.event_kind = 'exit'
                or not employments.is_employed
                or employments.ended_on <= employments.observed_on
                then 1
            when employments.event_kind = 'hire' then 2
            else 3
        end as standing,
        employments.started_on,
        employments.exported_on,
        employments.known_from
    from employments
    inner join doubled
        on
            employments.source_name = doubled.source_name
            and employments.source_table = doubled.source_table
            and employments.known_from = doubled.known_from
            and employments.exported_on = doubled.exported_on
            and employments.person_id = doubled.person_id
            and coalesce(employments.effective_from, employments.exported_on)
            = coalesce(doubled.effective_from, doubled.exported_on)
)

select * from lines
