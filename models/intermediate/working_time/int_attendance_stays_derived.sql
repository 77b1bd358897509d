with identifiers as (
    select * from {{ ref('int_identifiers_held') }}
    where identifier_kind = 'attendance_device_id'
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
),

site as (
    select
        max(sites.time_zone) as time_zone,
        coalesce(max(sites.time_zone), 'UTC') as known_time_zone
    from sites
    where sites.source_rank = 1
),

-- A user id is handed on at midnight of the first HR system's site. While several
-- people have it, it is nobody's.
users as (
    select
        identifiers.identifier as attendance_user_id,
        identifiers.employee_key,
        case
            when identifiers.held_from = cast('0001-01-01' as date)
                then cast(identifiers.held_from as timestamp)
            else {{ to_utc(
                'cast(identifiers.held_from as timestamp)', 'site.known_time_zone'
            ) }}
        end as held_from,
        case
            when identifiers.held_to = cast('9999-12-31' as date)
                then cast(identifiers.held_to as timestamp)
            else {{ to_utc(
                'cast(identifiers.held_to as timestamp)', 'site.known_time_zone'
            ) }}
        end as held_to
    from identifiers
    cross join site
),

-- Where each assignment of a person is: without a branch, at its HR system's site.
stays as (
    select
        history.employee_key,
        coalesce(locations.time_zone, sites.time_zone, site.time_zone) as time_zone,
        history.effective_from,
        history.effective_to
    from history
    cross join site
    left join sites
        on history.source_name = sites.source_name
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
        lag(bounded_stays.time_zone) over (
            partition by bounded_stays.employee_key
            order by
                bounded_stays.effective_from nulls last,
                bounded_stays.ends_at nulls last
        ) as previous_time_zone,
        row_number() over (
            partition by bounded_stays.employee_key
            order by
                bounded_stays.effective_from nulls last,
                bounded_stays.ends_at nulls last
        ) as stay_number
    from bounded_stays
),

-- The first assignment decides on what lies before it, the last on what comes after.
-- One in the time zone of that before changes nothing.
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
    where
        succeeding_stays.previous_time_zone is null
        or succeeding_stays.previous_time_zone <> succeeding_stays.time_zone
),

held as (
    select
        users.attendance_user_id,
        users.employee_key,
        coalesce(deciding_stays.time_zone, site.time_zone) as time_zone,
        greatest(
            users.held_from,
            coalesce(deciding_stays.decides_from, users.held_from)
        ) as decides_from,
        least(
            users.held_to,
            coalesce(deciding_stays.decides_to, users.held_to)
        ) as decides_to
    from users
    cross join site
    left join deciding_stays
        on users.employee_key = deciding_stays.employee_key
),

derived as (
    select * from held
    where decides_from < decides_to
)

select * from derived
