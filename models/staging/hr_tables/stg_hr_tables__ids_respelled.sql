{#-
Ids that a source writes in several cases, as E01 and e01: one person, unless any of its
exports has two at once, which tells that its ids differ by case. A table, since every
view of people reads it.
-#}
{{ config(materialized='table') }}

{% set tables = [
    'people', 'employments', 'assignments', 'contracted_hours', 'pay_rates', 'pay_lines',
    'absences',
] %}

with loads as (
    {{ completed_loads('hr_tables') }}
),

told as (
    {% for table in tables -%}
    select distinct
        {{ table }}.source_name,
        {{ table }}.source_table,
        {{ table }}.exported_on,
        {{ table }}._dlt_load_id as load_id,
        {{ table }}.person_id
    from {{ source('hr_tables', table) }} as {{ table }}
    inner join loads on {{ table }}._dlt_load_id = loads.load_id
    where {{ table }}.person_id is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

named as (
    select
        told.source_name,
        told.person_id,
        told.load_id,
        0 as manager
    from told
    union all
    select distinct
        assignments.source_name,
        assignments.manager_id as person_id,
        assignments._dlt_load_id as load_id,
        1 as manager
    from {{ source('hr_tables', 'assignments') }} as assignments
    inner join loads on assignments._dlt_load_id = loads.load_id
    where assignments.manager_id is not null
),

spelled as (
    select
        cast(named.source_name as string) as source_name,
        cast(named.person_id as string) as person_id,
        lower(named.person_id) as folded_id,
        min(named.manager) as manager,
        min(named.load_id) as first_load_id
    from named
    group by named.source_name, named.person_id
),

twice as (
    select
        spelled.source_name,
        spelled.folded_id
    from spelled
    group by spelled.source_name, spelled.folded_id
    having count(*) > 1
),

at_once as (
    select
        twice.source_name,
        twice.folded_id
    from twice
    inner join told
        on
            twice.source_name = told.source_name
            and twice.folded_id = lower(told.person_id)
    group by
        twice.source_name,
        twice.folded_id,
        told.source_table,
        told.exported_on,
        told.load_id
    having min(told.person_id) < max(told.person_id)
),

sources_by_case as (
    select distinct at_once.source_name
    from at_once
),

-- The spelling of a person that came first stays.
ranked as (
    select
        spelled.source_name,
        spelled.person_id,
        first_value(spelled.person_id) over (
            partition by spelled.source_name, spelled.folded_id
            order by
                spelled.manager nulls last,
                spelled.first_load_id nulls last,
                spelled.person_id nulls last
        ) as first_id
    from spelled
    inner join twice
        on
            spelled.source_name = twice.source_name
            and spelled.folded_id = twice.folded_id
    left join sources_by_case
        on spelled.source_name = sources_by_case.source_name
    where sources_by_case.source_name is null
),

respelled as (
    select
        ranked.source_name,
        ranked.person_id,
        cast({{ clean_text('ranked.first_id') }} as string) as respelled_id
    from ranked
    where ranked.person_id <> ranked.first_id
)

select * from respelled
