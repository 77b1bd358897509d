with checked as (
    select * from {{ ref('int_runs_checked') }}
    where outcome <> 'told'
),

followed as (
    select
        checked.*,
        lag(checked.outcome) over (
            partition by checked.check_name, checked.subject
            order by checked.run_load_id asc nulls last
        ) as outcome_before,
        row_number() over (
            partition by checked.check_name, checked.subject
            order by checked.run_load_id desc nulls last
        ) as age
    from checked
),

counted as (
    select
        followed.check_name,
        followed.subject,
        cast(count(*) as bigint) as times_checked,
        cast(
            sum(
                case
                    when
                        followed.age <= 10
                        and followed.outcome <> followed.outcome_before
                        then 1
                    else 0
                end
            ) as bigint
        ) as changes,
        max(case when followed.age = 1 then followed.outcome end) as outcome,
        max(case when followed.age = 1 then followed.detail end) as detail,
        max(followed.checked_at) as last_checked_at,
        max(
            case
                when
                    followed.outcome = 'failed'
                    and coalesce(followed.outcome_before, 'passed') = 'passed'
                    then followed.checked_at
            end
        ) as since_at
    from followed
    group by followed.check_name, followed.subject
),

failures as (
    select
        cast(counted.check_name as string) as check_name,
        cast(counted.subject as string) as subject,
        counted.times_checked,
        counted.changes,
        counted.outcome = 'failed' as is_failing,
        counted.outcome = 'passed' and counted.changes >= 3 as is_unsteady,
        cast(counted.since_at as timestamp) as since_at,
        cast(counted.last_checked_at as timestamp) as last_checked_at,
        cast(
            case
                when counted.outcome = 'failed' then counted.detail
                when
                    counted.changes >= 3
                    then
                        'it passed and failed in turn, '
                        || cast(counted.changes as string)
                        || ' times of ten'
            end as string
        ) as detail
    from counted
)

select * from failures
