create table others as
select
    requisition_number,
    opened_on,
    closed_on,
    chance('applicant', requisition_number, nth) as luck,
    chance('career', requisition_number, nth) as career,
    nth
from (
    select
        requisition_number,
        opened_on,
        closed_on,
        unnest(range(openings * (2 + cast(part(
            chance('interest', requisition_number, ''), 0
        ) * 11 as integer)))) as nth
    from requisitions
)
order by requisition_number, nth;
