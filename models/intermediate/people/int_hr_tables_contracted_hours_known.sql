with contracted_hours as (
    {{ as_known('stg_hr_tables__contracted_hours') }}
),

doubled as (
    select * from {{ ref('stg_hr_tables__lines_doubled') }}
),

-- What was seen in an export held before too, as far as the table says no other.
dated as (
    select
        contracted_hours.*,
        case
            when
                contracted_hours.effective_from is null
                and min(contracted_hours.observed_on) over (
                    partition by
                        contracted_hours.known_at,
                        contracted_hours.source_name,
                        contracted_hours.source_table,
                        contracted_hours.person_id
                ) = contracted_hours.observed_on
                then cast('0001-01-01' as date)
            else coalesce(contracted_hours.effective_from, contracted_hours.observed_on)
        end as agreed_from
    from contracted_hours
),

-- Of several hours of one day those of the employment that goes on and began last
-- count, else the most, in whichever order a file has them.
ranked as (
    select
        dated.*,
        row_number() over (
            partition by
                dated.known_at, dated.source_name, dated.person_id, dated.agreed_from
            order by
                case when dated.is_assumed then 1 else 0 end asc nulls last,
                dated.exported_on desc nulls last,
                dated.known_from desc nulls last,
                doubled.standing desc nulls last,
                doubled.started_on desc nulls last,
                dated.weekly_hours desc nulls last
        ) as said_rank
    from dated
    left join doubled
        on {{ same_line('dated', 'doubled') }}
),

followed as (
    select
        ranked.source_rank,
        ranked.source_name,
        ranked.person_id,
        ranked.weekly_hours,
        ranked.is_assumed,
        ranked.is_now,
        ranked.agreed_from,
        ranked.known_at,
        lag(ranked.weekly_hours) over (
            partition by ranked.known_at, ranked.source_name, ranked.person_id
            order by ranked.agreed_from nulls last
        ) as last_weekly_hours,
        lag(ranked.is_assumed) over (
            partition by ranked.known_at, ranked.source_name, ranked.person_id
            order by ranked.agreed_from nulls last
        ) as was_assumed
    from ranked
    where ranked.said_rank = 1
),

known as (
    select
        followed.source_rank,
        followed.source_name,
        followed.source_name || ':' || followed.person_id as person_id,
        followed.weekly_hours,
        followed.is_assumed,
        followed.is_now,
        followed.agreed_from as effective_from,
        followed.known_at
    from followed
    where
        coalesce(followed.weekly_hours <> followed.last_weekly_hours, true)
        or coalesce(followed.is_assumed, false)
        <> coalesce(followed.was_assumed, false)
)

select * from known
