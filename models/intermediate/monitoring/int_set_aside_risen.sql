with set_aside_counts as (
    select * from {{ ref('stg_runs__set_aside_counts') }}
),

runs as (
    select * from {{ ref('int_runs') }}
),

-- A rule by which a build set nothing aside has no row of it: it is 0 there.
builds as (
    select
        runs.run_id,
        runs.begun_at,
        row_number() over (order by runs.load_id asc nulls last) as build_number
    from runs
    where runs.run_id in (select counted.run_id from set_aside_counts as counted)
),

rules as (
    select distinct
        set_aside_counts.rule,
        set_aside_counts.source_name,
        set_aside_counts.resource
    from set_aside_counts
),

followed as (
    select
        rules.rule,
        rules.source_name,
        rules.resource,
        builds.build_number,
        builds.begun_at,
        coalesce(set_aside_counts.records, 0) as records,
        coalesce(
            set_aside_counts.share_pct > set_aside_counts.largest_share_pct, false
        ) as is_past_bound,
        max(builds.build_number) over () - builds.build_number as builds_ago
    from rules
    cross join builds
    left join set_aside_counts
        on
            builds.run_id = set_aside_counts.run_id
            and rules.rule = set_aside_counts.rule
            and rules.source_name = set_aside_counts.source_name
            and rules.resource = set_aside_counts.resource
),

grown as (
    select
        followed.*,
        followed.records - lag(followed.records) over (
            partition by followed.rule, followed.source_name, followed.resource
            order by followed.build_number asc nulls last
        ) as growth
    from followed
),

growths as (
    select
        grown.rule,
        grown.source_name,
        grown.resource,
        grown.growth,
        {{ percentile('grown.growth', 0.5) }} over (
            partition by grown.rule, grown.source_name, grown.resource
        ) as usual_growth
    from grown
    where grown.builds_ago between 1 and 28
),

usual as (
    select
        growths.rule,
        growths.source_name,
        growths.resource,
        count(growths.growth) as builds,
        max(growths.usual_growth) as usual_growth,
        1.4826
        * {{ percentile('abs(growths.growth - growths.usual_growth)', 0.5) }}
            as deviation
    from growths
    group by growths.rule, growths.source_name, growths.resource
),

-- A week of builds is long enough to be seen, and then it is how things are.
since_a_week as (
    select
        grown.rule,
        grown.source_name,
        grown.resource,
        max(case when grown.builds_ago = 0 then grown.records end) as records,
        max(case when grown.builds_ago = 0 then grown.begun_at end) as begun_at,
        max(
            case
                when grown.builds_ago = 0 and grown.is_past_bound then 1
                else 0
            end
        ) as is_past_bound,
        min(case when grown.builds_ago between 1 and 7 then grown.records end)
            as records_before,
        count(case when grown.builds_ago between 1 and 7 then 1 end) as builds
    from grown
    group by grown.rule, grown.source_name, grown.resource
),

risen as (
    select
        since_a_week.rule,
        since_a_week.source_name,
        since_a_week.resource,
        since_a_week.records,
        since_a_week.begun_at,
        since_a_week.records_before + since_a_week.builds * (
            usual.usual_growth + 6 * usual.deviation
        ) as allowed,
        since_a_week.is_past_bound = 1 as is_past_bound
    from since_a_week
    inner join usual
        on
            since_a_week.rule = usual.rule
            and since_a_week.source_name = usual.source_name
            and since_a_week.resource = usual.resource
    where usual.builds >= 3
)

select * from risen
