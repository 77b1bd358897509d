{% set cell_columns = ['department', 'region', 'designation'] %}

with history as (
    select * from {{ ref('dim_employee_history') }}
),

employments as (
    select * from {{ ref('int_employments_conformed') }}
),

compared as (
    select
        history.*,
        {% for column in cell_columns -%}
        lag(history.{{ column }}) over (
            partition by history.employee_key, history.employment_number
            order by history.effective_from nulls last
        ) as from_{{ column }},
        {% endfor -%}
        row_number() over (
            partition by history.employee_key, history.employment_number
            order by history.effective_from nulls last
        ) as period_number,
        row_number() over (
            partition by history.employee_key, history.employment_number
            order by history.effective_from desc nulls last
        ) as period_number_from_end
    from history
),

starts as (
    select
        compared.employee_key,
        case when compared.employment_number = 1 then 'hire' else 'rehire' end
            as movement_type,
        cast(null as string) as exit_kind,
        {% for column in cell_columns -%}
        cast(null as string) as from_{{ column }},
        compared.{{ column }} as to_{{ column }},
        {% endfor -%}
        compared.employment_number,
        compared.effective_from as moved_on,
        compared.unknown_since_on
    from compared
    where compared.period_number = 1
),

moves as (
    select
        compared.employee_key,
        'transfer' as movement_type,
        cast(null as string) as exit_kind,
        {% for column in cell_columns -%}
        compared.from_{{ column }},
        compared.{{ column }} as to_{{ column }},
        {% endfor -%}
        compared.employment_number,
        compared.effective_from as moved_on,
        compared.unknown_since_on
    from compared
    where
        compared.period_number > 1
        and (
            {% for column in cell_columns -%}
            compared.from_{{ column }} <> compared.{{ column }}
            {% if not loop.last %}or {% endif %}
            {%- endfor %}
        )
),

exits as (
    select
        compared.employee_key,
        'exit' as movement_type,
        employments.exit_kind,
        {% for column in cell_columns -%}
        compared.{{ column }} as from_{{ column }},
        cast(null as string) as to_{{ column }},
        {% endfor -%}
        compared.employment_number,
        compared.effective_to as moved_on,
        compared.unknown_since_on
    from compared
    inner join employments
        on
            compared.employee_key = employments.employee_key
            and compared.employment_number = employments.employment_number
    where
        compared.period_number_from_end = 1
        and compared.effective_to < cast('9999-12-31' as date)
),

unioned as (
    select * from starts
    union all
    select * from moves
    union all
    select * from exits
),

keyed as (
    select
        {{ surrogate_key([
            'unioned.employee_key', 'unioned.employment_number',
            'unioned.movement_type', 'unioned.moved_on',
        ]) }} as movement_key,
        unioned.employee_key,
        cast(unioned.movement_type as string) as movement_type,
        unioned.exit_kind,
        {% for column in cell_columns -%}
        unioned.from_{{ column }},
        unioned.to_{{ column }},
        {% endfor -%}
        unioned.employment_number,
        unioned.moved_on,
        cast({{ dbt.date_trunc('month', 'unioned.moved_on') }} as date)
            as month_start_on,
        case
            when unioned.unknown_since_on <= unioned.moved_on
                then unioned.unknown_since_on
        end as unknown_since_on
    from unioned
)

select * from keyed
