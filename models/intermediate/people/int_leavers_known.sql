with history as (
    select * from {{ ref('int_employee_history_derived') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

internal_moves as (
    select * from {{ ref('int_internal_moves_derived') }}
),

sites as (
    select * from {{ ref('int_sites_conformed') }}
),

-- A move shows that an HR system which has exits records what happens; an exit shows it
-- of any.
compared as (
    select
        min(history.source_name) as source_name,
        history.company_id,
        min(history.effective_from) as since_on,
        max(
            case
                when
                    history.effective_to = employments.ended_on
                    and employments.ended_on < cast('9999-12-31' as date)
                    then 1
                else 0
            end
        ) as leavers,
        max(
            case
                when internal_moves.employment_id is not null and sites.has_exits then 1
                else 0
            end
        ) as moves
    from history
    inner join employments
        on history.employment_id = employments.employment_id
    left join internal_moves
        on
            history.employment_id = internal_moves.employment_id
            and history.effective_from = internal_moves.moved_on
    left join sites
        on history.source_name = sites.source_name
    where history.effective_from < history.effective_to
    group by history.company_id
),

known as (
    select
        compared.source_name,
        compared.company_id,
        compared.leavers + compared.moves > 0 as is_known,
        compared.since_on
    from compared
)

select * from known
