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

-- Rows that follow one another, until the next of the person or the end they name.
followed as (
    select
        dated.*,
        lead(dated.holds_from) over (
            partition by
                dated.known_at, dated.source_name, dated.source_table, dated.person_id
            order by dated.holds_from nulls last, dated.file_line nulls last
        ) as next_holds_from
    from dated
    where dated.shape in ('history', 'events')
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

seen as (
    select
        dated.*,
        exports_numbered.export_number,
        exports_numbered.next_exported_on,
        exports_numbered.is_bridged or exports_numbered.is_silent as is_bridged,
        exports_numbered.is_silent,
        lag(exports_numbered.export_number) over seen_before as last_number,
        lag(dated.exported_on) over seen_before as last_seen_on,
        lag(dated.is_out) over seen_before as was_out
    from dated
    inner join exports_numbered
        on
            dated.known_at = exports_numbered.known_at
            and dated.source_name = exports_numbered.source_name
            and dated.source_table = exports_numbered.source_table
            and dated.exported_on = exports_numbered.exported_on
    window
        seen_before as (
            partition by
                dated.known_at, dated.source_name, dated.source_table, dated.person_id
            order by dated.exported_on nulls last, dated.file_line nulls last
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
            order by seen.exported_on nulls last, seen.file_line nulls last
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
            order by runs.exported_on desc nulls last, runs.file_line desc nulls last
        ) as last_rank
    from runs
),

runs_closed as (
    select
        runs_ordered.known_at,
        runs_ordered.is_now,
        runs_ordered.source_name,
        runs_ordered.person_id,
        runs_ordered.is_silent,
        runs_ordered.source_table,
        runs_ordered.run_number,
        coalesce(min(runs_ordered.started_on), min(runs_ordered.observed_on))
            as present_from,
        max(
            case when runs_ordered.last_rank = 1 then runs_ordered.observed_on end
        ) as last_seen_on,
        coalesce(
            max(case when runs_ordered.last_rank = 1 then runs_ordered.ended_on end),
            min(case when runs_ordered.is_out then runs_ordered.observed_on end),
            max(
                case
                    when runs_ordered.last_rank = 1 and not runs_ordered.is_silent
                        then runs_ordered.next_exported_on
                end
            ),
            cast('9999-12-31' as date)
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
            coalesce(followed.effective_to, cast('9999-12-31' as date)),
            coalesce(followed.next_holds_from, cast('9999-12-31' as date)),
            coalesce(followed.ended_on, cast('9999-12-31' as date))
        ) as present_to
    from followed
    where not followed.is_out
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
