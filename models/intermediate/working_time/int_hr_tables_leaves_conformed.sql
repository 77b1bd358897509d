with absences as (
    select * from {{ ref('stg_hr_tables__absences') }}
),

conformed as (
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
)

select * from conformed
