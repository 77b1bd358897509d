{#-
Incremental, because to pair and place every punch costs more each day. A punch is paired
with a neighbour in time or with none, so what is new touches only the days around it:
int_punches_changed tells which, and these are written again.
-#}
{% set changes_alone = writes_changes_alone(ref('int_punches_changed')) %}
{% set remove = "{{ remove_days(
    this, 'attendance_user_id', 'device_on', ref('int_punches_changed'),
    ref('int_punches_changed'), writes_changes_alone(ref('int_punches_changed'))
) }}" %}
{% set forget_inputs = "{{ forget_inputs(
    ref('int_inputs_paired'), ref('int_punches_changed'), 'sessions'
) }}" %}
{% set list_inputs = "{{ list_inputs(
    ref('int_inputs_paired'), ref('int_punches_changed'), 'sessions'
) }}" %}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='sync_all_columns',
    pre_hook=remove,
    post_hook=[forget_inputs, list_inputs]
) }}

with deliveries as (
    select * from {{ ref('stg_attendance__deliveries') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
),

stays as (
    select * from {{ ref('int_attendance_stays_derived') }}
),

site as (
    select max(sites.time_zone) as time_zone
    from sites
    where sites.source_rank = 1
),

{% if changes_alone -%}
changed as (
    select * from {{ ref('int_punches_changed') }}
),

touched_days as (
    select distinct
        changed.attendance_user_id,
        changed.device_on
    from changed
    where changed.device_on is not null
),

-- A session may reach to the day beside.
surrounding_days as (
    {% for days in [-1, 0, 1] -%}
    select
        touched_days.attendance_user_id,
        cast({{ dbt.dateadd('day', days, 'touched_days.device_on') }} as date)
            as device_on
    from touched_days
    {{ 'union distinct' if not loop.last }}
    {% endfor -%}
),

{% endif -%}
-- Another direction than these opens no session and closes none. What is delivered
-- again is the same punch, of the same user, direction and instant, whatever its
-- number: of its arrivals the first counts, which is ahead of its time if any is.
punches as (
    select
        deliveries.attendance_user_id,
        deliveries.direction = 'IN' as is_check_in,
        max(deliveries.is_clock_ahead) as is_clock_ahead,
        deliveries.device_at
    from deliveries
    {%- if changes_alone %}
    inner join surrounding_days
        on
            deliveries.attendance_user_id = surrounding_days.attendance_user_id
            and cast(deliveries.device_at as date) = surrounding_days.device_on
    {%- endif %}
    where
        deliveries.direction in ('IN', 'OUT')
        and deliveries.device_at is not null
    {%- if changes_alone %}
        and {{ lies_within(
            'deliveries.device_at', spans_around(ref('int_punches_changed'))
        ) }}
    {%- endif %}
    group by
        deliveries.attendance_user_id,
        deliveries.direction = 'IN',
        deliveries.device_at
),

-- At one instant a check-out comes before a check-in: nobody leaves as they come.
neighbours as (
    select
        punches.*,
        {% for column in ['is_check_in', 'device_at'] -%}
        lag(punches.{{ column }}) over (
            partition by punches.attendance_user_id
            order by
                punches.device_at asc nulls last,
                punches.is_check_in asc nulls last
        ) as previous_{{ column }},
        {% endfor -%}
        {% for column in ['is_check_in', 'is_clock_ahead'] -%}
        lead(punches.{{ column }}) over (
            partition by punches.attendance_user_id
            order by
                punches.device_at asc nulls last,
                punches.is_check_in asc nulls last
        ) as next_{{ column }},
        {% endfor -%}
        lead(punches.device_at) over (
            partition by punches.attendance_user_id
            order by
                punches.device_at asc nulls last,
                punches.is_check_in asc nulls last
        ) as next_device_at
    from punches
),

compared as (
    select
        neighbours.*,
        neighbours.is_check_in
        and coalesce(
            not neighbours.next_is_check_in
            and neighbours.next_device_at <= {{ dbt.dateadd(
                'hour', working_time('longest_session_hours'), 'neighbours.device_at'
            ) }},
            false
        ) as is_closed,
        not neighbours.is_check_in
        and coalesce(
            neighbours.previous_is_check_in
            and neighbours.device_at <= {{ dbt.dateadd(
                'hour',
                working_time('longest_session_hours'),
                'neighbours.previous_device_at'
            ) }},
            false
        ) as is_closing
    from neighbours
),

-- Whose session it is, and where. A punch that closes one opens none.
placed as (
    select
        compared.attendance_user_id,
        stays.employee_key,
        coalesce(stays.time_zone, site.time_zone) as time_zone,
        compared.is_check_in,
        compared.is_clock_ahead
        or (compared.is_closed and compared.next_is_clock_ahead) as is_clock_ahead,
        cast(compared.device_at as date) as device_on,
        compared.device_at,
        case when compared.is_closed then compared.next_device_at end as closed_at
    from compared
    cross join site
    left join stays
        on
            compared.attendance_user_id = stays.attendance_user_id
            and compared.device_at >= stays.decides_from
            and compared.device_at < stays.decides_to
    where
        not compared.is_closing
        and compared.attendance_user_id is not null
),

{% if changes_alone -%}
opened as (
    select placed.*
    from placed
    inner join touched_days
        on
            placed.attendance_user_id = touched_days.attendance_user_id
            and placed.device_on = touched_days.device_on
),

{% endif -%}
-- Clocks change on the hour: an hour is looked up once, for everybody in its zone.
hours as (
    select distinct {{ dbt.date_trunc('hour', 'deliveries.device_at') }} as began_at
    from deliveries
    {%- if changes_alone %}
    where {{ lies_within(
        'deliveries.device_at', spans_around(ref('int_punches_changed'))
    ) }}
    {%- endif %}
),

zones as (
    select stays.time_zone from stays
    union distinct
    select site.time_zone from site
),

local_hours as (
    select
        zones.time_zone,
        hours.began_at,
        {{ to_local('hours.began_at', 'zones.time_zone') }} as local_began_at
    from hours
    cross join zones
),

sessions as (
    select
        opened.attendance_user_id,
        opened.employee_key,
        opened.time_zone,
        cast(
            {{ dbt.datediff('opened.device_at', 'opened.closed_at', 'second') }}
            as bigint
        ) as worked_seconds,
        not opened.is_check_in as is_check_in_missing,
        opened.is_check_in and opened.closed_at is null as is_check_out_missing,
        opened.is_clock_ahead,
        opened.device_on,
        cast(
            {{ dbt.dateadd(
                'second',
                dbt.datediff('local_hours.began_at', 'opened.device_at', 'second'),
                'local_hours.local_began_at'
            ) }} as date
        ) as worked_on,
        case when opened.is_check_in then opened.device_at end as check_in_at,
        case
            when opened.is_check_in then opened.closed_at
            else opened.device_at
        end as check_out_at
    from {{ 'opened' if changes_alone else 'placed' }} as opened
    left join local_hours
        on
            opened.time_zone = local_hours.time_zone
            and {{ dbt.date_trunc('hour', 'opened.device_at') }} = local_hours.began_at
),

-- So that the engine finds a day without reading the others.
by_day as (
    select sessions.*
    from sessions
    order by sessions.device_on nulls last
)

select * from by_day
