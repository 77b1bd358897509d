-- One for each team, title and quarter; some stay unfilled.
create table openings as
with grouped as (
    select
        department,
        title,
        branch,
        is_internal,
        date_trunc('quarter', begins_on) as quarter,
        case when is_internal then employment_id end as own,
        min(begins_on) as first_begins_on,
        count(*) as openings
    from fills
    group by all
),

drawn as (
    select
        *,
        chance('requisition', concat_ws(
            '|', department, title, branch, own
        ), quarter) as luck
    from grouped
),

opened as (
    select
        *,
        first_begins_on - 65 - cast(part(luck, 0) * 55 as integer) as opened_on
    from drawn
)

select
    row_number() over (
        order by
            opened_on, department, title, branch, is_internal, own, is_cancelled
    ) as requisition_number,
    *
from (
    select
        *,
        false as is_cancelled
    from opened

    union all

    select
        * replace (
            opened_on + 5 + cast(part(luck, 2) * 30 as integer) as opened_on,
            1 as openings
        ),
        true as is_cancelled
    from opened
    where part(luck, 1) < 0.15 and not is_internal
);

create table accepted as
select
    openings.requisition_number,
    openings.opened_on,
    fills.*,
    fills.begins_on - 10 - cast(part(fills.luck, 0) * 25 as integer)
        as accepted_on
from openings
inner join fills
    on
        openings.department = fills.department
        and openings.title = fills.title
        and openings.branch = fills.branch
        and openings.is_internal = fills.is_internal
        and openings.quarter = date_trunc('quarter', fills.begins_on)
        and (openings.own is null or openings.own = fills.employment_id)
where not openings.is_cancelled;

create table requisitions as
with filled as (
    select
        requisition_number,
        max(accepted_on) as filled_on
    from accepted
    group by requisition_number
)

select
    openings.requisition_number,
    printf('R-%05d', openings.requisition_number) as requisition_id,
    case
        when part(openings.luck, 3) < 0.06
            then openings.title || ' ("maternity cover")'
        when part(openings.luck, 3) < 0.12
            then openings.title || '; ' || coalesce(
                nullif(openings.branch, ''), 'any site'
            )
        else openings.title
    end as title,
    openings.title as designation,
    openings.department,
    openings.branch,
    openings.openings,
    openings.is_cancelled,
    part(openings.luck, 1) > 0.9 and not openings.is_cancelled as was_on_hold,
    openings.opened_on,
    case
        when openings.is_cancelled
            then
                openings.opened_on + 60
                + cast(part(openings.luck, 3) * 60 as integer)
        else filled.filled_on
    end as closed_on
from openings
left join filled on openings.requisition_number = filled.requisition_number;
