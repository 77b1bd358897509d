{#-
The change set of working time: what it is made from, beside what it was made from. It reads
the sessions that the last build left, which dbt knows only as a model after it.
-#}
{% set delivered = ref('stg_attendance__deliveries') %}
{% set stored = sessions_to_change(ref('int_inputs_paired')) %}
{#- What an input is. -#}
{% set input = [
    'input_kind', 'input_id', 'employee_key', 'time_zone', 'decides_from'
] %}

with loads as (
    select * from {{ ref('stg_ops__loads') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
),

stays as (
    select * from {{ ref('int_attendance_stays_derived') }}
),

inputs_paired as (
    select * from {{ ref('int_inputs_paired') }}
),

inputs as (
    select
        'rules' as input_kind,
        cast('{{ pairing_rules() }}' as string) as input_id,
        cast(null as string) as employee_key,
        max(sites.time_zone) as time_zone,
        cast(null as timestamp) as decides_from
    from sites
    where sites.source_rank = 1
    union all
    select
        'load' as input_kind,
        loads.load_id as input_id,
        cast(null as string) as employee_key,
        cast(null as string) as time_zone,
        cast(null as timestamp) as decides_from
    from loads
    where loads.source_name = 'attendance'
    union all
    select
        'stay' as input_kind,
        stays.attendance_user_id as input_id,
        stays.employee_key,
        stays.time_zone,
        stays.decides_from
    from stays
),

-- What sessions and days have taken in, and what has only begun to be.
taken as (
    select
        inputs_paired.input_kind,
        inputs_paired.input_id,
        inputs_paired.employee_key,
        inputs_paired.time_zone,
        inputs_paired.decides_from,
        count(*) as times
    from inputs_paired
    group by
        inputs_paired.input_kind,
        inputs_paired.input_id,
        inputs_paired.employee_key,
        inputs_paired.time_zone,
        inputs_paired.decides_from
),

new_inputs as (
    select * from inputs
    except
    select
        taken.input_kind,
        taken.input_id,
        taken.employee_key,
        taken.time_zone,
        taken.decides_from
    from taken
    where taken.times = 3
),

gone_inputs as (
    select
        taken.input_kind,
        taken.input_id,
        taken.employee_key,
        taken.time_zone,
        taken.decides_from
    from taken
    except
    select * from inputs
),

changed_inputs as (
    select
        {% for column in input -%}
        new_inputs.{{ column }},
        {% endfor -%}
        false as is_gone,
        {{ 'false' if stored else 'true' }} or new_inputs.input_kind = 'rules'
            as is_everything
    from new_inputs
    union all
    select
        {% for column in input -%}
        gone_inputs.{{ column }},
        {% endfor -%}
        true as is_gone,
        {{ 'false' if stored else 'true' }} or gone_inputs.input_kind <> 'stay'
            as is_everything
    from gone_inputs
),

{% if stored -%}
deliveries as (
    select * from {{ delivered }}
),

stored as (
    select * from {{ stored }}
),

-- Where everything changed, no day needs to be told.
followed as (
    select changed_inputs.*
    from changed_inputs
    where
        not exists (
            select 1
            from changed_inputs as others
            where others.is_everything
        )
),

-- A stay decides from its beginning on, as far as others do not.
moments as (
    select
        followed.input_kind,
        followed.input_id,
        deliveries.attendance_user_id,
        cast(deliveries.device_at as date) as device_on
    from deliveries
    inner join followed
        on
            deliveries.load_id = followed.input_id
            and followed.input_kind = 'load'
    where
        {{ is_of_a_new_load(
            'deliveries.load_id', ref('stg_ops__loads'), ref('int_inputs_paired')
        ) }}
        and deliveries.attendance_user_id is not null
        and deliveries.device_at is not null
    union distinct
    select
        followed.input_kind,
        followed.input_id,
        stored.attendance_user_id,
        stored.device_on
    from stored
    inner join followed
        on
            stored.attendance_user_id = followed.input_id
            and followed.input_kind = 'stay'
            and stored.device_on >= cast(followed.decides_from as date)
),

-- No session, at most a day long, reaches beyond the days beside that of a punch.
touched_days as (
    {% for days in [-1, 0, 1] -%}
    select
        moments.input_kind,
        moments.input_id,
        moments.attendance_user_id,
        cast({{ dbt.dateadd('day', days, 'moments.device_on') }} as date) as device_on
    from moments
    {{ 'union distinct' if not loop.last }}
    {% endfor -%}
),

{% endif -%}
changed as (
    select
        {% for column in input -%}
        changed_inputs.{{ column }},
        {% endfor -%}
        changed_inputs.is_gone,
        changed_inputs.is_everything,
        {%- if stored %}
        touched_days.attendance_user_id,
        touched_days.device_on
        {%- else %}
        cast(null as string) as attendance_user_id,
        cast(null as date) as device_on
        {%- endif %}
    from changed_inputs
    {%- if stored %}
    left join touched_days
        on
            changed_inputs.input_kind = touched_days.input_kind
            and changed_inputs.input_id = touched_days.input_id
    {%- endif %}
)

select * from changed
