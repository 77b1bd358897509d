with pay_lines as (
    select * from {{ ref('stg_hr_tables__pay_lines') }}
    where known_to = {{ never() }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

links as (
    select * from {{ ref('int_people_linked') }}
),

history as (
    select * from {{ ref('int_employee_history_derived') }}
    where effective_from < effective_to
),

-- An amount without a period is for the month in which it is paid.
dated_lines as (
    select
        pay_lines.*,
        links.employee_key,
        coalesce(
            pay_lines.paid_to,
            cast({{ dbt.last_day(
                'coalesce(pay_lines.paid_on, pay_lines.exported_on)', 'month'
            ) }} as date)
        ) as ends_on
    from pay_lines
    left join links
        on pay_lines.source_name || ':' || pay_lines.person_id = links.person_id
),

-- The company of the last day by then, or of the first for who was paid before.
placed_lines as (
    select
        dated_lines.*,
        history.company_id,
        row_number() over (
            partition by
                dated_lines.source_name,
                dated_lines.source_table,
                dated_lines.known_from,
                dated_lines.file_name,
                dated_lines.file_line
            order by
                case
                    when history.effective_from <= dated_lines.ends_on then 0
                    else 1
                end nulls last,
                case
                    when history.effective_from <= dated_lines.ends_on
                        then history.effective_from
                end desc nulls last,
                history.effective_from asc nulls last
        ) as place_rank
    from dated_lines
    left join history
        on dated_lines.employee_key = history.employee_key
),

placed as (
    select
        sources.source_rank,
        sources.source_name,
        placed_lines.source_table,
        placed_lines.file_name
        || ':' || cast(placed_lines.file_line as string) as file_place,
        placed_lines.source_name
        || ':' || placed_lines.source_table
        || ':' || cast(placed_lines.exported_on as string)
        || ':' || placed_lines.file_name
        || ':' || cast(placed_lines.file_line as string) as payslip_line_id,
        placed_lines.employee_key,
        coalesce(placed_lines.company_id, sources.company_id) as company_id,
        case
            when placed_lines.employee_key is null then 'exported_pay_of_nobody'
            when coalesce(placed_lines.company_id, sources.company_id) is null
                then 'exported_pay_without_company'
        end as set_aside_rule,
        coalesce(placed_lines.line_currency, sources.currency, 'XXX') as currency,
        coalesce(placed_lines.line_type, 'base') as line_type,
        placed_lines.line_description as description,
        placed_lines.line_amount as amount,
        placed_lines.line_hours as paid_hours,
        coalesce(
            placed_lines.paid_from,
            cast({{ dbt.date_trunc('month', 'placed_lines.ends_on') }} as date)
        ) as period_starts_on,
        placed_lines.ends_on as period_ends_on,
        coalesce(placed_lines.paid_on, placed_lines.ends_on) as paid_on
    from placed_lines
    inner join sources
        on placed_lines.source_name = sources.source_name
    where placed_lines.place_rank = 1
)

select * from placed
