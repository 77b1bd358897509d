{#-
A figure is near what the current release says: whoever reads it is not surprised before
somebody has looked. It holds where there is no current release, as in a first release or a
build beside releases, and where the release's figure is null.

- figure: an aggregate, such as `count(*)`.
- at_most_pct: how far it may lie from the current release's figure, in percent of that.
- at_most: how far it may always lie, so that small numbers are not held to percents.
- latest_of: a column; only rows with its greatest value count, such as the last month's.

`meta` holds the day the bounds were decided on (`decided_on`) and the `reason`.
-#}
{% test within_bounds_of_the_current_release(
    model, figure, at_most_pct, at_most, latest_of=none
) %}
    {%- set published = model.database == 'published' -%}
    {%- set area = 'published' if published else model.schema -%}
    {%- set table = area ~ '.' ~ model.identifier -%}
    {%- set path = var('current_release', {}).get(table) -%}
    {%- set versions = {'candidate_rows': 'candidate', 'released_rows': 'released'} -%}
    with candidate_rows as (
        select * from {{ model }}
    ),

    released_rows as (
        {% if path -%}
        {{ released_rows(model, path) }}
        {%- else -%}
        select * from {{ model }}
        where 1 = 0
        {%- endif %}
    ),

    {% for rows, version in versions.items() -%}
    {{ version }} as (
        select cast({{ figure }} as double) as figure
        from {{ rows }} as told
        {% if latest_of is not none -%}
        where
            told.{{ latest_of }} = (
                select max(latest.{{ latest_of }}) from {{ rows }} as latest
            )
        {%- endif %}
    ){% if not loop.last %},{% endif %}

    {% endfor -%}
    select
        candidate.figure as candidate_value,
        released.figure as released_value
    from candidate
    cross join released
    where
        {{ 'true' if path else 'false' }}
        and abs(coalesce(candidate.figure, 0) - released.figure)
        > greatest({{ at_most }}, abs(released.figure) * {{ at_most_pct }} / 100.0)
{% endtest %}
