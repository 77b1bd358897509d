with set_aside as (
    select * from {{ ref('rpt_set_aside') }}
),

rules as (
    select * from {{ ref('set_aside_rules') }}
),

known as (
    select * from {{ ref('int_records_counted') }}
),

counted as (
    select
        set_aside.rule,
        set_aside.source,
        set_aside.resource,
        set_aside.kind,
        set_aside.consequence,
        set_aside.figures,
        set_aside.remedy,
        cast(count(*) as bigint) as records,
        cast(count(distinct set_aside.employee_key) as bigint) as employees
    from set_aside
    group by
        set_aside.rule,
        set_aside.source,
        set_aside.resource,
        set_aside.kind,
        set_aside.consequence,
        set_aside.figures,
        set_aside.remedy
),

shared as (
    select
        counted.*,
        rules.largest_share_pct,
        cast(
            100 * cast(counted.records as double) / nullif(known.records, 0)
            as decimal(9, 4)
        ) as share_pct
    from counted
    left join rules
        on counted.rule = rules.rule
    left join known
        on
            counted.source = known.source
            and counted.resource = known.resource
),

-- One record alone stops nobody, however few there are.
judged as (
    select
        shared.rule,
        shared.source,
        shared.resource,
        shared.kind,
        shared.consequence,
        shared.figures,
        shared.remedy,
        shared.records,
        shared.employees,
        shared.share_pct,
        cast(shared.largest_share_pct as decimal(9, 4)) as largest_share_pct,
        shared.records > 1
        and coalesce(shared.share_pct > shared.largest_share_pct, false)
            as is_past_bound
    from shared
)

select * from judged
