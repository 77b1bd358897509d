{#-
A report by dimensions with every total of them, `All`: each total is the sum of the rows it
totals, and there is a total for each. Measures must be additive. A total that is null
tells nothing: there are no rows below it, or one of them is null.
-#}
{% test totals_add_up(model, period, dimensions, measures) %}
    with reported as (
        select * from {{ model }}
    ),

    added as (
        select
            {{ period }},
            {% for dimension in dimensions -%}
            {{ total_label(dimension) }} as {{ dimension }},
            {% endfor -%}
            {% for measure in measures -%}
            sum({{ measure }}) as {{ measure }},
            count(*) - count({{ measure }}) as {{ measure }}_lacking
            {{- ',' if not loop.last }}
            {% endfor %}
        from reported
        where
            {% for dimension in dimensions -%}
            {{ 'and ' if not loop.first }}{{ dimension }} <> 'All'
            {% endfor %}
        group by {{ period }}, cube ({{ dimensions | join(', ') }})
    )

    select
        reported.*,
        {% for measure in measures -%}
        added.{{ measure }} as added_{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from reported
    full outer join added
        on
            reported.{{ period }} = added.{{ period }}
            {% for dimension in dimensions -%}
            and reported.{{ dimension }} = added.{{ dimension }}
            {% endfor %}
    where
        reported.{{ period }} is null
        or (
            added.{{ period }} is null
            and coalesce({% for measure in measures %}reported.{{ measure }}, {% endfor %}null) is not null
        )
        {% for measure in measures -%}
        or (
            coalesce(reported.{{ measure }}, 0) <> coalesce(added.{{ measure }}, 0)
            and (reported.{{ measure }} is not null or added.{{ measure }}_lacking = 0)
        )
        {% endfor %}
{% endtest %}
