create table applications as
with named as (
    select
        *,
        row_number() over (order by requisition_number, nth) - 1
            as name_number
    from others
),

everyone as (
    select
        accepted.requisition_number,
        people.first_name,
        people.last_name,
        accepted.employee_number,
        accepted.employment_id,
        accepted.person_id,
        accepted.is_internal,
        accepted.opened_on + cast(floor(
            part(accepted.luck, 1)
            * (accepted.accepted_on - accepted.opened_on - 18)
        ) as integer) as applied_on,
        accepted.accepted_on as decided_on,
        'Accepted' as outcome,
        5 as stages,
        accepted.luck,
        -1 as nth
    from accepted
    inner join people on accepted.person_id = people.person_id

    union all

    select
        named.requisition_number,
        names.first_name,
        names.last_name,
        null as employee_number,
        null as employment_id,
        null as person_id,
        false as is_internal,
        named.opened_on + cast(floor(
            part(named.luck, 0)
            * greatest(named.closed_on - named.opened_on - 4, 0)
        ) as integer) as applied_on,
        least(
            named.closed_on,
            applied_on + 3 + cast(part(named.luck, 1) * 40 as integer)
        ) as decided_on,
        case when part(named.luck, 2) < 0.82 then 'Rejected' else 'Withdrawn'
        end as outcome,
        case
            when part(named.luck, 3) < 0.35 then 2
            when part(named.luck, 3) < 0.75 then 3
            when part(named.luck, 3) < 0.96 then 4
            else 5
        end as stages,
        named.career as luck,
        named.nth
    from named
    inner join candidate_names as names
        on named.name_number = names.name_number
),

numbered as (
    select
        *,
        row_number() over (
            order by applied_on, requisition_number, nth, employment_id
        ) as application_number
    from everyone
)

select
    application_number,
    printf('A-%07d', application_number) as application_id,
    printf('R-%05d', requisition_number) as requisition_id,
    case
        when part(luck, 2) < 0.03
            then first_name || ' "' || left(first_name, 3) || '" ' || last_name
        else first_name || ' ' || last_name
    end as candidate_name,
    lower(first_name || '.' || last_name) || application_number
    || '@mail.example' as candidate_email,
    employee_number,
    case
        when is_internal then 'internal'
        when part(luck, 3) < 0.35 then 'careers site'
        when part(luck, 3) < 0.60 then 'job board'
        when part(luck, 3) < 0.80 then 'referral'
        else 'agency; "preferred"'
    end as channel,
    outcome,
    is_internal,
    employment_id,
    person_id,
    stages,
    applied_on,
    decided_on,
    luck
from numbered;
