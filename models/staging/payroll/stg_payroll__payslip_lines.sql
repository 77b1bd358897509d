with known as (
    {{ known(
        'payroll', 'payslip_lines',
        key=['id'], version=['updated_at'], removed_as='payslip_lines'
    ) }}
),

renamed as (
    select
        cast(known.id as bigint) as payslip_line_id,
        cast(known.payslip_id as bigint) as payslip_id,
        cast({{ clean_text('known.line_type') }} as string) as line_type,
        cast({{ clean_text('known.description') }} as string) as description,
        cast(known.amount as decimal(18, 2)) as amount,
        cast(known.hours as decimal(9, 2)) as paid_hours,
        cast(known.updated_at as timestamp) as updated_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
