{#-
Numbers and badges are handed on, so who one stands for is a matter of the day. One that a
single person ever had stands for that person on every day.
-#}
with links as (
    select * from {{ ref('int_people_linked') }}
),

unioned as (
    {{ united('identifiers_claimed') }}
),

claims as (
    select
        links.employee_key,
        unioned.identifier_kind,
        unioned.identifier,
        unioned.claimed_from,
        unioned.claimed_to
    from unioned
    inner join links
        on unioned.person_id = links.person_id
),

bearers as (
    select
        claims.identifier_kind,
        claims.identifier,
        min(claims.employee_key) as employee_key,
        min(claims.employee_key) < max(claims.employee_key) as is_handed_on
    from claims
    group by claims.identifier_kind, claims.identifier
),

handed_on as (
    select claims.*
    from claims
    inner join bearers
        on
            claims.identifier_kind = bearers.identifier_kind
            and claims.identifier = bearers.identifier
    where bearers.is_handed_on
),

days as (
    select
        handed_on.identifier_kind,
        handed_on.identifier,
        handed_on.claimed_from as changes_on
    from handed_on
    union distinct
    select
        handed_on.identifier_kind,
        handed_on.identifier,
        handed_on.claimed_to as changes_on
    from handed_on
),

-- From each such day to the next: whose it is, or that it is claimed by several.
stretches as (
    select
        days.identifier_kind,
        days.identifier,
        days.changes_on,
        min(handed_on.employee_key) as employee_key,
        count(distinct handed_on.employee_key) as holders
    from days
    left join handed_on
        on
            days.identifier_kind = handed_on.identifier_kind
            and days.identifier = handed_on.identifier
            and days.changes_on >= handed_on.claimed_from
            and days.changes_on < handed_on.claimed_to
    group by days.identifier_kind, days.identifier, days.changes_on
),

-- What nobody claims is still whose it was last.
changes as (
    select
        stretches.identifier_kind,
        stretches.identifier,
        case when stretches.holders = 1 then stretches.employee_key end as employee_key,
        stretches.changes_on,
        row_number() over (
            partition by stretches.identifier_kind, stretches.identifier
            order by stretches.changes_on nulls last
        ) as change_number,
        lead(stretches.changes_on) over (
            partition by stretches.identifier_kind, stretches.identifier
            order by stretches.changes_on nulls last
        ) as next_changes_on
    from stretches
    where stretches.holders > 0
),

held as (
    select
        bearers.employee_key,
        bearers.identifier_kind,
        bearers.identifier,
        cast('0001-01-01' as date) as held_from,
        cast('9999-12-31' as date) as held_to
    from bearers
    where not bearers.is_handed_on
    union all
    select
        changes.employee_key,
        changes.identifier_kind,
        changes.identifier,
        case
            when changes.change_number = 1 then cast('0001-01-01' as date)
            else changes.changes_on
        end as held_from,
        coalesce(changes.next_changes_on, cast('9999-12-31' as date)) as held_to
    from changes
),

-- Spreadsheets drop the zeros that a number begins with.
shortened as (
    select
        held.*,
        {{ without_leading_zeros('held.identifier') }} as short_identifier,
        min(held.identifier) over (
            partition by {{ without_leading_zeros('held.identifier') }}
        ) as first_identifier,
        max(held.identifier) over (
            partition by {{ without_leading_zeros('held.identifier') }}
        ) as last_identifier
    from held
    where held.identifier_kind = 'employee_number'
),

known_as as (
    select * from held
    union all
    select
        shortened.employee_key,
        shortened.identifier_kind,
        shortened.short_identifier as identifier,
        shortened.held_from,
        shortened.held_to
    from shortened
    where
        shortened.first_identifier = shortened.last_identifier
        and shortened.short_identifier <> shortened.identifier
)

select * from known_as
