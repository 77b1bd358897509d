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

doubled as (
    select * from {{ ref('stg_hr_tables__lines_doubled') }}
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
        coalesce(statements.{{ field }}, '') || '!'{{ ' || ' if not loop.last }}
        {%- endfor %} as all_told,
        statements.shape = 'events' as is_event,
        statements.shape in ('history', 'events') as is_dated,
        coalesce(statements.effective_from, statements.observed_on) as holds_from,
        statements.effective_to as named_to,
        statements.known_from,
        statements.file_name,
        doubled.standing,
        doubled.started_on
    from statements
    left join doubled
        on {{ same_line('statements', 'doubled') }}
),

ordered as (
    select
        told.*,
        lead(told.holds_from) over told_in_order as next_holds_from,
        row_number() over told_in_order as said_number
    from told
    window
        told_in_order as (
            partition by
                told.known_at, told.source_name, told.source_table, told.person_id
            order by
                told.holds_from nulls last,
                told.known_from nulls last,
                told.named_to nulls last,
                told.standing nulls last,
                told.started_on nulls last,
                told.file_name nulls last,
                told.all_told nulls last
        )
),

-- Of what is said of the same day the last counts, and of one export's what lasts
-- longest; else what is told of the employment that goes on and began last, else what
-- comes last by its words: in whichever order a file has it. Events are each their own.
followed as (
    select
        ordered.*,
        lag(ordered.all_told) over told_before as last_told,
        lag(ordered.holds_from) over told_before as last_holds_from,
        lag(ordered.named_to) over told_before as last_named_to
    from ordered
    where
        ordered.is_event
        or coalesce(ordered.holds_from < ordered.next_holds_from, true)
    window
        told_before as (
            partition by
                ordered.known_at,
                ordered.source_name,
                ordered.source_table,
                ordered.person_id
            order by ordered.holds_from nulls last, ordered.said_number nulls last
        )
),

-- Where something begins that the table did not say before.
begun as (
    select * from followed
    where
        is_event
        or last_told is null
        or last_told <> all_told
        or coalesce(last_named_to < holds_from, false)
),

-- What is over is followed by what still holds, such as a post that a shorter one was
-- within; or by nothing.
ended as (
    select
        past.known_at,
        past.source_name,
        past.source_table,
        past.person_id,
        {% for field, said in fields.items() -%}
        still.{{ field }},
        past.states_{{ said }},
        {% endfor -%}
        past.holds_from,
        past.named_to,
        still.holds_from as still_holds_from,
        row_number() over (
            partition by
                past.known_at,
                past.source_name,
                past.source_table,
                past.person_id,
                past.holds_from,
                past.named_to
            order by still.holds_from desc nulls last
        ) as still_rank
    from followed as past
    left join followed as still
        on
            past.known_at = still.known_at
            and past.source_name = still.source_name
            and past.source_table = still.source_table
            and past.person_id = still.person_id
            and past.named_to >= still.holds_from
            and coalesce(past.named_to < still.named_to, true)
            and not past.is_event
            and not still.is_event
    where
        past.is_dated
        and past.named_to is not null
        and (
            not past.is_event
            or coalesce(past.named_to < past.next_holds_from, true)
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

-- What is seen first of an employment held since it began.
begun_since as (
    select
        begun.known_at,
        begun.source_name,
        begun.source_table,
        begun.person_id,
        begun.holds_from,
        max(employments.started_on) as started_on
    from begun
    inner join employments
        on
            begun.known_at = employments.known_at
            and begun.source_name || ':' || begun.person_id = employments.person_id
            and begun.last_holds_from < employments.started_on
            and begun.holds_from >= employments.started_on
    where not begun.is_dated
    group by
        begun.known_at,
        begun.source_name,
        begun.source_table,
        begun.person_id,
        begun.holds_from
),

-- What was seen first held before too, unless another table saw something else earlier.
-- After the last day that a row names its table says no more.
changes as (
    select
        begun.known_at,
        begun.source_name,
        begun.source_table,
        begun.person_id,
        {% for field, said in fields.items() -%}
        begun.{{ field }},
        begun.states_{{ said }},
        {% endfor -%}
        case
            when begun.is_dated then begun.holds_from
            when begun.last_holds_from is null then cast('0001-01-01' as date)
            else coalesce(begun_since.started_on, begun.holds_from)
        end as changed_on,
        case
            when not begun.is_dated and begun.last_holds_from is null
                then begun.holds_from
        end as held_before,
        begun.said_number
    from begun
    left join begun_since
        on
            begun.known_at = begun_since.known_at
            and begun.source_name = begun_since.source_name
            and begun.source_table = begun_since.source_table
            and begun.person_id = begun_since.person_id
            and begun.holds_from = begun_since.holds_from
    union all
    select
        begun.known_at,
        begun.source_name,
        begun.source_table,
        begun.person_id,
        {% for field, said in fields.items() -%}
        begun.{{ field }},
        begun.states_{{ said }},
        {% endfor -%}
        begun.holds_from as changed_on,
        cast(null as date) as held_before,
        begun.said_number
    from begun
    inner join tables_told
        on
            begun.known_at = tables_told.known_at
            and begun.source_name = tables_told.source_name
    where
        tables_told.are_several
        and not begun.is_dated
        and begun.last_holds_from is null
    union all
    select distinct
        ended.known_at,
        ended.source_name,
        ended.source_table,
        ended.person_id,
        {% for field, said in fields.items() -%}
        ended.{{ field }},
        ended.states_{{ said }},
        {% endfor -%}
        ended.named_to as changed_on,
        cast(null as date) as held_before,
        cast(null as bigint) as said_number
    from ended
    where
        ended.still_rank = 1
        and coalesce(ended.still_holds_from < ended.holds_from, true)
),

counted as (
    select
        changes.*,
        {% for said in fields.values() -%}
        sum(case when changes.states_{{ said }} then 1 else 0 end) over (
            partition by changes.known_at, changes.source_name, changes.person_id
            order by
                changes.changed_on asc nulls last,
                changes.held_before desc nulls last,
                changes.source_table asc nulls last,
                case when changes.said_number is null then 0 else 1 end asc nulls last,
                changes.said_number asc nulls last
            rows between unbounded preceding and current row
        ) as {{ said }}_number,
        {% endfor -%}
        row_number() over (
            partition by
                changes.known_at,
                changes.source_name,
                changes.person_id,
                changes.changed_on
            order by
                case when changes.held_before is null then 0 else 1 end asc nulls last,
                changes.held_before asc nulls last,
                changes.source_table desc nulls last,
                changes.said_number desc nulls last
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
