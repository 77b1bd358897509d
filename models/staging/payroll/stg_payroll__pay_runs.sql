with known as (
    {{ known(
        'payroll', 'pay_runs',
        key=['id'], version=['updated_at'], removed_as='pay_runs'
    ) }}
),

renamed as (
    select
        cast(known.id as bigint) as pay_run_id,
        cast({{ clean_text('known.company') }} as string) as company_id,
        cast(coalesce(upper({{ clean_text('known.currency') }}), 'XXX') as string)
            as currency,
        cast({{ clean_text('known.status') }} as string) as status,
        known.period_start as period_starts_on,
        known.period_end as period_ends_on,
        known.paid_on,
        cast(known.updated_at as timestamp) as updated_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
