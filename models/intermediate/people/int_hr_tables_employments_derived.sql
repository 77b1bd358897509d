{#- Times that touch are one employment: a change of place on the day is no hire. -#}
with presences as (
    select * from {{ ref('int_hr_tables_presences_derived') }}
),

statements as (
    {{ as_known('stg_hr_tables__employments') }}
),

people as (
    select * from {{ ref('int_hr_tables_people_known') }}
),

sources as (
    select * from {{ ref('stg_hr_tables__sources') }}
),

exit_reasons as (
    select * from {{ ref('exit_reasons') }}
),

exits as (
    select
        statements.known_at,
        statements.source_name,
        statements.person_id,
        coalesce(
            statements.ended_on,
            case
                when
                    statements.event_kind is null
                    and coalesce(statements.is_employed, true)
                    then statements.effective_to
            end,
            statements.effective_from,
            statements.observed_on
        ) as ended_on,
        statements.shape = 'leavers' as is_leaver,
        statements.exit_reason,
        statements.exit_kind,
        statements.resigned_on,
        statements.exported_on
    from statements
    where
        statements.ended_on is not null
        or statements.exit_reason is not null
        or statements.exit_kind is not null
        or statements.resigned_on is not null
),

leavers as (
    select distinct
        exits.known_at,
        exits.source_name,
        exits.person_id
    from exits
    where exits.is_leaver
),

leavers_seen as (
    select
        leavers.known_at,
        leavers.source_name,
        leavers.person_id,
        min(statements.observed_on) as first_seen_on
    from leavers
    inner join statements
        on
            leavers.known_at = statements.known_at
            and leavers.source_name = statements.source_name
            and leavers.person_id = statements.person_id
    where
        statements.shape in ('snapshot', 'snapshots', 'periods', 'payments')
        and coalesce(statements.is_employed, true)
        and coalesce(statements.ended_on > statements.observed_on, true)
    group by leavers.known_at, leavers.source_name, leavers.person_id
),

presences_seen as (
    select
        presences.*,
        leavers_seen.first_seen_on
    from presences
    left join leavers_seen
        on
            presences.known_at = leavers_seen.known_at
            and presences.source_name = leavers_seen.source_name
            and presences.person_id = leavers_seen.person_id
            and presences.present_from < leavers_seen.first_seen_on
            and presences.present_to > leavers_seen.first_seen_on
),

-- Leavers who are seen later, under the first day of old, came back when seen.
parted as (
    select
        presences_seen.known_at,
        presences_seen.is_now,
        presences_seen.source_name,
        presences_seen.person_id,
        presences_seen.present_from,
        coalesce(presences_seen.first_seen_on, presences_seen.present_to) as present_to
    from presences_seen
    union all
    select
        presences_seen.known_at,
        presences_seen.is_now,
        presences_seen.source_name,
        presences_seen.person_id,
        presences_seen.first_seen_on as present_from,
        presences_seen.present_to
    from presences_seen
    where presences_seen.first_seen_on is not null
),

-- A list of leavers ends what another table takes to go on, and not what began later.
cut as (
    select
        parted.known_at,
        parted.is_now,
        parted.source_name,
        parted.person_id,
        parted.present_from,
        coalesce(min(exits.ended_on), parted.present_to) as present_to
    from parted
    left join exits
        on
            parted.known_at = exits.known_at
            and parted.source_name = exits.source_name
            and parted.person_id = exits.person_id
            and parted.present_from < exits.ended_on
            and parted.present_to > exits.ended_on
            and exits.is_leaver
    group by
        parted.known_at,
        parted.is_now,
        parted.source_name,
        parted.person_id,
        parted.present_from,
        parted.present_to
),

reached as (
    select
        cut.*,
        max(cut.present_to) over (
            partition by cut.known_at, cut.source_name, cut.person_id
            order by cut.present_from nulls last, cut.present_to nulls last
            rows between unbounded preceding and 1 preceding
        ) as reached_to
    from cut
),

stretches as (
    select
        reached.*,
        sum(
            case when reached.present_from <= reached.reached_to then 0 else 1 end
        ) over (
            partition by reached.known_at, reached.source_name, reached.person_id
            order by reached.present_from nulls last, reached.present_to nulls last
            rows between unbounded preceding and current row
        ) as stretch_number
    from reached
),

spans as (
    select
        stretches.known_at,
        stretches.is_now,
        stretches.source_name,
        stretches.person_id,
        min(stretches.present_from) as started_on,
        max(stretches.present_to) as ended_on
    from stretches
    group by
        stretches.known_at,
        stretches.is_now,
        stretches.source_name,
        stretches.person_id,
        stretches.stretch_number
),

ended as (
    select
        spans.known_at,
        spans.is_now,
        spans.source_name,
        spans.person_id,
        spans.started_on,
        least(
            spans.ended_on,
            coalesce(sources.handed_over_on, cast('9999-12-31' as date))
        ) as ended_on,
        lead(spans.started_on) over (
            partition by spans.known_at, spans.source_name, spans.person_id
            order by spans.started_on nulls last
        ) as next_started_on
    from spans
    inner join sources
        on spans.source_name = sources.source_name
    where coalesce(spans.started_on < sources.handed_over_on, true)
),

-- Of what is said of an exit the last counts, until the next employment begins.
told as (
    select
        ended.known_at,
        ended.source_name,
        ended.person_id,
        ended.started_on,
        exits.exit_reason,
        exits.exit_kind,
        exits.resigned_on,
        row_number() over (
            partition by
                ended.known_at, ended.source_name, ended.person_id, ended.started_on
            order by
                case
                    when exits.exit_kind is null and exits.exit_reason is null then 1
                    else 0
                end asc nulls last,
                exits.ended_on desc nulls last,
                exits.exported_on desc nulls last,
                exits.exit_kind asc nulls last,
                exits.exit_reason asc nulls last,
                exits.resigned_on asc nulls last
        ) as told_rank
    from ended
    inner join exits
        on
            ended.known_at = exits.known_at
            and ended.source_name = exits.source_name
            and ended.person_id = exits.person_id
            and ended.started_on < exits.ended_on
            and coalesce(ended.next_started_on >= exits.ended_on, true)
    where ended.ended_on < cast('9999-12-31' as date)
),

derived as (
    select
        people.source_rank,
        ended.source_name,
        people.record_id
        || '/' || cast(ended.started_on as string) as employment_id,
        people.record_id as person_id,
        people.employee_number,
        case
            when ended.ended_on < cast('9999-12-31' as date)
                then
                    coalesce(
                        told.exit_kind,
                        exit_reasons.kind,
                        case when told.resigned_on is not null then 'voluntary' end,
                        'other'
                    )
        end as exit_kind,
        ended.is_now,
        people.born_on,
        told.resigned_on,
        ended.started_on,
        ended.ended_on,
        ended.known_at
    from ended
    inner join people
        on
            ended.known_at = people.known_at
            and ended.source_name = people.source_name
            and ended.person_id = people.person_id
    left join told
        on
            ended.known_at = told.known_at
            and ended.source_name = told.source_name
            and ended.person_id = told.person_id
            and ended.started_on = told.started_on
            and told.told_rank = 1
    left join exit_reasons
        on lower(told.exit_reason) = exit_reasons.reason
)

select * from derived
