with known as (
    {{ known(
        'payroll', 'payslips',
        key=['id'], version=['updated_at'], removed_as='payslips'
    ) }}
),

renamed as (
    select
        cast(known.id as bigint) as payslip_id,
        cast(known.pay_run_id as bigint) as pay_run_id,
        cast(known.reversal_of as bigint) as reversed_payslip_id,
        cast({{ identifier('known.employee_number') }} as string) as employee_number,
        known.reversal_of is not null as is_reversal,
        cast(known.updated_at as timestamp) as updated_at,
        known.known_from,
        known.known_to
    from known
)

select * from renamed
