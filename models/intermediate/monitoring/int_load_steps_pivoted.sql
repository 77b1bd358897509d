with load_steps as (
    select * from {{ ref('stg_runs__load_steps') }}
),

pivoted as (
    select
        load_steps.run_id,
        load_steps.source_name,
        {% for step in ['extract', 'normalize', 'load'] -%}
        sum(case when load_steps.step = '{{ step }}' then load_steps.seconds end)
            as {{ step }}_seconds,
        {% endfor -%}
        sum(load_steps.failures) as failures,
        max(load_steps.recorded_at) as recorded_at
    from load_steps
    group by load_steps.run_id, load_steps.source_name
)

select * from pivoted
