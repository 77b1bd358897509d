with united as (
    {{ united('labels_known') }}
),

-- What several systems name is called as the first of them calls it.
ranked as (
    select
        united.*,
        min(united.source_rank) over (
            partition by united.field_name, united.link_value
        ) as first_rank
    from united
),

known as (
    select
        ranked.source_name,
        ranked.field_name,
        ranked.link_value,
        ranked.link_label,
        ranked.known_from,
        ranked.known_to
    from ranked
    where ranked.source_rank = ranked.first_rank
)

select * from known
