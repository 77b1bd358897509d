with known as (
    {{ known(
        'payroll', 'contracted_hours',
        key=['id'], version=['updated_at'], removed_as='contracted_hours'
    ) }}
),

renamed as (
    select
        cast(known.id as bigint) as contracted_hours_id,
        cast({{ identifier('known.employee_number') }} as string) as employee_number,
        cast(known.weekly_hours as decimal(5, 2)) as weekly_hours,
        known.effective_from,
        cast(known.updated_at as timestamp) as updated_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
