{#-
Lines of an export in which somebody stands more than once on a day, and how the employment
that each tells of stands: by it, and not by the order of lines, is decided which counts. A
table, since all that is told of people reads it.
-#}
{{ config(materialized='table') }}

with exported as (
    {{ exported('employments', is_stated=true) }}
),

renamed as (
    select
        cast(exported.source_name as string) as source_name,
        cast(exported.source_table as string) as source_table,
        cast(exported._file_name as string) as file_name,
        cast(exported._file_line as bigint) as file_line,
        case
            when
                exported.event = 'exit'
                or not exported.is_employed
                or exported.ended_on <= exported.observed_on
                then 1
            when exported.event = 'hire' then 2
            else 3
        end as standing,
        cast(exported.started_on as date) as started_on,
        cast(exported.exported_on as date) as exported_on,
        exported.known_from,
        count(*) over (
            partition by
                exported.source_name,
                exported.source_table,
                exported.known_from,
                exported.exported_on,
                coalesce(exported.respelled_id, exported.person_id),
                exported.effective_from
        ) as lines_of_day
    from exported
),

doubled as (
    select
        renamed.source_name,
        renamed.source_table,
        renamed.file_name,
        renamed.file_line,
        renamed.standing,
        renamed.started_on,
        renamed.exported_on,
        renamed.known_from
    from renamed
    where renamed.lines_of_day > 1
)

select * from doubled
