with absences as (
    select * from {{ ref('stg_hr_tables__absences') }}
),

identified as (
    select
        absences.source_rank,
        absences.source_name,
        {{ surrogate_key([
            'absences.source_name', 'absences.person_id', 'absences.leave_type',
            'absences.absent_from', 'absences.absent_to',
        ]) }} as leave_id,
        absences.source_name || ':' || absences.person_id as record_id,
        absences.leave_type,
        coalesce(absences.is_half_day, false) as is_half_day,
        absences.absent_from as starts_on,
        absences.absent_to as ends_on,
        case when absences.is_half_day then absences.absent_from end as half_day_on,
        absences.known_from,
        absences.known_to
    from absences
),

-- What is told twice at a time is one leave.
followed as (
    select
        identified.*,
        max(identified.known_to) over (
            partition by identified.leave_id
            order by
                identified.known_from asc nulls last,
                identified.known_to desc nulls last,
                case when identified.is_half_day then 1 else 0 end asc nulls last
            rows between unbounded preceding and 1 preceding
        ) as told_until
    from identified
),

conformed as (
    select
        followed.source_rank,
        followed.source_name,
        followed.leave_id,
        followed.record_id,
        followed.leave_type,
        followed.is_half_day,
        followed.starts_on,
        followed.ends_on,
        followed.half_day_on,
        greatest(
            followed.known_from, coalesce(followed.told_until, followed.known_from)
        ) as known_from,
        followed.known_to
    from followed
    where followed.told_until is null or followed.told_until < followed.known_to
)

select * from conformed
