with history as (
    select * from {{ ref('int_employee_history_derived') }}
    where effective_from < effective_to
),

-- Whoever was there when their HR system was heard of last may be there still, or not.
ended as (
    select
        history.company_id,
        min(history.unknown_since_on) as unknown_since_on
    from history
    where history.effective_to > history.unknown_since_on
    group by history.company_id
)

select * from ended
