{#-
Incremental, because to rank, pair and place every punch costs more each day. A punch is
paired with a neighbour in time or with none, so a new one touches only those around it. What
is stored tells which loads are in it. `forget_other_pairings` empties it where that is not
enough; then, as in a full refresh, everything is new.
-#}
{% set forget = "{{ forget_other_pairings(ref('stg_ops__loads')) }}" %}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
    on_schema_change='sync_all_columns',
    pre_hook=forget
) }}

{#- What is known of a punch by itself, beside when it arrived. -#}
{% set punch_columns = [
    'event_id', 'attendance_user_id', 'file_sha256', 'load_id', 'direction',
    'file_line', 'is_clock_ahead', 'device_at',
] %}
{#- No session, at most a day long, reaches beyond the days beside that of a punch. -#}
{% set neighbouring_days = [-1, 0, 1] %}

with deliveries as (
    select * from {{ ref('stg_attendance__deliveries') }}
),

employees as (
    select * from {{ ref('int_employees_conformed') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

settings as (
    select * from {{ ref('stg_frappe_hr__system_settings') }}
),

site as (
    select max(settings.time_zone) as time_zone
    from settings
),

-- A user id that several people have stands for none of them.
users as (
    select
        employees.attendance_device_id as attendance_user_id,
        min(employees.employee_key) as employee_key
    from employees
    where employees.attendance_device_id is not null
    group by employees.attendance_device_id
    having count(*) = 1
),

{% if is_incremental() -%}
stored as (
    select * from {{ this }}
),

{% endif -%}
-- Another direction than these opens no session and closes none.
arrived as (
    select
        {% for column in punch_columns -%}
        deliveries.{{ column }},
        {% endfor -%}
        deliveries.arrived_at,
        true as is_new
    from deliveries
    where
        deliveries.direction in ('IN', 'OUT')
        and deliveries.attendance_user_id is not null
        and deliveries.device_at is not null
    {%- if is_incremental() %}
        and not exists (
            select 1
            from stored
            where stored.load_id = deliveries.load_id
        )
    {%- endif %}
),

{% if is_incremental() -%}
-- What is stored of the punches that arrived again: the first arrival counts.
stored_again as (
    select
        {% for column in punch_columns -%}
        stored.{{ column }},
        {% endfor -%}
        stored.arrived_at,
        false as is_new
    from stored
    where stored.event_id in (select arrived.event_id from arrived)
),

{% endif -%}
candidates as (
    select * from arrived
    {%- if is_incremental() %}
    union all
    select * from stored_again
    {%- endif %}
),

-- Few punches arrive twice, and only those need to be ranked.
repeated as (
    select candidates.event_id
    from candidates
    group by candidates.event_id
    having count(*) > 1
),

ranked as (
    select
        candidates.*,
        row_number() over (
            partition by candidates.event_id
            order by
                candidates.arrived_at nulls last,
                candidates.file_sha256 nulls last,
                candidates.file_line nulls last,
                candidates.load_id nulls last
        ) as arrival_rank
    from candidates
    where candidates.event_id in (select repeated.event_id from repeated)
),

new_punches as (
    select
        {% for column in punch_columns -%}
        candidates.{{ column }},
        {% endfor -%}
        candidates.arrived_at
    from candidates
    where
        candidates.is_new
        and candidates.event_id not in (select repeated.event_id from repeated)
    union all
    select
        {% for column in punch_columns -%}
        ranked.{{ column }},
        {% endfor -%}
        ranked.arrived_at
    from ranked
    where ranked.arrival_rank = 1 and ranked.is_new
),

{% if is_incremental() -%}
replaced as (
    select stored.*
    from stored
    where stored.event_id in (select new_punches.event_id from new_punches)
),

moments as (
    select
        new_punches.attendance_user_id,
        cast(new_punches.device_at as date) as device_on
    from new_punches
    union distinct
    select
        replaced.attendance_user_id,
        cast(replaced.device_at as date) as device_on
    from replaced
),

touched_days as (
    {% for days in neighbouring_days -%}
    select
        moments.attendance_user_id,
        cast({{ dbt.dateadd('day', days, 'moments.device_on') }} as date) as device_on
    from moments
    {{ 'union distinct' if not loop.last }}
    {% endfor -%}
),

surrounding_days as (
    {% for days in neighbouring_days -%}
    select
        touched_days.attendance_user_id,
        cast({{ dbt.dateadd('day', days, 'touched_days.device_on') }} as date)
            as device_on
    from touched_days
    {{ 'union distinct' if not loop.last }}
    {% endfor -%}
),

surrounding_punches as (
    select
        {% for column in punch_columns -%}
        stored.{{ column }},
        {% endfor -%}
        stored.arrived_at
    from stored
    inner join surrounding_days
        on
            stored.attendance_user_id = surrounding_days.attendance_user_id
            and cast(stored.device_at as date) = surrounding_days.device_on
    where stored.event_id not in (select new_punches.event_id from new_punches)
),

{% endif -%}
punches as (
    select * from new_punches
    {%- if is_incremental() %}
    union all
    select * from surrounding_punches
    {%- endif %}
),

-- At one instant a check-out comes before a check-in: nobody leaves as they come.
neighbours as (
    select
        punches.*,
        {% for column in ['direction', 'device_at'] -%}
        lag(punches.{{ column }}) over (
            partition by punches.attendance_user_id
            order by
                punches.device_at asc nulls last,
                punches.direction desc nulls last,
                punches.event_id asc nulls last
        ) as previous_{{ column }},
        {% endfor -%}
        {% for column in ['event_id', 'direction', 'is_clock_ahead'] -%}
        lead(punches.{{ column }}) over (
            partition by punches.attendance_user_id
            order by
                punches.device_at asc nulls last,
                punches.direction desc nulls last,
                punches.event_id asc nulls last
        ) as next_{{ column }},
        {% endfor -%}
        lead(punches.device_at) over (
            partition by punches.attendance_user_id
            order by
                punches.device_at asc nulls last,
                punches.direction desc nulls last,
                punches.event_id asc nulls last
        ) as next_device_at
    from punches
),

compared as (
    select
        neighbours.*,
        neighbours.direction = 'IN'
        and coalesce(
            neighbours.next_direction = 'OUT'
            and neighbours.next_device_at <= {{ dbt.dateadd(
                'hour', working_time('longest_session_hours'), 'neighbours.device_at'
            ) }},
            false
        ) as is_closed,
        neighbours.direction = 'OUT'
        and coalesce(
            neighbours.previous_direction = 'IN'
            and neighbours.device_at <= {{ dbt.dateadd(
                'hour',
                working_time('longest_session_hours'),
                'neighbours.previous_device_at'
            ) }},
            false
        ) as is_closing
    from neighbours
),

paired as (
    select
        {% for column in punch_columns -%}
        compared.{{ column }},
        {% endfor -%}
        compared.arrived_at,
        case when compared.is_closed then compared.next_event_id end
            as closing_event_id,
        not compared.is_closing as is_session,
        case
            when not compared.is_closing
                then
                    compared.is_clock_ahead
                    or (compared.is_closed and compared.next_is_clock_ahead)
        end as is_session_clock_ahead,
        case when compared.is_closed then compared.next_device_at end as closed_at
    from compared
    {%- if is_incremental() %}
    inner join touched_days
        on
            compared.attendance_user_id = touched_days.attendance_user_id
            and cast(compared.device_at as date) = touched_days.device_on
    {%- endif %}
),

unplaced as (
    select
        paired.*,
        {%- if is_incremental() %}
        cast(null as string) as stored_employee_key,
        cast(null as string) as stored_time_zone,
        {%- endif %}
        true as is_paired_now
    from paired
    {%- if is_incremental() %}
    union all
    select
        {% for column in punch_columns -%}
        stored.{{ column }},
        {% endfor -%}
        stored.arrived_at,
        stored.closing_event_id,
        stored.is_session,
        stored.is_session_clock_ahead,
        stored.closed_at,
        stored.employee_key as stored_employee_key,
        stored.time_zone as stored_time_zone,
        false as is_paired_now
    from stored
    where
        stored.is_session
        and stored.event_id not in (select paired.event_id from paired)
    {%- endif %}
),

-- Where each assignment of a person is: without a branch, at the HR system's site.
stays as (
    select
        history.employee_key,
        coalesce(locations.time_zone, site.time_zone) as time_zone,
        history.effective_from,
        history.effective_to
    from history
    cross join site
    left join locations
        on
            history.company_id = locations.company_id
            and coalesce(history.branch_id, '') = coalesce(locations.branch_id, '')
    where history.effective_from < history.effective_to
),

-- An assignment holds on days of its own place: from midnight there to midnight there.
bounded_stays as (
    select
        stays.employee_key,
        stays.time_zone,
        stays.effective_from,
        {{ to_utc('cast(stays.effective_from as timestamp)', 'stays.time_zone') }}
            as begins_at,
        {{ to_utc('cast(stays.effective_to as timestamp)', 'stays.time_zone') }}
            as ends_at
    from stays
    where stays.time_zone is not null
),

-- Between two places midnights differ. Where no assignment holds, or two do, the one
-- before decides still: the next takes over once it has begun and that one is over.
succeeding_stays as (
    select
        bounded_stays.*,
        greatest(
            bounded_stays.begins_at,
            lag(bounded_stays.ends_at, 1, bounded_stays.begins_at) over (
                partition by bounded_stays.employee_key
                order by
                    bounded_stays.effective_from nulls last,
                    bounded_stays.ends_at nulls last
            )
        ) as takes_over_at,
        row_number() over (
            partition by bounded_stays.employee_key
            order by
                bounded_stays.effective_from nulls last,
                bounded_stays.ends_at nulls last
        ) as stay_number
    from bounded_stays
),

-- The first assignment decides on what lies before it, the last on what comes after.
deciding_stays as (
    select
        succeeding_stays.employee_key,
        succeeding_stays.time_zone,
        case
            when succeeding_stays.stay_number = 1
                then cast('0001-01-01' as timestamp)
            else succeeding_stays.takes_over_at
        end as decides_from,
        coalesce(
            lead(succeeding_stays.takes_over_at) over (
                partition by succeeding_stays.employee_key
                order by succeeding_stays.stay_number nulls last
            ),
            cast('9999-12-31' as timestamp)
        ) as decides_to
    from succeeding_stays
),

-- Whose session it is, and where.
placed as (
    select
        unplaced.*,
        case when unplaced.is_session then users.employee_key end as employee_key,
        case
            when unplaced.is_session
                then coalesce(deciding_stays.time_zone, site.time_zone)
        end as time_zone
    from unplaced
    cross join site
    left join users
        on unplaced.attendance_user_id = users.attendance_user_id
    left join deciding_stays
        on
            users.employee_key = deciding_stays.employee_key
            and unplaced.device_at >= deciding_stays.decides_from
            and unplaced.device_at < deciding_stays.decides_to
),

-- Of what is not paired anew, only what belongs to another person or place by now.
changed as (
    select * from placed
    {%- if is_incremental() %}
    where
        placed.is_paired_now
        or coalesce(placed.employee_key, '') <> coalesce(placed.stored_employee_key, '')
        or coalesce(placed.time_zone, '') <> coalesce(placed.stored_time_zone, '')
    {%- endif %}
),

-- Clocks change on the hour: an hour is looked up once, for everybody in its zone.
hours as (
    select distinct
        changed.time_zone,
        {{ dbt.date_trunc('hour', 'changed.device_at') }} as began_at
    from changed
    where changed.time_zone is not null
),

local_hours as (
    select
        hours.time_zone,
        hours.began_at,
        {{ to_local('hours.began_at', 'hours.time_zone') }} as local_began_at
    from hours
),

dated as (
    select
        changed.event_id,
        changed.attendance_user_id,
        changed.employee_key,
        changed.closing_event_id,
        changed.file_sha256,
        changed.load_id,
        cast('{{ pairing_rules() }}' as string) as rules_key,
        changed.direction,
        changed.time_zone,
        changed.file_line,
        changed.is_clock_ahead,
        changed.is_session,
        changed.is_session_clock_ahead,
        cast(
            {{ dbt.dateadd(
                'second',
                dbt.datediff('local_hours.began_at', 'changed.device_at', 'second'),
                'local_hours.local_began_at'
            ) }} as date
        ) as worked_on,
        changed.device_at,
        changed.closed_at,
        changed.arrived_at
    from changed
    left join local_hours
        on
            changed.time_zone = local_hours.time_zone
            and {{ dbt.date_trunc('hour', 'changed.device_at') }} = local_hours.began_at
)

select * from dated
