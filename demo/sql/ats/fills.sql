-- All who joined, and one move in four.
create table fills as
with joins as (
    select
        employments.employment_id,
        employments.person_id,
        employments.started_on as begins_on,
        cast(null as varchar) as employee_number,
        employments.department,
        employments.designation,
        employments.branch,
        false as is_internal
    from employments
    where
        employments.started_on > $starts_on
        and employments.started_on < $horizon
),

moves as (
    select distinct
        changes.employment_id,
        employments.person_id,
        changes.effective_on as begins_on,
        people.employee_number,
        employments.department,
        employments.designation,
        employments.branch,
        true as is_internal
    from assignment_changes as changes
    inner join employments
        on changes.employment_id = employments.employment_id
    inner join people on employments.person_id = people.person_id
    where
        changes.field in ('department', 'designation', 'branch')
        and changes.kind in ('promotion', 'transfer')
        and changes.retracted_at is null
        and changes.effective_on > employments.started_on
        and changes.effective_on between
        $starts_on and $horizon - 1
        and part(chance(
            'move', changes.employment_id, changes.effective_on
        ), 0) < 0.25
),

filled as (
    select * from joins
    union all
    select * from moves
)

select
    filled.employment_id,
    filled.person_id,
    filled.employee_number,
    filled.is_internal,
    filled.begins_on,
    chance('fill', filled.employment_id, filled.begins_on) as luck,
    coalesce(departments.department, filled.department, '') as department,
    coalesce(
        designations.designation, filled.designation, 'General application'
    ) as title,
    coalesce(branches.branch, filled.branch, '') as branch
from filled
left join department_spells as departments
    on
        filled.employment_id = departments.employment_id
        and filled.begins_on >= departments.from_on
        and filled.begins_on < departments.until_on
left join designation_spells as designations
    on
        filled.employment_id = designations.employment_id
        and filled.begins_on >= designations.from_on
        and filled.begins_on < designations.until_on
left join branch_spells as branches
    on
        filled.employment_id = branches.employment_id
        and filled.begins_on >= branches.from_on
        and filled.begins_on < branches.until_on;
