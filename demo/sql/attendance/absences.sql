create table absences as
select distinct
    employment_id,
    cast(unnest(range(from_on, to_on + 1, interval 1 day)) as date) as absent_on
from read_parquet($path)
where status = 'Approved' and not is_half_day;
