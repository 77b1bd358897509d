create table offsets as
with placed as (
    select
        *,
        utc_from + to_minutes(minutes) as local_from
    from offset_changes
)

select
    *,
    coalesce(lead(utc_from) over (
        partition by time_zone order by utc_from
    ), timestamp '9999-12-31') as utc_until,
    coalesce(lead(local_from) over (
        partition by time_zone order by utc_from
    ), timestamp '9999-12-31') as local_until
from placed;

create table changing_nights as
select
    time_zone,
    cast(local_from - interval 1 day as date) as night_on
from offsets
where utc_from > $first;
