{#-
Where somebody worked and as what, from what several tables and exports say of it. What
holds from a day on holds until the same table says otherwise; what was seen in an export
held before too, as far as its table says nothing else.
-#}
{% set fields = {
    'company_id': 'company', 'department_id': 'department', 'branch_id': 'place',
    'designation_id': 'designation', 'grade_id': 'grade',
    'employment_type_id': 'employment_type', 'manager_id': 'manager_id',
} %}

with statements as (
    {{ as_known('stg_hr_tables__assignments') }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

people as (
    select * from {{ ref('int_hr_tables_people_known') }}
),

employments as (
    select * from {{ ref('int_hr_tables_employments_derived') }}
),

-- An event says what it changes; a row of another table all that the table holds.
told as (
    select
        statements.known_at,
        statements.source_name,
        statements.source_table,
        statements.person_id,
        {% for field, said in fields.items() -%}
        statements.{{ field }},
        statements.states_{{ said }}
        and (statements.shape <> 'events' or statements.{{ field }} is not null)
            as states_{{ said }},
        {% endfor -%}
        {% for field in fields -%}
        coalesce(statements.{{ field }}, '') || '|'{{ ' || ' if not loop.last }}
        {%- endfor %} as all_told,
        statements.shape = 'events' as is_event,
        statements.shape in ('history', 'events') as is_dated,
        coalesce(statements.effective_from, statements.observed_on) as holds_from,
        statements.effective_to as named_to,
        statements.known_from,
        statements.file_name,
        statements.file_line
    from statements
),

followed as (
    select
        told.*,
        lag(told.all_told) over (
            partition by
                told.known_at, told.source_name, told.source_table, told.person_id
            order by
                told.holds_from nulls last,
                told.known_from nulls last,
                told.file_name nulls last,
                told.file_line nulls last
        ) as last_told,
        lag(told.holds_from) over (
            partition by
                told.known_at, told.source_name, told.source_table, told.person_id
            order by
                told.holds_from nulls last,
                told.known_from nulls last,
                told.file_name nulls last,
                told.file_line nulls last
        ) as last_holds_from,
        lag(told.named_to) over (
            partition by
                told.known_at, told.source_name, told.source_table, told.person_id
            order by
                told.holds_from nulls last,
                told.known_from nulls last,
                told.file_name nulls last,
                told.file_line nulls last
        ) as last_named_to,
        lead(told.holds_from) over (
            partition by
                told.known_at, told.source_name, told.source_table, told.person_id
            order by
                told.holds_from nulls last,
                told.known_from nulls last,
                told.file_name nulls last,
                told.file_line nulls last
        ) as next_holds_from
    from told
),

-- Where something begins that the table did not say before, or it says no more. Of what is
-- said of the same day the last counts.
changes as (
    select
        followed.known_at,
        followed.source_name,
        followed.source_table,
        followed.person_id,
        {% for field, said in fields.items() -%}
        followed.{{ field }},
        followed.states_{{ said }},
        {% endfor -%}
        case
            when
                followed.is_dated
                or followed.last_holds_from < followed.holds_from
                then followed.holds_from
            else cast('0001-01-01' as date)
        end as changed_on
    from followed
    where
        coalesce(followed.holds_from < followed.next_holds_from, true)
        and (
            followed.is_event
            or followed.last_told is null
            or followed.last_told <> followed.all_told
            or followed.last_holds_from = followed.holds_from
            or coalesce(followed.last_named_to < followed.holds_from, false)
        )
    union all
    select
        followed.known_at,
        followed.source_name,
        followed.source_table,
        followed.person_id,
        {% for field, said in fields.items() -%}
        cast(null as string) as {{ field }},
        followed.states_{{ said }},
        {% endfor -%}
        followed.named_to as changed_on
    from followed
    where
        followed.is_dated
        and followed.named_to < coalesce(
            followed.next_holds_from, cast('9999-12-31' as date)
        )
),

-- What one table says alone needs no other.
tables_told as (
    select
        told.known_at,
        told.source_name,
        min(told.source_table) <> max(told.source_table)
        or max(case when told.is_event then 1 else 0 end) = 1 as are_several
    from told
    group by told.known_at, told.source_name
),

counted as (
    select
        changes.*,
        {% for said in fields.values() -%}
        sum(case when changes.states_{{ said }} then 1 else 0 end) over (
            partition by changes.known_at, changes.source_name, changes.person_id
            order by changes.changed_on nulls last, changes.source_table nulls last
            rows between unbounded preceding and current row
        ) as {{ said }}_number,
        {% endfor -%}
        row_number() over (
            partition by
                changes.known_at,
                changes.source_name,
                changes.person_id,
                changes.changed_on
            order by changes.source_table desc nulls last
        ) as day_rank
    from changes
    inner join tables_told
        on
            changes.known_at = tables_told.known_at
            and changes.source_name = tables_told.source_name
    where tables_told.are_several
),

-- Each field is as it was said last, by whichever table says it.
carried as (
    select
        counted.known_at,
        counted.source_name,
        counted.person_id,
        {% for field, said in fields.items() -%}
        max(case when counted.states_{{ said }} then counted.{{ field }} end) over (
            partition by
                counted.known_at,
                counted.source_name,
                counted.person_id,
                counted.{{ said }}_number
        ) as {{ field }},
        {% endfor -%}
        counted.changed_on,
        counted.day_rank
    from counted
),

resolved as (
    select
        carried.known_at,
        carried.source_name,
        carried.person_id,
        {% for field in fields -%}
        carried.{{ field }},
        {% endfor -%}
        carried.changed_on
    from carried
    where carried.day_rank = 1
    union all
    select
        changes.known_at,
        changes.source_name,
        changes.person_id,
        {% for field in fields -%}
        changes.{{ field }},
        {% endfor -%}
        changes.changed_on
    from changes
    inner join tables_told
        on
            changes.known_at = tables_told.known_at
            and changes.source_name = tables_told.source_name
    where not tables_told.are_several
),

lasting as (
    select
        resolved.*,
        coalesce(
            lead(resolved.changed_on) over (
                partition by resolved.known_at, resolved.source_name, resolved.person_id
                order by resolved.changed_on nulls last
            ),
            cast('9999-12-31' as date)
        ) as changed_again_on
    from resolved
),

-- Before the first day that anything is said of, nothing is known but the person.
unplaced as (
    select
        people.known_at,
        people.source_name,
        people.person_id,
        people.record_id,
        coalesce(min(lasting.changed_on), cast('9999-12-31' as date)) as placed_from
    from people
    left join lasting
        on
            people.known_at = lasting.known_at
            and people.source_name = lasting.source_name
            and people.person_id = lasting.person_id
    group by
        people.known_at, people.source_name, people.person_id, people.record_id
),

placed as (
    select
        unplaced.known_at,
        unplaced.source_name,
        unplaced.record_id,
        {% for field in fields -%}
        lasting.{{ field }},
        {% endfor -%}
        lasting.changed_on as placed_from,
        lasting.changed_again_on as placed_to
    from lasting
    inner join unplaced
        on
            lasting.known_at = unplaced.known_at
            and lasting.source_name = unplaced.source_name
            and lasting.person_id = unplaced.person_id
    union all
    select
        unplaced.known_at,
        unplaced.source_name,
        unplaced.record_id,
        {% for field in fields -%}
        cast(null as string) as {{ field }},
        {% endfor -%}
        cast('0001-01-01' as date) as placed_from,
        unplaced.placed_from as placed_to
    from unplaced
),

walked_back as (
    select
        employments.source_rank,
        employments.source_name,
        employments.person_id as record_id,
        employments.employment_id,
        employments.person_id,
        employments.source_name || ':' || placed.manager_id as manager_person_id,
        coalesce(placed.company_id, sources.company_id) as company_id,
        {{ hr_tables_id('placed.department_id') }} as department_id,
        placed.branch_id,
        {{ hr_tables_id('placed.designation_id') }} as designation_id,
        placed.grade_id,
        placed.employment_type_id,
        employments.is_now,
        greatest(placed.placed_from, employments.started_on) as effective_from,
        least(placed.placed_to, employments.ended_on) as effective_to,
        employments.known_at
    from employments
    inner join placed
        on
            employments.known_at = placed.known_at
            and employments.person_id = placed.record_id
            and employments.started_on < placed.placed_to
            and employments.ended_on > placed.placed_from
    inner join sources
        on employments.source_name = sources.source_name
)

select * from walked_back
