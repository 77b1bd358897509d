{#-
From what exports say of people to the times over which they were there. Rows that hold
over days of their own say so themselves; of whole states (periods, snapshots, payments)
the next one in which somebody lacks says that they are gone.
-#}
{% set states = "'periods', 'snapshots', 'payments'" %}

with statements as (
    {{ as_known('stg_hr_tables__employments') }}
),

table_exports as (
    {{ as_known('stg_hr_tables__table_exports') }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

-- A last day of work is followed by the first day that counts no more.
dated as (
    select
        statements.*,
        coalesce(
            statements.event_kind = 'exit'
            or not statements.is_employed
            or statements.ended_on <= statements.observed_on,
            false
        ) as is_out,
        case
            when statements.event_kind = 'exit' and sources.exit_day = 'worked'
                then cast(
                    {{ dbt.dateadd('day', 1, 'statements.effective_from') }} as date
                )
            else statements.effective_from
        end as holds_from
    from statements
    inner join sources
        on statements.source_name = sources.source_name
),

rows_of_days as (
    select
        dated.*,
        not dated.is_out and coalesce(dated.event_kind, '') <> 'change' as is_entry
    from dated
    where dated.shape in ('history', 'events')
),

days_told as (
    select
        rows_of_days.known_at,
        rows_of_days.source_name,
        rows_of_days.source_table,
        rows_of_days.person_id,
        rows_of_days.effective_from,
        max(case when rows_of_days.is_entry then 1 else 0 end) as has_entry,
        max(case when rows_of_days.is_out then 1 else 0 end) as has_exit
    from rows_of_days
    group by
        rows_of_days.known_at,
        rows_of_days.source_name,
        rows_of_days.source_table,
        rows_of_days.person_id,
        rows_of_days.effective_from
),

-- A day with an exit and an entry leaves somebody as they were before it.
days_followed as (
    select
        days_told.*,
        min(case when days_told.has_exit = 0 then days_told.effective_from end)
            over days_before as first_there_on,
        max(
            case
                when days_told.has_entry = 1 and days_told.has_exit = 0
                    then days_told.effective_from
            end
        ) over days_before as last_entry_on,
        max(
            case
                when days_told.has_entry = 0 and days_told.has_exit = 1
                    then days_told.effective_from
            end
        ) over days_before as last_exit_on
    from days_told
    window
        days_before as (
            partition by
                days_told.known_at,
                days_told.source_name,
                days_told.source_table,
                days_told.person_id
            order by days_told.effective_from nulls last
            rows between unbounded preceding and 1 preceding
        )
),

-- Whoever is there leaves before they come again; whoever is not comes first. In which
-- order a file has it is no matter.
in_order as (
    select
        rows_of_days.*,
        row_number() over (
            partition by
                rows_of_days.known_at,
                rows_of_days.source_name,
                rows_of_days.source_table,
                rows_of_days.person_id
            order by
                rows_of_days.effective_from nulls last,
                case
                    when not rows_of_days.is_out then 1
                    when
                        days_followed.last_entry_on > days_followed.last_exit_on
                        or days_followed.last_exit_on is null
                        and days_followed.first_there_on is not null
                        then 0
                    else 2
                end nulls last,
                case when rows_of_days.is_entry then 0 else 1 end nulls last,
                rows_of_days.effective_to nulls last,
                rows_of_days.ended_on nulls last
        ) as row_number_of_person
    from rows_of_days
    inner join days_followed
        on
            rows_of_days.known_at = days_followed.known_at
            and rows_of_days.source_name = days_followed.source_name
            and rows_of_days.source_table = days_followed.source_table
            and rows_of_days.person_id = days_followed.person_id
            and rows_of_days.effective_from = days_followed.effective_from
),

followed as (
    select
        in_order.*,
        lead(in_order.holds_from) over rows_ordered as next_holds_from,
        min(case when in_order.is_out then in_order.holds_from end)
            over rows_after as next_out_from,
        max(case when in_order.is_out then in_order.row_number_of_person end)
            over rows_ordered as last_exit_number,
        max(case when in_order.is_entry then in_order.row_number_of_person end)
            over rows_ordered as last_entry_number
    from in_order
    window
        rows_ordered as (
            partition by
                in_order.known_at,
                in_order.source_name,
                in_order.source_table,
                in_order.person_id
            order by in_order.row_number_of_person nulls last
        ),
        rows_after as (
            partition by
                in_order.known_at,
                in_order.source_name,
                in_order.source_table,
                in_order.person_id
            order by in_order.row_number_of_person nulls last
            rows between 1 following and unbounded following
        )
),

export_days as (
    select distinct
        table_exports.known_at,
        table_exports.source_name,
        table_exports.source_table,
        table_exports.exported_on,
        table_exports.absent <> 'exit' as is_bridged,
        table_exports.absent = 'unknown' or table_exports.is_partial as is_silent
    from table_exports
    where table_exports.shape in ({{ states }})
),

exports_numbered as (
    select
        export_days.*,
        row_number() over (
            partition by
                export_days.known_at, export_days.source_name, export_days.source_table
            order by export_days.exported_on nulls last
        ) as export_number,
        lead(export_days.exported_on) over (
            partition by
                export_days.known_at, export_days.source_name, export_days.source_table
            order by export_days.exported_on nulls last
        ) as next_exported_on
    from export_days
),

-- A table that tells nothing by whom it lacks is a state of its own only where there is
-- no other.
sources_told as (
    select
        exports_numbered.known_at,
        exports_numbered.source_name
    from exports_numbered
    where not exports_numbered.is_silent
    group by exports_numbered.known_at, exports_numbered.source_name
),

rows_seen as (
    select
        dated.*,
        exports_numbered.export_number,
        exports_numbered.next_exported_on,
        exports_numbered.is_bridged or exports_numbered.is_silent as is_bridged,
        exports_numbered.is_silent,
        max(dated.exported_on) over (
            partition by
                dated.known_at, dated.source_name, dated.source_table, dated.person_id
        ) as last_exported_on,
        row_number() over (
            partition by
                dated.known_at,
                dated.source_name,
                dated.source_table,
                dated.person_id,
                dated.exported_on
            order by
                case when dated.is_out then 1 else 0 end asc nulls last,
                dated.ended_on desc nulls last,
                dated.started_on asc nulls last
        ) as row_rank
    from dated
    inner join exports_numbered
        on
            dated.known_at = exports_numbered.known_at
            and dated.source_name = exports_numbered.source_name
            and dated.source_table = exports_numbered.source_table
            and dated.exported_on = exports_numbered.exported_on
),

-- Whoever has several rows is there as long as one of them is.
days_seen as (
    select
        rows_seen.known_at,
        rows_seen.is_now,
        rows_seen.source_name,
        rows_seen.source_table,
        rows_seen.person_id,
        rows_seen.exported_on,
        rows_seen.observed_on,
        rows_seen.export_number,
        rows_seen.next_exported_on,
        rows_seen.is_bridged,
        rows_seen.is_silent,
        min(case when rows_seen.is_out then 1 else 0 end) = 1 as is_out,
        min(rows_seen.started_on) as started_on,
        case
            when count(rows_seen.ended_on) = count(*) then max(rows_seen.ended_on)
        end as ended_on
    from rows_seen
    where rows_seen.row_rank = 1 or not rows_seen.is_out
    group by
        rows_seen.known_at,
        rows_seen.is_now,
        rows_seen.source_name,
        rows_seen.source_table,
        rows_seen.person_id,
        rows_seen.exported_on,
        rows_seen.observed_on,
        rows_seen.export_number,
        rows_seen.next_exported_on,
        rows_seen.is_bridged,
        rows_seen.is_silent
),

seen as (
    select
        days_seen.*,
        lag(days_seen.export_number) over seen_before as last_number,
        lag(days_seen.exported_on) over seen_before as last_seen_on,
        lag(days_seen.is_out) over seen_before as was_out
    from days_seen
    window
        seen_before as (
            partition by
                days_seen.known_at,
                days_seen.source_name,
                days_seen.source_table,
                days_seen.person_id
            order by days_seen.exported_on nulls last
        )
),

runs as (
    select
        seen.*,
        sum(
            case
                when seen.last_number is null then 1
                when seen.was_out and not seen.is_out then 1
                when seen.started_on > seen.last_seen_on then 1
                when
                    not seen.is_bridged
                    and not seen.was_out
                    and seen.export_number > seen.last_number + 1
                    then 1
                else 0
            end
        ) over (
            partition by
                seen.known_at, seen.source_name, seen.source_table, seen.person_id
            order by seen.exported_on nulls last
            rows between unbounded preceding and current row
        ) as run_number
    from seen
),

runs_ordered as (
    select
        runs.*,
        row_number() over (
            partition by
                runs.known_at,
                runs.source_name,
                runs.source_table,
                runs.person_id,
                runs.run_number
            order by runs.exported_on desc nulls last
        ) as last_rank
    from runs
),

-- Whoever comes back under the first day of old came back when they were seen.
runs_closed as (
    select
        runs_ordered.known_at,
        runs_ordered.is_now,
        runs_ordered.source_name,
        runs_ordered.person_id,
        runs_ordered.is_silent,
        runs_ordered.source_table,
        runs_ordered.run_number,
        coalesce(
            case
                when
                    runs_ordered.run_number = 1
                    or min(runs_ordered.started_on) > min(runs_ordered.last_seen_on)
                    then min(runs_ordered.started_on)
            end,
            min(runs_ordered.observed_on)
        ) as present_from,
        max(
            case when runs_ordered.last_rank = 1 then runs_ordered.observed_on end
        ) as last_seen_on,
        least(
            coalesce(
                max(
                    case when runs_ordered.last_rank = 1 then runs_ordered.ended_on end
                ),
                cast('9999-12-31' as date)
            ),
            coalesce(
                min(case when runs_ordered.is_out then runs_ordered.observed_on end),
                cast('9999-12-31' as date)
            ),
            coalesce(
                max(
                    case
                        when runs_ordered.last_rank = 1 and not runs_ordered.is_silent
                            then runs_ordered.next_exported_on
                    end
                ),
                cast('9999-12-31' as date)
            )
        ) as present_to
    from runs_ordered
    group by
        runs_ordered.known_at,
        runs_ordered.is_now,
        runs_ordered.source_name,
        runs_ordered.source_table,
        runs_ordered.person_id,
        runs_ordered.is_silent,
        runs_ordered.run_number
),

-- Whoever is seen with a new first day had left before it.
runs_parted as (
    select
        runs_closed.*,
        lead(runs_closed.present_from) over (
            partition by
                runs_closed.known_at,
                runs_closed.source_name,
                runs_closed.source_table,
                runs_closed.person_id
            order by runs_closed.run_number nulls last
        ) as next_present_from
    from runs_closed
),

unioned as (
    select
        followed.known_at,
        followed.is_now,
        followed.source_name,
        followed.person_id,
        followed.holds_from as present_from,
        least(
            coalesce(
                followed.effective_to,
                followed.next_holds_from,
                cast('9999-12-31' as date)
            ),
            coalesce(followed.next_out_from, cast('9999-12-31' as date)),
            coalesce(followed.ended_on, cast('9999-12-31' as date))
        ) as present_to
    from followed
    where
        not followed.is_out
        and (
            followed.is_entry
            or followed.last_exit_number is null
            or followed.last_entry_number > followed.last_exit_number
        )
    union all
    select
        dated.known_at,
        dated.is_now,
        dated.source_name,
        dated.person_id,
        coalesce(dated.started_on, dated.observed_on) as present_from,
        coalesce(
            dated.ended_on,
            case when dated.is_out then dated.observed_on end,
            cast('9999-12-31' as date)
        ) as present_to
    from dated
    where
        dated.shape in ('list', 'snapshot')
        or (dated.shape = 'leavers' and dated.started_on is not null)
    union all
    select
        rows_seen.known_at,
        rows_seen.is_now,
        rows_seen.source_name,
        rows_seen.person_id,
        rows_seen.started_on as present_from,
        rows_seen.ended_on as present_to
    from rows_seen
    where
        rows_seen.is_out
        and rows_seen.row_rank > 1
        and rows_seen.exported_on = rows_seen.last_exported_on
    union all
    select
        runs_parted.known_at,
        runs_parted.is_now,
        runs_parted.source_name,
        runs_parted.person_id,
        runs_parted.present_from,
        case
            when runs_parted.next_present_from <= runs_parted.present_to
                then cast(
                    {{ dbt.dateadd('day', -1, 'runs_parted.next_present_from') }}
                    as date
                )
            when runs_parted.is_silent and sources_told.source_name is not null
                then least(
                    runs_parted.present_to,
                    cast(
                        {{ dbt.dateadd('day', 1, 'runs_parted.last_seen_on') }} as date
                    )
                )
            else runs_parted.present_to
        end as present_to
    from runs_parted
    left join sources_told
        on
            runs_parted.known_at = sources_told.known_at
            and runs_parted.source_name = sources_told.source_name
),

presences as (
    select distinct
        unioned.known_at,
        unioned.is_now,
        unioned.source_name,
        unioned.person_id,
        unioned.present_from,
        unioned.present_to
    from unioned
    where unioned.present_from < unioned.present_to
)

select * from presences
