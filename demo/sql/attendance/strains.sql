-- Too little rest between two shifts.
create table turns as
select
    employment_id,
    from_on,
    until_on
from department_spells
where
    list_contains($departments, regexp_replace(department, ' - [A-Z]+$', ''))
    and part(chance('turns', person_id, ''), 0) < $turns_share;

-- Too many hours in the mean of seventeen weeks.
create table long_weeks as
select
    spells.employment_id,
    greatest(spells.from_on, seasons.season_from) as from_on,
    least(spells.until_on, seasons.season_until) as until_on
from department_spells as spells
inner join seasons
    on
        regexp_replace(spells.department, ' - [A-Z]+$', '') = seasons.department
        and spells.from_on < seasons.season_until
        and spells.until_on > seasons.season_from
where
    part(chance('season', spells.person_id, seasons.season_from), 0)
    < $long_weeks_share;
