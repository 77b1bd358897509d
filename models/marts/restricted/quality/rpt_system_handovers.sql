{#- What is compared, as it is called and not by the ids that each system has. -#}
{% set fields = [
    'manager_employee_key', 'company', 'department', 'branch', 'designation', 'fte',
] %}

with employments as (
    {{ united('employments_derived') }}
),

links as (
    select * from {{ ref('int_people_linked') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
    where handed_over_on is not null
),

history as (
    select * from {{ ref('dim_employee_history') }}
),

identified as (
    select
        employments.source_name,
        links.employee_key,
        employments.started_on,
        employments.ended_on
    from employments
    inner join links
        on employments.person_id = links.person_id
    where employments.is_now
),

-- An employment that is handed over ends on the day for the system that had it.
held_before as (
    select distinct
        sites.source_name,
        sites.handed_over_on,
        identified.employee_key
    from sites
    inner join identified
        on
            sites.source_name = identified.source_name
            and sites.handed_over_on > identified.started_on
            and sites.handed_over_on <= identified.ended_on
),

held_after as (
    select
        sites.source_name,
        sites.handed_over_on,
        identified.source_name as next_source_name,
        identified.employee_key,
        min(identified.started_on) as started_on
    from sites
    inner join identified
        on
            sites.source_name <> identified.source_name
            and sites.handed_over_on >= identified.started_on
            and sites.handed_over_on < identified.ended_on
    group by
        sites.source_name,
        sites.handed_over_on,
        identified.source_name,
        identified.employee_key
),

-- Whoever has people of a system from the day on has taken over from it.
successors as (
    select distinct
        held_before.source_name,
        held_after.next_source_name
    from held_before
    inner join held_after
        on
            held_before.source_name = held_after.source_name
            and held_before.employee_key = held_after.employee_key
),

states as (
    select
        held_before.source_name,
        held_before.handed_over_on,
        held_before.employee_key,
        {% for field in fields -%}
        cast(past.{{ field }} as string) as {{ field }}_before,
        cast(later.{{ field }} as string) as {{ field }}_after,
        {% endfor -%}
        later.employee_key is not null as is_compared
    from held_before
    left join history as past
        on
            held_before.employee_key = past.employee_key
            and held_before.handed_over_on > past.effective_from
            and held_before.handed_over_on <= past.effective_to
    left join history as later
        on
            held_before.employee_key = later.employee_key
            and held_before.handed_over_on >= later.effective_from
            and held_before.handed_over_on < later.effective_to
),

found as (
    select
        states.source_name,
        states.handed_over_on,
        states.employee_key,
        'only_before' as finding,
        cast(null as string) as field_name,
        cast(null as string) as told_before,
        cast(null as string) as told_after
    from states
    where not states.is_compared
    union all
    select
        held_after.source_name,
        held_after.handed_over_on,
        held_after.employee_key,
        'only_after' as finding,
        cast(null as string) as field_name,
        cast(null as string) as told_before,
        cast(null as string) as told_after
    from held_after
    inner join successors
        on
            held_after.source_name = successors.source_name
            and held_after.next_source_name = successors.next_source_name
    left join held_before
        on
            held_after.source_name = held_before.source_name
            and held_after.employee_key = held_before.employee_key
    where
        held_before.employee_key is null
        and held_after.started_on < held_after.handed_over_on
    {% for field in fields -%}
    union all
    select
        states.source_name,
        states.handed_over_on,
        states.employee_key,
        'differs' as finding,
        '{{ field }}' as field_name,
        states.{{ field }}_before as told_before,
        states.{{ field }}_after as told_after
    from states
    where
        states.is_compared
        and coalesce(states.{{ field }}_before, '')
        <> coalesce(states.{{ field }}_after, '')
    {% endfor %}
),

told as (
    select
        cast(found.employee_key as string) as employee_key,
        cast(found.source_name as string) as source,
        cast(found.finding as string) as finding,
        cast(found.field_name as string) as field_name,
        cast(found.told_before as string) as told_before,
        cast(found.told_after as string) as told_after,
        cast(found.handed_over_on as date) as handed_over_on
    from found
)

select * from told
