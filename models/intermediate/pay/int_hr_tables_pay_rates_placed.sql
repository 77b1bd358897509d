{#-
Until when a rate holds, its row says, or the next row of the person in the table. Of the
rates of one table the latest counts, and of one day one for each currency; those of
several tables add up. Where several systems tell rates, the first one's count.
-#}
with pay_rates as (
    select * from {{ ref('stg_hr_tables__pay_rates') }}
    where known_to = {{ never() }}
),

assignments as (
    select * from {{ ref('stg_hr_tables__assignments') }}
    where known_to = {{ never() }} and states_company
),

pay_lines as (
    select * from {{ ref('int_hr_tables_pay_lines_placed') }}
    where set_aside_rule is null
),

payroll_runs as (
    select * from {{ ref('stg_payroll__pay_runs') }}
    where known_to = {{ never() }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

doubled as (
    select * from {{ ref('stg_hr_tables__lines_doubled') }}
),

links as (
    select * from {{ ref('int_people_linked') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
    where effective_from < effective_to
),

contracted_hours as (
    select * from {{ ref('int_contracted_hours_conformed') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
),

last_days as (
    select
        history.employee_key,
        max(history.effective_to) as ended_on
    from history
    group by history.employee_key
),

full_times as (
    select distinct
        locations.location_key,
        locations.full_time_weekly_hours
    from locations
),

paying_companies as (
    select distinct payroll_runs.company_id
    from payroll_runs
    union distinct
    select distinct pay_lines.company_id
    from pay_lines
),

row_companies as (
    select
        assignments.source_name,
        assignments.source_table,
        assignments.exported_on,
        assignments.file_name,
        assignments.file_line,
        max(assignments.company_id) as company_id
    from assignments
    group by
        assignments.source_name,
        assignments.source_table,
        assignments.exported_on,
        assignments.file_name,
        assignments.file_line
),

-- A rate that an export shows without a day is taken to hold since that year began.
dated_rates as (
    select
        sources.source_rank,
        pay_rates.source_name,
        pay_rates.source_table,
        pay_rates.person_id,
        links.employee_key,
        row_companies.company_id as row_company_id,
        pay_rates.file_name
        || ':' || cast(pay_rates.file_line as string) as file_place,
        pay_rates.source_name
        || ':' || pay_rates.source_table
        || ':' || cast(pay_rates.exported_on as string)
        || ':' || pay_rates.file_name
        || ':' || cast(pay_rates.file_line as string) as pay_rate_id,
        pay_rates.pay_rate,
        coalesce(pay_rates.pay_currency, sources.currency, 'XXX') as currency,
        pay_rates.pay_period,
        coalesce(pay_rates.is_full_time, false) as is_full_time,
        coalesce(
            pay_rates.effective_from,
            case
                when
                    pay_rates.observed_on = min(pay_rates.observed_on) over (
                        partition by
                            pay_rates.source_name,
                            pay_rates.source_table,
                            pay_rates.person_id
                    )
                    then
                        cast(
                            {{ dbt.date_trunc('year', 'pay_rates.observed_on') }}
                            as date
                        )
                else pay_rates.observed_on
            end
        ) as holds_from,
        pay_rates.effective_from is null as is_observed,
        pay_rates.effective_to,
        sources.handed_over_on,
        row_number() over (
            order by
                pay_rates.known_from nulls last,
                pay_rates.exported_on nulls last,
                doubled.standing nulls last,
                doubled.started_on nulls last,
                pay_rates.pay_rate nulls last,
                pay_rates.pay_period nulls last,
                pay_rates.pay_currency nulls last,
                pay_rates.file_name nulls last,
                pay_rates.file_line nulls last,
                pay_rates.source_name nulls last,
                pay_rates.source_table nulls last
        ) as rate_number
    from pay_rates
    inner join sources
        on pay_rates.source_name = sources.source_name
    left join links
        on pay_rates.source_name || ':' || pay_rates.person_id = links.person_id
    left join row_companies
        on
            pay_rates.source_name = row_companies.source_name
            and pay_rates.source_table = row_companies.source_table
            and pay_rates.exported_on = row_companies.exported_on
            and pay_rates.file_name = row_companies.file_name
            and pay_rates.file_line = row_companies.file_line
    left join doubled
        on {{ same_line('pay_rates', 'doubled') }}
),

rate_days as (
    select
        dated_rates.source_name,
        dated_rates.source_table,
        dated_rates.person_id,
        dated_rates.holds_from,
        lead(dated_rates.holds_from) over (
            partition by
                dated_rates.source_name,
                dated_rates.source_table,
                dated_rates.person_id
            order by dated_rates.holds_from nulls last
        ) as next_rate_on
    from dated_rates
    group by
        dated_rates.source_name,
        dated_rates.source_table,
        dated_rates.person_id,
        dated_rates.holds_from
),

held_rates as (
    select
        dated_rates.*,
        least(
            coalesce(
                dated_rates.effective_to,
                rate_days.next_rate_on,
                cast('9999-12-31' as date)
            ),
            coalesce(dated_rates.handed_over_on, cast('9999-12-31' as date))
        ) as holds_to
    from dated_rates
    inner join rate_days
        on
            dated_rates.source_name = rate_days.source_name
            and dated_rates.source_table = rate_days.source_table
            and dated_rates.person_id = rate_days.person_id
            and dated_rates.holds_from = rate_days.holds_from
),

held_hours as (
    select
        contracted_hours.employee_key,
        contracted_hours.weekly_hours,
        contracted_hours.is_assumed,
        contracted_hours.effective_from,
        coalesce(
            lead(contracted_hours.effective_from) over (
                partition by contracted_hours.employee_key
                order by contracted_hours.effective_from nulls last
            ),
            cast('9999-12-31' as date)
        ) as effective_to
    from contracted_hours
),

change_days as (
    {% for table, columns in {
        'held_rates': ['holds_from', 'holds_to'],
        'history': ['effective_from', 'effective_to'],
        'held_hours': ['effective_from'],
    }.items() -%}
    {% for column in columns -%}
    select
        {{ table }}.employee_key,
        {{ table }}.{{ column }} as changed_on
    from {{ table }}
    {% if not loop.last %}union distinct{% endif %}
    {% endfor -%}
    {% if not loop.last %}union distinct{% endif %}
    {% endfor %}
),

spans as (
    select
        change_days.employee_key,
        change_days.changed_on as effective_from,
        lead(change_days.changed_on) over (
            partition by change_days.employee_key
            order by change_days.changed_on nulls last
        ) as effective_to
    from change_days
),

employed_spans as (
    select
        spans.employee_key,
        history.company_id,
        history.location_key,
        spans.effective_from,
        spans.effective_to
    from spans
    inner join history
        on
            spans.employee_key = history.employee_key
            and spans.effective_from >= history.effective_from
            and spans.effective_to <= history.effective_to
),

spanned_rates as (
    select
        held_rates.*,
        employed_spans.company_id,
        employed_spans.location_key,
        employed_spans.effective_from,
        case
            when held_rates.row_company_id <> employed_spans.company_id then 1
            else 0
        end as is_of_another_company,
        case when held_rates.handed_over_on is null then 1 else 0 end as is_taken_over,
        employed_spans.effective_to as span_ends_on
    from held_rates
    left join employed_spans
        on
            held_rates.employee_key = employed_spans.employee_key
            and held_rates.holds_from <= employed_spans.effective_from
            and held_rates.holds_to >= employed_spans.effective_to
),

ranked_rates as (
    select
        spanned_rates.*,
        rank() over (
            partition by spanned_rates.employee_key, spanned_rates.effective_from
            order by
                spanned_rates.is_of_another_company nulls last,
                spanned_rates.is_taken_over nulls last,
                spanned_rates.source_rank nulls last
        ) as source_place,
        rank() over (
            partition by
                spanned_rates.employee_key,
                spanned_rates.effective_from,
                spanned_rates.source_name,
                spanned_rates.source_table
            order by
                spanned_rates.is_of_another_company asc nulls last,
                spanned_rates.holds_from desc nulls last
        ) as day_place,
        row_number() over (
            partition by
                spanned_rates.employee_key,
                spanned_rates.effective_from,
                spanned_rates.source_name,
                spanned_rates.source_table,
                spanned_rates.currency
            order by
                spanned_rates.is_of_another_company asc nulls last,
                spanned_rates.holds_from desc nulls last,
                spanned_rates.rate_number desc nulls last
        ) as row_place
    from spanned_rates
),

counting_rates as (
    select
        ranked_rates.*,
        min(ranked_rates.source_table) over (
            partition by ranked_rates.employee_key, ranked_rates.effective_from
        ) <> max(ranked_rates.source_table) over (
            partition by ranked_rates.employee_key, ranked_rates.effective_from
        ) as is_of_two_tables,
        row_number() over (
            partition by ranked_rates.employee_key, ranked_rates.effective_from
            order by ranked_rates.rate_number nulls last
        ) as rate_place
    from ranked_rates
    left join paying_companies
        on ranked_rates.company_id = paying_companies.company_id
    where
        ranked_rates.effective_from is not null
        and ranked_rates.source_place = 1
        and ranked_rates.day_place = 1
        and ranked_rates.row_place = 1
        and paying_companies.company_id is null
),

-- Nobody is paid by the hour for no hours: then hours are not known.
timed_rates as (
    select
        counting_rates.*,
        cast(nullif(held_hours.weekly_hours, 0) as double) as weekly_hours,
        case
            when held_hours.weekly_hours is null then 1
            else
                coalesce(
                    cast(nullif(held_hours.weekly_hours, 0) as double)
                    / nullif(full_times.full_time_weekly_hours, 0),
                    case when held_hours.weekly_hours <> 0 then 1 end
                )
        end as full_time_share,
        coalesce(held_hours.is_assumed, false)
        or counting_rates.is_full_time
        and (
            held_hours.weekly_hours is null
            or full_times.full_time_weekly_hours is null
        ) as is_hours_assumed
    from counting_rates
    left join held_hours
        on
            counting_rates.employee_key = held_hours.employee_key
            and counting_rates.effective_from >= held_hours.effective_from
            and counting_rates.effective_from < held_hours.effective_to
    left join full_times
        on counting_rates.location_key = full_times.location_key
),

valued_rates as (
    select
        timed_rates.*,
        case
            when timed_rates.pay_period = 'hour'
                then
                    cast(timed_rates.pay_rate as double)
                    * timed_rates.weekly_hours * 52 / 12
            else
                cast(timed_rates.pay_rate as double)
                / case when timed_rates.pay_period = 'year' then 12 else 1 end
                * case
                    when timed_rates.is_full_time then timed_rates.full_time_share
                    else 1
                end
        end as monthly_pay
    from timed_rates
),

-- A list of people shows what leavers were paid, too: that is of no day, and no fault.
unioned as (
    select
        valued_rates.*,
        case
            when valued_rates.company_id is null then 'exported_pay_without_company'
            when valued_rates.monthly_pay is null then 'pay_rate_without_hours'
        end as set_aside_rule
    from valued_rates
    union all
    select
        ranked_rates.*,
        false as is_of_two_tables,
        cast(null as bigint) as rate_place,
        cast(null as double) as weekly_hours,
        cast(null as double) as full_time_share,
        false as is_hours_assumed,
        cast(null as double) as monthly_pay,
        'exported_pay_of_nobody' as set_aside_rule
    from ranked_rates
    left join last_days
        on ranked_rates.employee_key = last_days.employee_key
    where
        ranked_rates.effective_from is null
        and (
            last_days.ended_on is null
            or last_days.ended_on > ranked_rates.holds_from
            or not ranked_rates.is_observed
        )
),

-- Several rates of one time pay for the same hours.
placed as (
    select
        unioned.source_rank,
        unioned.source_name,
        unioned.source_table,
        unioned.pay_rate_id,
        unioned.file_place,
        unioned.person_id,
        unioned.employee_key,
        unioned.company_id,
        unioned.currency,
        unioned.set_aside_rule,
        unioned.monthly_pay,
        case
            when unioned.rate_place = 1 then unioned.weekly_hours * 52 / 12
        end as monthly_hours,
        unioned.is_hours_assumed,
        unioned.is_of_two_tables,
        coalesce(unioned.effective_from, unioned.holds_from) as effective_from,
        coalesce(unioned.span_ends_on, unioned.holds_to) as effective_to
    from unioned
)

select * from placed
