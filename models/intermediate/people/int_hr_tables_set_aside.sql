{#- Which rule tells of each kind of fault. -#}
{% set rules = {
    'missing': 'export_row_incomplete', 'refused_row': 'export_row_refused',
    'not_in_value_map': 'export_value_not_mapped',
} %}

with faults as (
    select * from {{ ref('stg_hr_tables__faults') }}
    where known_to = {{ never() }}
),

set_aside as (
    select
        sources.source_rank,
        faults.source_name,
        cast(
            case faults.fault
                {% for fault, rule in rules.items() -%}
                when '{{ fault }}' then '{{ rule }}'
                {% endfor -%}
                else 'export_value_not_taken'
            end as string
        ) as rule,
        faults.source_table as resource,
        faults.file_name
        || ':' || cast(faults.file_line as string)
        || coalesce(' ' || faults.column_name, '') as record_key,
        cast(null as string) as employee_key,
        faults.exported_on as since_on
    from faults
    inner join {{ ref('stg_hr_tables__sources') }} as sources
        on faults.source_name = sources.source_name
)

select * from set_aside
